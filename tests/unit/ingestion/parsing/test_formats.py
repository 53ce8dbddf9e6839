"""What each family of formats becomes: the text a reader sees, page by page."""

import datetime as dt

import pytest
import xlsxwriter

from ingestion.document import Document
from ingestion.parsing import Limits, parse
from tests.documents import Cell, a_csv, a_docx, a_pdf, a_pdf_of, a_pptx, a_stream, an_eml, an_xlsx


def parsed(content: bytes, name: str, *, media_type: str | None = None) -> Document:
    return parse(content, name=name, media_type=media_type, limits=Limits())


def pages(document: Document) -> list[str]:
    return [document.text[page.start : page.end].rstrip("\n") for page in document.pages]


def test_a_pdf_keeps_its_pages_lines_and_title() -> None:
    document = parsed(a_pdf(["First page\nsecond line", "", "Third café"], title="Annual report"), "a.pdf")
    assert pages(document) == ["First page\nsecond line", "", "Third café"]
    assert (document.title, document.media_type) == ("Annual report", "application/pdf")


def test_a_word_hyphenated_over_a_line_end_of_a_pdf_is_whole_again() -> None:
    stream = a_stream(b"BT /F 11 Tf 13 TL 40 760 Td (confiden-) Tj T* (tial text) Tj ET")
    assert "confidential" in parsed(a_pdf_of([stream]), "a.pdf").text.replace("\n", "")


def test_a_word_document_keeps_header_body_table_and_footer_in_order() -> None:
    content = a_docx(
        "Terms\tapply", table=[["Part", "Price"], ["Bolt", ""]], after="End", header="ACME", footer="Page", title="T"
    )
    document = parsed(content, "a.docx")
    assert document.text == "ACME\nTerms\tapply\nPart | Price\nBolt |\nEnd\nPage"
    assert document.title == "T"


def test_a_deck_has_one_page_per_slide_with_its_notes() -> None:
    document = parsed(a_pptx([("Strategy", "do not show this"), ("Numbers", "")]), "a.pptx")
    assert pages(document) == ["Strategy\ndo not show this", "Numbers"]


def test_every_row_of_a_sheet_carries_its_column_names() -> None:
    people: list[list[Cell]] = [["Staff"], [], ["Name", "Card"], ["Ada", 4111111111111111], ["Bob", None, 1200.5]]
    document = parsed(an_xlsx({"People": people, "Empty": [], "Plain": [["only words"]]}), "a.xlsx")
    assert pages(document) == [
        "Sheet: People\nStaff\nName | Card\nName: Ada | Card: 4111111111111111\nName: Bob | 1200.5",
        "",
        "Sheet: Plain\nonly words",
    ]


def test_dates_and_truths_in_a_sheet_are_readable(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("sheets") / "a.xlsx"
    with xlsxwriter.Workbook(file) as workbook:
        sheet, day = workbook.add_worksheet(), workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(0, 0, dt.datetime(1990, 2, 3), day)  # noqa: DTZ001 - a cell has no zone
        sheet.write_boolean(0, 1, True)
    assert parsed(file.read_bytes(), "a.xlsx").text == "Sheet: Sheet1\n1990-02-03 | yes"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_row_of_a_csv_carries_its_column_names(delimiter: str) -> None:
    content = a_csv([["name", "note"], ["Ada", "likes, commas; and\nlines"], ["Bob", ""]], delimiter=delimiter)
    assert parsed(content, "a.csv").text == "name | note\nname: Ada | note: likes, commas; and lines\nname: Bob"


def test_a_csv_without_column_names_is_not_given_any() -> None:
    assert parsed(b"17,ada@example.com\n18,bob@example.com\n", "a.csv").text == (
        "17 | ada@example.com\n18 | bob@example.com"
    )


def test_a_web_page_is_what_a_reader_sees() -> None:
    content = (
        b"<!doctype html><html><head><title>Our &amp; page</title><style>p{}</style></head><body>"
        b"<script>steal()</script><h1>Head</h1><p>One <b>bold</b>\n word.</p>loose<!-- comment -->"
        b"<p hidden>unseen</p><div style='color:red; display : none'>unseen</div>"
        b"<table><tr><th>Part</th><th>Price</th></tr><tr><td>Bolt</td><td>2</td></tr></table><pre>a\n  b</pre></body>"
    )
    document = parsed(content, "a.html")
    assert document.text == "Head\n\nOne bold word.\n\nloose\nPart | Price\nBolt | 2\n\na\n  b"
    assert document.title == "Our & page"


def test_markdown_is_its_own_text_and_its_first_heading_the_title() -> None:
    document = parsed(b"\xef\xbb\xbfIntro\r\n\r\n## The *plan* ##\r\n\r\n\r\n\r\n- one  \r\n", "a.md")
    assert document.text == "Intro\n\n## The *plan* ##\n\n- one"
    assert document.title == "The *plan*"


def test_a_message_says_who_wrote_what_and_names_its_attachments() -> None:
    content = an_eml(
        "Dear Bob", html="<p>no</p>", attachments=["pay.xlsx"], From="Ada <ada@a.example>", Subject="Über uns"
    )
    document = parsed(content, "a.eml")
    assert document.text == "From: Ada <ada@a.example>\nSubject: Über uns\nAttachments: pay.xlsx\n\nDear Bob"
    assert document.title == "Über uns"


def test_a_message_in_html_only_is_read_as_a_web_page() -> None:
    content = b"From: a@a.example\nContent-Type: text/html; charset=bogus\n\n<p>Hello</p><script>x</script>"
    assert parsed(content, "a.eml").text == "From: a@a.example\n\nHello"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe: 5 €, geprüft in München", "utf-8"),
        ("Größe: 5 €, geprüft in München", "utf-16"),
        ("Le contrat a été signé à Paris. Où est la clé ?", "cp1252"),  # as likely as Central European
        ("# Über", "cp1252"),  # too short to tell from Chinese
        ("Umowa została podpisana w Łodzi przez spółkę. Zażółć gęślą jaźń.", "cp1250"),
        ("Договор подписан вчера в Москве", "cp1251"),
        ("契約書は昨日署名されました。秘密保持契約", "shift_jis"),
    ],
)
def test_text_is_read_in_the_encoding_it_was_written_in(text: str, encoding: str) -> None:
    assert parsed(text.encode(encoding), "a.txt").text == text


def test_a_declared_encoding_is_believed() -> None:
    content = '<html><meta charset="koi8-r"><p>Да</p>'.encode("koi8-r")
    assert parsed(content, "a.html").text == "Да"


@pytest.mark.parametrize(
    ("content", "name", "media_type", "expected"),
    [
        (a_pdf(["x"]), "a.txt", None, "application/pdf"),  # first bytes beat the name
        (b"<!DOCTYPE html><p>x", "page", None, "text/html"),
        (b"# x", "upload", "text/markdown; charset=utf-8", "text/markdown"),
        (b"x", "main.py", "application/octet-stream", "text/plain"),
        (b"<p>x", "a.txt", None, "text/plain"),  # whoever calls it text wants to see the tags
    ],
)
def test_the_family_follows_from_content_then_name_then_media_type(
    content: bytes, name: str, media_type: str | None, expected: str
) -> None:
    assert parsed(content, name, media_type=media_type).media_type == expected
