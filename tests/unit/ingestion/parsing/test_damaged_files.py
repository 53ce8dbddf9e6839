"""Whatever is cut off, bent or exchanged in a file: a Document comes out, or an UnreadableError (R61)."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.errors import ScannedError, UnreadableError
from ingestion.parsing import Limits, parse
from tests.compound_files import a_msg
from tests.documents import a_docx, a_pdf, a_pptx, an_eml, an_xlsx
from tests.open_documents import an_epub, an_odp, an_ods, an_odt
from tests.pictures import a_picture

LIMITS = Limits(max_text=200_000, max_unpacked_bytes=1 << 22, max_pixels=100_000, ocr=False)
"""Without OCR: tesseract is slow, and what it is shown is pixels, however the file looks."""
RTF = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f1\fcharset204 A;}}\uc1\f1\'c4 \u8364? a\par\trowd\intbl b\cell\row{\*\x y}}"
FILES = {
    "a.odt": an_odt('<text:h>H</text:h><text:p>a<text:s text:c="3"/>b</text:p>', title="T", header="x"),
    "a.ods": an_ods({"S": [["Name", "Pay"], ["Ada", "1"]]}),
    "a.odp": an_odp([("A", "n")]),
    "a.rtf": RTF,
    "a.epub": an_epub(["<p>x</p>"], title="T"),
    "a.msg": a_msg("x" * 5_000, subject="s", to=[("Bob", "b@b.example")], attachments=["a.txt"]),
    "a.docx": a_docx("x"),
    "a.pptx": a_pptx([("x", "y")]),
    "a.xlsx": an_xlsx({"S": [["Name"], ["Ada"]]}),
    "a.pdf": a_pdf(["x"], title="T"),
    "a.eml": an_eml("Body", html="<p>x", Subject="s"),
    "a.csv": b'Name;"Pay"\nAda;1\n',
    "a.html": b"<title>T</title><p>x<table><tr><td>y</table>",
    "a.json": b'{"a": ["b", 1, null]}',
    "a.png": a_picture("x", size=(90, 40)),
    "a.jpg": a_picture("x", size=(90, 40), kind="JPEG"),
    "a.tif": a_picture("x", size=(90, 40), kind="TIFF"),
    "a.webp": a_picture("x", size=(90, 40), kind="WEBP"),
    "a.bmp": a_picture("x", size=(90, 40), kind="BMP"),
    "a.gif": a_picture("x", size=(90, 40), kind="GIF"),
    "a.txt": "Größe".encode("utf-16"),
}


def survived(content: bytes, name: str) -> None:
    try:
        document = parse(content, name=name, limits=LIMITS)
    except (UnreadableError, ScannedError):
        return
    assert document.text.encode()
    assert document.pages[-1].end == len(document.text)


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_is_read_or_refused(name: str) -> None:
    content = FILES[name]
    for end in range(0, len(content), max(len(content) // 60, 1)):
        survived(content[:end], name)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_file_with_bytes_bent_anywhere_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = bytearray(FILES[name])
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
        content[place] = value
    survived(bytes(content), name)


@pytest.mark.parametrize("name", [name for name in FILES if name not in {"a.msg", "a.pdf"}])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_a_file_of_anything_behind_its_first_bytes_is_read_or_refused(name: str, rest: bytes) -> None:
    survived(FILES[name][:8] + rest, name)


BRACES = st.lists(
    st.sampled_from(
        [b"{", b"}", b"\\par", b"\\cell", b"\\row", b"\\u", b"-1", b"\\'", b"ff", b"\\bin", b"9", b"\\*", b"x"]
    )
)


@settings(max_examples=300, deadline=None)
@given(BRACES)
def test_any_heap_of_rtf_words_is_read_or_refused(words: list[bytes]) -> None:
    survived(b"{\\rtf1" + b"".join(words) + b"}", "a.rtf")


ELEMENTS = ("text:p", "text:h", "table:table", "table:table-row", "table:table-cell", "text:note", "draw:page")
XML = st.recursive(
    st.sampled_from(["x", '<text:s text:c="9999999999"/>', "<text:tab/>", "<draw:page/>"]),
    lambda inner: st.tuples(
        st.sampled_from(
            ["text:p", "text:h", "table:table", "table:table-row", "table:table-cell", "text:note", "draw:page"]
        ),
        st.lists(inner, max_size=3),
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(XML, st.sampled_from([an_odt]))
def test_any_tree_of_open_elements_is_read_or_refused(body: str, build: Callable[[str], bytes]) -> None:
    survived(build(body), "a.odt")
