"""Builders of small real files in every format that is read; hostile ones are bent from these."""

import csv
import zlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pptx
import xlsxwriter

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Cell = str | float | None


def a_pdf(pages: Sequence[str], *, title: str | None = None) -> bytes:
    """Return a PDF with a text layer: one string per page, in Latin-1, its lines kept."""
    return a_pdf_of([_page_stream(page) for page in pages], title=title)


def a_pdf_of(streams: Sequence[bytes], *, title: str | None = None, encryption: bytes | None = None) -> bytes:
    """Return a PDF whose pages have these content streams; `encryption` becomes its /Encrypt dictionary."""
    numbers = range(5, 5 + 2 * len(streams), 2)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    information = b"<</Title(%s)>>" % _escaped(title) if title else b"<<>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(streams), kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        information,
    ]
    for number, stream in zip(numbers, streams, strict=True):
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]"
            b"/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>" % (number + 1),
            stream,
        ]
    return _assembled(objects, b"/Info 4 0 R" + (b"/Encrypt " + encryption if encryption else b""))


def a_stream(content: bytes, *, times_deflated: int = 0) -> bytes:
    """Return a PDF stream object, deflated this many times over."""
    for _ in range(times_deflated):
        content = zlib.compress(content, 9)
    filters = b"/Filter[%s]" % (b"/FlateDecode" * times_deflated) if times_deflated else b""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), filters, content)


def a_docx(
    *paragraphs: str,
    table: Sequence[Sequence[str]] = (),
    after: str = "",
    header: str = "",
    footer: str = "",
    title: str = "",
) -> bytes:
    """Return a Word document: paragraphs, then a table, then one more paragraph."""
    document = docx.Document()
    document.core_properties.title = title
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        cells = document.add_table(len(table), len(table[0]))
        for row, values in zip(cells.rows, table, strict=True):
            for cell, value in zip(row.cells, values, strict=True):
                cell.text = value
    if after:
        document.add_paragraph(after)
    document.sections[0].header.paragraphs[0].text = header
    document.sections[0].footer.paragraphs[0].text = footer
    return _saved(document)


def a_pptx(slides: Sequence[tuple[str, str]]) -> bytes:
    """Return a deck: a title and speaker notes per slide."""
    deck = pptx.Presentation()
    for title, notes in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = title
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    return _saved(deck)


def an_xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Return a workbook: rows by the name of their sheet."""
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return file.getvalue()


def an_eml(body: str, *, html: str | None = None, attachments: Sequence[str] = (), **headers: str) -> bytes:
    """Return a message; headers as keywords (`From`, `To`, `Subject`), attachments by name."""
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    message.set_content(body)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name in attachments:
        message.add_attachment(b"attached", maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def a_csv(rows: Sequence[Sequence[str]], *, delimiter: str = ",") -> bytes:
    """Return rows of text as CSV."""
    file = StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode()


def a_zip(members: Mapping[str, bytes]) -> bytes:
    """Return an archive of these members."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_member(archive: bytes, name: str, content: bytes) -> bytes:
    """Return the archive with one member replaced or added."""
    with ZipFile(BytesIO(archive)) as opened:
        return a_zip({one: opened.read(one) for one in opened.namelist()} | {name: content})


def _page_stream(text: str) -> bytes:
    lines = b"".join(b"(%s) Tj T* " % _escaped(line) for line in text.split("\n"))
    return a_stream(b"BT /F 11 Tf 13 TL 40 760 Td %sET" % lines)


def _escaped(text: str) -> bytes:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")


def _assembled(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, table)
    return bytes(out)


def _saved(document: "docx.document.Document | pptx.presentation.Presentation") -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()
