"""What cannot be read is refused with a stable code and words that quote nothing of it (R61)."""

import pytest

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import Limits, parse
from tests.documents import a_docx, a_pdf, a_pdf_of, a_pptx, a_stream, a_zip, an_xlsx, with_member

CANARY = "canaryword"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTION = b"<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>"
WORD = "word/document.xml"


def entity(content: bytes) -> bytes:
    """Bend the body of a Word document so that it would pull in a file of this machine."""
    body = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d>&x;</d>'
    return with_member(content, WORD, body)


REFUSED = [
    ("nothing in it", b"", "a.txt", Unreadable.EMPTY),
    ("blanks only", b" \n\t", "a.md", Unreadable.EMPTY),
    ("blank pages", a_pdf(["", ""]), "a.pdf", Unreadable.EMPTY),
    ("a page of scripts", b"<script>canaryword</script>", "a.html", Unreadable.EMPTY),
    ("needs a password", a_pdf_of([a_stream(b"")], encryption=ENCRYPTION), "a.pdf", Unreadable.ENCRYPTED),
    ("Office files with a password", OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", Unreadable.ENCRYPTED),
    ("Office files of the last century", OLE + b"canaryword", "a.doc", Unreadable.UNSUPPORTED_TYPE),
    ("cut off", a_docx(CANARY)[:-200], "a.docx", Unreadable.DAMAGED),
    ("cut off", a_pptx([(CANARY, "")])[:2000], "a.pptx", Unreadable.DAMAGED),
    ("a part cut off", with_member(a_docx(CANARY), WORD, b"<w><canaryword"), "a.docx", Unreadable.DAMAGED),
    ("no workbook in it", with_member(an_xlsx({"a": [["x"]]}), "xl/workbook.xml", b"<a"), "a.xlsx", Unreadable.DAMAGED),
    ("not what it says", CANARY.encode(), "a.pdf", Unreadable.DAMAGED),
    ("not what it says", CANARY.encode(), "a.xlsx", Unreadable.DAMAGED),
    ("says PDF and is none", b"%PDF-1.7 canaryword", "a.pdf", Unreadable.DAMAGED),
    ("an external entity", entity(a_docx(CANARY)), "a.docx", Unreadable.DAMAGED),
    ("a picture without pixels", b"\x89PNG\r\n\x1a\n", "a.png", Unreadable.DAMAGED),
    ("a picture of another format", b"\x00\x00\x00\x18ftypheic", "a.heic", Unreadable.UNSUPPORTED_TYPE),
    ("a program", b"\x7fELF\x02\x01\x00\x00canaryword", "run", Unreadable.UNSUPPORTED_TYPE),
    ("an archive by another name", a_zip({"canaryword.txt": b"x"}), "a.docx", Unreadable.DAMAGED),
    ("100,000 elements deep", b"<div>" * 100_000 + b"canaryword", "a.html", Unreadable.DAMAGED),
    ("unpacks 1000-fold", with_member(a_docx(CANARY), WORD, bytes(64 << 20)), "a.docx", Unreadable.TOO_LARGE),
]


@pytest.mark.parametrize(("content", "name", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_read_is_refused_with_its_code(content: bytes, name: str, reason: Unreadable) -> None:
    with pytest.raises(UnreadableError) as refusal:
        parse(content, name=name, limits=Limits())
    assert refusal.value.reason == reason
    assert CANARY not in refusal.value.detail


@pytest.mark.parametrize(
    ("content", "name", "limits", "reason"),
    [
        (b"123456", "a.txt", Limits(max_bytes=5), Unreadable.TOO_LARGE),
        (b"123456", "a.txt", Limits(max_text=5), Unreadable.TOO_MUCH_TEXT),
        (a_pdf(["1234", "5678"]), "a.pdf", Limits(max_text=7), Unreadable.TOO_MUCH_TEXT),  # over all pages
        (a_pdf(["1", "2"]), "a.pdf", Limits(max_pages=1), Unreadable.TOO_MANY_PAGES),
        (a_pptx([("1", ""), ("2", "")]), "a.pptx", Limits(max_pages=1), Unreadable.TOO_MANY_PAGES),
        (an_xlsx({"1": [["x"]], "2": []}), "a.xlsx", Limits(max_pages=1), Unreadable.TOO_MANY_PAGES),
        (a_docx("x"), "a.docx", Limits(max_members=5), Unreadable.TOO_LARGE),
        (a_docx("x"), "a.docx", Limits(max_unpacked_bytes=1000), Unreadable.TOO_LARGE),
    ],
)
def test_what_is_over_a_limit_is_refused_with_its_code(
    content: bytes, name: str, limits: Limits, reason: Unreadable
) -> None:
    with pytest.raises(UnreadableError) as refusal:
        parse(content, name=name, limits=limits)
    assert refusal.value.reason is reason


def test_what_is_just_within_the_limits_is_read() -> None:
    limits = Limits(max_bytes=5, max_text=5, max_pages=1)
    assert parse(b"12345", name="a.txt", limits=limits).text == "12345"


def test_an_entity_in_a_web_page_is_never_resolved() -> None:
    content = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]><html><p>before &x; after</p>'
    assert "before &x; after" in parse(content, name="a.html", limits=Limits()).text


def test_a_drawing_is_its_own_source_and_none_of_its_entities_is_resolved() -> None:
    content = b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg><text>before &x; after</text></svg>'
    assert parse(content, name="a.svg", limits=Limits()).text == content.decode()


def test_a_hundred_thousand_columns_on_one_line_are_just_a_long_line() -> None:
    content = b",".join([b"x"] * 100_000) + b"\n" + b",".join([b"1"] * 100_000)
    assert parse(content, name="a.csv", limits=Limits()).text.count(" | ") == 199_998
