"""OpenDocument, RTF, e-books and Outlook messages become the text a reader sees, page by page (R61)."""

import struct

import pytest

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import Limits, parse
from ingestion.parsing.lzfu import decompressed
from tests.compound_files import a_msg, a_property_stream
from tests.documents import with_member
from tests.open_documents import MANIFEST, an_epub, an_odp, an_ods, an_odt

CELLS = "<table:table-row>{}</table:table-row>"


def parsed(content: bytes, name: str = "", **limits: int) -> Document:
    return parse(content, name=name, limits=Limits(**limits))  # type: ignore[arg-type]  # the numbers among them


def pages(document: Document) -> list[str]:
    return [document.text[page.start : page.end].rstrip("\n") for page in document.pages]


def refused(content: bytes, name: str = "", **limits: int) -> Unreadable:
    with pytest.raises(UnreadableError) as refusal:
        parsed(content, name, **limits)
    return refusal.value.reason


def test_an_open_text_keeps_margins_headings_tables_notes_and_blanks() -> None:
    body = (
        '<text:p>Intro</text:p><text:h text:outline-level="1">Terms</text:h>'
        '<text:p>One<text:s text:c="2"/>two<text:tab/>three<text:line-break/>four'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Footnote</text:p>"
        "</text:note-body></text:note><office:annotation><dc:creator>Eve</dc:creator><text:p>Comment</text:p>"
        "</office:annotation></text:p><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        "<table:table><table:table-row><table:table-cell><text:p>Part</text:p></table:table-cell>"
        "<table:table-cell><text:p>Unit</text:p><text:p>price</text:p></table:table-cell></table:table-row></table:table>"
    )
    document = parsed(an_odt(body, title="Annual report", header="ACME", footer="Page"))
    assert document.text == (
        "ACME\nIntro\n\nTerms\n\nOne  two\tthree\nfour\nPart | Unit price\n\nFootnote\nComment\nPage"
    )
    assert (document.title, document.media_type) == ("Annual report", "application/vnd.oasis.opendocument.text")


def test_every_row_of_an_open_sheet_carries_its_column_names() -> None:
    people = [["Staff"], [], ["Name", "Card", "Pay"], ["Ada", "4111", ""], ["Bob", "", "1.200,50 €"]]
    assert pages(parsed(an_ods({"People": people, "Empty": []}))) == [
        "Sheet: People\nStaff\nName | Card | Pay\nName: Ada | Card: 4111\nName: Bob | Pay: 1.200,50 €",
        "",
    ]


def test_repeated_cells_and_rows_of_an_open_sheet_stand_where_they_are_shown() -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    twice = '<table:table-row table:number-rows-repeated="2">' + cell.format("x") + gap + cell.format("y")
    named = CELLS.format("".join(cell.format(name) for name in "ABCD")) + twice + "</table:table-row>"
    content = with_member(an_ods({}), "content.xml", _sheet(named))
    assert parsed(content).text == "Sheet: S\nA | B | C | D\nA: x | D: y\nA: x | D: y"


def test_a_cell_repeated_without_end_costs_a_document_and_no_memory() -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    rows = f'<table:table-row table:number-rows-repeated="1048576">{cell * 50}</table:table-row>'
    content = with_member(an_ods({}), "content.xml", _sheet(rows))
    assert refused(content, max_text=1_000_000) is Unreadable.TOO_MUCH_TEXT


def test_an_open_deck_has_one_page_per_slide_with_its_notes() -> None:
    document = parsed(an_odp([("Strategy", "do not show this"), ("Numbers", "")]))
    assert pages(document) == ["Strategy\ndo not show this", "Numbers"]


@pytest.mark.parametrize("builder", [an_odt("<text:p>x</text:p>"), an_ods({"S": [["x"]]}), an_odp([("x", "")])])
def test_an_open_document_with_a_password_says_so(builder: bytes) -> None:
    manifest = b'<m:manifest xmlns:m="urn:x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    assert refused(with_member(builder, MANIFEST, manifest)) is Unreadable.ENCRYPTED


RTF = rb"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fcharset204 Arial;}
{\f2\fcharset128 Gothic;}}{\info{\title My {\i T}itle}{\author Eve}}{\*\generator Writer;}{\header Top\par}
\pard Gr\'f6\'dfe \u8364?5 \f1\'c4\'e0\f0\par\f2\'8c\'5f\'96\'f1{\f0  end}\par\trowd\intbl Part\cell Price\cell\row
\intbl Bolt\par x\cell 2\cell\row\pard {\pict\bin3 }}}}after \b bold\b0\emdash {\deleted gone}kept\par
\u-10179?\u-8704?\par\pard\outlinelevel0 Heading\par\pard{\field{\*\fldinst HYPERLINK "x"}{\fldrslt link}}
{\*\new no}}"""


def test_an_rtf_file_is_what_a_reader_sees() -> None:
    document = parsed(RTF)
    assert document.text == (
        "Top\nGröße €5 Да\n契約 end\nPart | Price\nBolt x | 2\nafter bold—kept\n😀\n\nHeading\n\nlink"
    )
    assert (document.title, document.media_type) == ("My Title", "application/rtf")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (RTF[:400], Unreadable.DAMAGED),  # cut off
        (b"{\\rtf1" + b"{" * 1_000_000, Unreadable.DAMAGED),
        (b"{\\rtf1 {\\object\\objemb{\\*\\objdata 4d5a}}}", Unreadable.EMPTY),
        (b"{\\rtf1 \\bin2147483647 x}", Unreadable.DAMAGED),
        (b"{\\rtf1 \\bin-5 x}}}}}" + b"}" * 99, None),  # more closed than opened harms nobody
    ],
)
def test_a_hostile_rtf_file_is_refused_or_harmless(content: bytes, reason: Unreadable | None) -> None:
    if reason is None:
        assert parsed(content).text == "x"
    else:
        assert refused(content) is reason


def test_a_book_has_one_page_per_chapter_in_reading_order() -> None:
    document = parsed(
        an_epub(["<h1>One</h1><p>First.<a id='x'/></p>", "<script>x</script><p>Second.</p>"], title="Book")
    )
    assert pages(document) == ["One\n\nFirst.", "Second."]
    assert (document.title, document.media_type) == ("Book", "application/epub+zip")


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"META-INF/encryption.xml": b'<e><EncryptionMethod Algorithm="urn:drm"/></e>'}, Unreadable.ENCRYPTED),
        (
            {"book/content.opf": b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/hostname">]><p>&x;</p>'},
            Unreadable.DAMAGED,
        ),
        ({"META-INF/container.xml": b'<c><rootfile full-path="../../etc/hostname"/></c>'}, Unreadable.DAMAGED),
        (
            {"book/content.opf": b'<p><item id="a" href="../../../etc/hostname"/><itemref idref="a"/></p>'},
            Unreadable.DAMAGED,
        ),
    ],
)
def test_a_hostile_book_is_refused(others: dict[str, bytes], reason: Unreadable) -> None:
    assert refused(an_epub(["x"], others=others)) is reason


def test_a_book_whose_fonts_are_scrambled_is_read() -> None:
    fonts = b'<e><EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></e>'
    assert parsed(an_epub(["x"], others={"META-INF/encryption.xml": fonts})).text == "x"


def test_an_external_entity_in_a_chapter_is_never_resolved() -> None:
    chapter = b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]><html><p>before &x; after</p></html>'
    assert "before &x; after" in parsed(an_epub(["x"], others={"book/text/chapter1.xhtml": chapter})).text


def test_an_outlook_message_says_who_wrote_what_to_whom_and_names_its_attachments() -> None:
    document = parsed(
        a_msg(
            "Dear Bob",
            subject="Über uns",
            sender=("Ada", "ada@a.example"),
            to=[("Bob", "bob@b.example"), ("Eve", "")],
            attachments=["pay.xlsx"],
        )
    )
    assert document.text == (
        "From: Ada <ada@a.example>\nTo: Bob <bob@b.example>, Eve\nDate: 2023-12-30 08:53:20+00:00\n"
        "Subject: Über uns\nAttachments: pay.xlsx\n\nDear Bob"
    )
    assert (document.title, document.media_type) == ("Über uns", "application/vnd.ms-outlook")


PACKED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0"
)
"""The first example of [MS-OXRTCFP]: `hello world` in RTF."""


def test_a_packed_body_is_unpacked_as_its_specification_shows() -> None:
    assert decompressed(PACKED, Limits()) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize(
    ("others", "body"),
    [
        ({"__substg1.0_10130102": "<p>Grüße</p><script>x</script>".encode()}, "Grüße"),
        ({"__substg1.0_10090102": PACKED}, "hello world"),
        (
            {
                "__properties_version1.0": a_property_stream(32, {0x3FFD: (1251).to_bytes(8, "little")}),
                "__substg1.0_1000001E": "Да".encode("cp1251"),
            },
            "Да",
        ),
    ],
)
def test_an_outlook_message_is_read_in_whatever_way_its_body_is_kept(others: dict[str, bytes], body: str) -> None:
    assert parsed(a_msg(others=others)).text.endswith(body)


def test_a_looping_allocation_table_costs_one_message() -> None:
    content = bytearray(a_msg("x" * 9_000))
    table = 512 * (int.from_bytes(content[76:80], "little") + 1)
    content[table : table + 512] = struct.pack("<128I", *[0] * 128)
    assert refused(bytes(content)) is Unreadable.DAMAGED


def test_a_message_whose_part_is_said_to_be_larger_than_its_file_is_damaged() -> None:
    content = bytearray(a_msg("x" * 9_000))
    size = content.index((18_000).to_bytes(8, "little"))
    content[size : size + 4] = (1 << 30).to_bytes(4, "little")
    assert refused(bytes(content)) is Unreadable.DAMAGED


def _sheet(rows: str) -> bytes:
    spaces = 'xmlns:o="urn:o" xmlns:table="urn:t" xmlns:text="urn:x"'
    return f'<o:body {spaces}><table:table table:name="S">{rows}</table:table></o:body>'.encode()
