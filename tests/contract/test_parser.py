"""What every Parser promises: the memory twin and the sandbox, with bubblewrap where it is installed."""

import shutil

import pytest

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import Limits
from service.adapters.memory.embedding import InMemoryParser
from service.adapters.sandbox import SandboxedParser
from service.ports import Parser
from tests.compound_files import a_msg
from tests.documents import a_csv, a_docx, a_pdf, a_pptx, an_eml, an_xlsx
from tests.open_documents import an_epub, an_odp, an_ods, an_odt

LIMITS = Limits(max_bytes=1_000_000, max_pages=3, max_text=10_000)
SOURCES = {
    "a.pdf": a_pdf(["Page one", "Page two"], title="A title"),
    "a.docx": a_docx("Paragraph"),
    "a.pptx": a_pptx([("Slide", "Notes")]),
    "a.xlsx": an_xlsx({"Sheet": [["Name", "IBAN"], ["Ada", "DE02"]]}),
    "a.html": b"<title>Page</title><p>Text",
    "a.md": "# Größe\n\n“Text” 😀".encode(),
    "a.txt": b"Text",
    "a.csv": a_csv([["Name", "IBAN"], ["Ada", "DE02"]]),
    "a.eml": an_eml("Body", Subject="About"),
    "a.msg": a_msg("Body", subject="About"),
    "a.odt": an_odt("<text:p>Paragraph</text:p>"),
    "a.ods": an_ods({"Sheet": [["Name", "IBAN"], ["Ada", "DE02"]]}),
    "a.odp": an_odp([("Slide", "Notes")]),
    "a.rtf": b"{\\rtf1 Gr\\'f6\\'dfe}",
    "a.epub": an_epub(["<p>Chapter</p>"], title="Book"),
    "a.py": "# Größe\nvalue = 1\n".encode(),
}


@pytest.fixture(params=["memory", "limits", "bubblewrap"])
def parser(request: pytest.FixtureRequest) -> Parser:
    if request.param == "memory":
        return InMemoryParser(LIMITS)
    if request.param == "bubblewrap" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed (Debian package bubblewrap)")
    return SandboxedParser(limits=LIMITS, wrapped=request.param == "bubblewrap")


@pytest.mark.parametrize("name", SOURCES)
def test_every_format_is_read_the_same_way_everywhere(parser: Parser, name: str) -> None:
    assert parser.parse(SOURCES[name], name=name) == InMemoryParser(LIMITS).parse(SOURCES[name], name=name)


def test_the_media_type_helps_where_the_name_says_nothing(parser: Parser) -> None:
    document: Document = parser.parse(b"# Title", name="upload", media_type="text/markdown")
    assert document.title == "Title"


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.txt", Unreadable.EMPTY),
        (b"x" * 1_000_001, "a.txt", Unreadable.TOO_LARGE),
        (b"x" * 10_001, "a.txt", Unreadable.TOO_MUCH_TEXT),
        (a_pdf(["x"] * 4), "a.pdf", Unreadable.TOO_MANY_PAGES),
        (b"x", "a.docx", Unreadable.DAMAGED),
        (b"\x89PNG\x00", "a.png", Unreadable.DAMAGED),
        (b"\x00\x00\x00\x18ftypheic", "a.heic", Unreadable.UNSUPPORTED_TYPE),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_code(
    parser: Parser, content: bytes, name: str, reason: Unreadable
) -> None:
    with pytest.raises(UnreadableError) as refusal:
        parser.parse(content, name=name)
    assert refusal.value.reason is reason
