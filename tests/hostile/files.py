"""The set: what each file is called, how it is made, and how it may end."""

from collections.abc import Callable
from dataclasses import dataclass

from ingestion.errors import Unreadable
from ingestion.parsing import Limits
from tests.compound_files import a_msg
from tests.documents import a_docx, a_pdf, a_zip, an_xlsx, with_member
from tests.hostile import containers, pictures
from tests.hostile.containers import EXTERNAL, LAUGHING, WORD
from tests.open_documents import an_epub, an_odt
from tests.pictures import a_picture

SECONDS = 15
MEMORY = 768 << 20
LIMITS = Limits(max_bytes=128 << 20, max_pages=2_000, max_text=5_000_000, ocr_page_seconds=10)
SLOW = b"<div/>" * 100_000
"""HTML does not know self-closing elements: this nests, and its tree takes quadratic time."""
READ = None
_SPENT = frozenset({Unreadable.OUT_OF_MEMORY, Unreadable.CRASHED})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A file and the codes with which it may fail; with READ among them it may be read as well."""

    name: str
    make: Callable[[], bytes]
    ends: frozenset[Unreadable | None]


def _hostile(name: str, make: Callable[[], bytes], *ends: Unreadable | None) -> Hostile:
    return Hostile(name=name, make=make, ends=frozenset(ends))


def _with(content: Callable[[], bytes], member: str, part: bytes) -> Callable[[], bytes]:
    return lambda: with_member(content(), member, part)


SET: tuple[Hostile, ...] = (
    # what unpacks too far
    _hostile("zip bomb.docx", lambda: with_member(a_docx("x"), WORD, bytes(1 << 28)), Unreadable.TOO_LARGE),
    _hostile("overlapping members.docx", containers.an_overlapping_zip, Unreadable.TOO_LARGE, Unreadable.DAMAGED),
    _hostile("many parts.docx", lambda: a_zip({f"word/{n}": b"" for n in range(20_000)}), Unreadable.TOO_LARGE),
    _hostile(
        "archives in archives.zip", containers.nested_archives, Unreadable.UNSUPPORTED_TYPE, Unreadable.TOO_LARGE, READ
    ),
    _hostile("flate bomb.pdf", containers.a_flate_bomb, *_SPENT),
    _hostile("200,000 pages.pdf", containers.a_long_pdf, Unreadable.TOO_MANY_PAGES),
    _hostile("far corner.xlsx", containers.a_far_corner, *_SPENT),
    _hostile("endless sheet.ods", containers.an_endless_sheet, Unreadable.TOO_MUCH_TEXT),
    _hostile("one line of 100 MB.csv", lambda: b"x," * (50 << 20), Unreadable.TOO_MUCH_TEXT, *_SPENT),
    _hostile("wide.csv", lambda: b",".join([b"column"] * 1_000_000) + b"\n1", Unreadable.TOO_MUCH_TEXT),
    # what is locked
    _hostile("password.pdf", containers.an_encrypted_pdf, Unreadable.ENCRYPTED),
    _hostile("password.xlsx", lambda: _OLE + "EncryptedPackage".encode("utf-16-le"), Unreadable.ENCRYPTED),
    _hostile("password.odt", containers.an_encrypted_odt, Unreadable.ENCRYPTED),
    _hostile("password in the archive.docx", containers.an_encrypted_zip, Unreadable.ENCRYPTED),
    # what is cut off or bent
    _hostile("cut off.docx", lambda: a_docx("x" * 9_999)[:-99], Unreadable.DAMAGED),
    _hostile("cut off.odt", lambda: an_odt("<text:p>x</text:p>")[:-99], Unreadable.DAMAGED),
    _hostile("cut off.rtf", lambda: b"{\\rtf1 {\\b half", Unreadable.DAMAGED),
    _hostile("cut off.msg", lambda: a_msg("x" * 9_000)[:5_000], Unreadable.DAMAGED, Unreadable.EMPTY),
    _hostile("cut off.png", lambda: a_picture("x")[:60], Unreadable.DAMAGED),
    _hostile("no table of objects.pdf", containers.a_pdf_without_a_table, READ),
    _hostile("outline that goes round.pdf", containers.a_pdf_whose_outline_goes_round, READ),
    _hostile("pages that go round.pdf", containers.a_pdf_whose_pages_go_round, Unreadable.DAMAGED, Unreadable.EMPTY),
    _hostile("blocks that go round.msg", containers.a_looping_msg, Unreadable.DAMAGED),
    # what reaches outside or runs
    _hostile("macro.docm", _with(lambda: a_docx("Text"), "word/vbaProject.bin", b"Auto_Open"), READ),
    _hostile("macro.xlsm", _with(lambda: an_xlsx({"S": [["Text"]]}), "xl/vbaProject.bin", b"Auto_Open"), READ),
    _hostile("external entity.docx", _with(lambda: a_docx("x"), WORD, EXTERNAL), Unreadable.DAMAGED),
    _hostile("external entity.odt", _with(lambda: an_odt(""), "content.xml", EXTERNAL), Unreadable.DAMAGED),
    _hostile("external entity.svg", lambda: EXTERNAL, READ),
    _hostile("external entity.epub", lambda: an_epub(["x"], others={"book/content.opf": EXTERNAL}), Unreadable.DAMAGED),
    _hostile("chapter outside.epub", containers.a_traversing_epub, Unreadable.DAMAGED),
    _hostile("laughs.docx", _with(lambda: a_docx("x"), WORD, LAUGHING), Unreadable.DAMAGED),
    _hostile("laughs.odt", _with(lambda: an_odt(""), "content.xml", LAUGHING), Unreadable.DAMAGED),
    _hostile("laughs.epub", lambda: an_epub(["x"], others={"book/content.opf": LAUGHING}), Unreadable.DAMAGED),
    _hostile("laughs.svg", lambda: LAUGHING, READ),
    # what nests
    _hostile("deep.html", lambda: b"<div>" * 100_000, Unreadable.DAMAGED),
    _hostile("slow.html", lambda: SLOW, Unreadable.TIMED_OUT),
    _hostile("deep.docx", lambda: with_member(a_docx("x"), WORD, b"<p>" * 1_000_000), Unreadable.DAMAGED),
    _hostile("deep.odt", lambda: an_odt("<text:p>" * 500_000 + "x"), Unreadable.DAMAGED, *_SPENT),
    _hostile("deep.json", lambda: b"[" * 4_000_000, READ),
    _hostile("deep.xml", lambda: b"<a>" * 1_000_000, READ),
    _hostile("deep.rtf", lambda: b"{\\rtf1" + b"{" * 1_000_000, Unreadable.DAMAGED),
    # pictures
    _hostile("two gigapixels.png", pictures.a_huge_png, Unreadable.TOO_LARGE),
    _hostile("two gigapixels.tif", pictures.a_huge_tiff, Unreadable.TOO_LARGE),
    _hostile("four gigapixels in its header.jpg", pictures.a_lying_jpeg, Unreadable.TOO_LARGE),
    _hostile("sheets that go round.tif", pictures.a_tiff_whose_sheets_go_round, READ, Unreadable.TOO_MANY_PAGES),
    _hostile(
        "81 megapixels.png", lambda: a_picture("", size=(9_000, 9_000)), Unreadable.EMPTY, Unreadable.TIMED_OUT, *_SPENT
    ),
    # what is not what it is called
    _hostile("program.docx", lambda: b"MZ\x90\x00" + bytes(999), Unreadable.DAMAGED),
    _hostile("picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), Unreadable.DAMAGED),
    _hostile("document.txt", lambda: a_pdf(["Text"]), READ),
    _hostile("empty.txt", bytes, Unreadable.EMPTY),
    _hostile("a million marks on one letter.txt", ("e" + "\u0301" * 1_000_000).encode, READ),
    _hostile("turned round \u202e.txt", ("\u202e\u2066\ufeff\U000e0041" * 100_000 + "x").encode, READ),
    _hostile("line\nbreak, bell\x07 and \x1b[2J.txt", lambda: b"Text", READ),
    _hostile("../" * 2_000 + "etc/passwd\x00.docx", lambda: a_docx("Text"), READ),
)
