"""Builders of OpenDocument files and e-books; hostile ones are bent from these."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from tests.documents import a_zip

_ODF = "application/vnd.oasis.opendocument."
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "style", "presentation", "manifest")
)
_DRAW = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
MANIFEST = "META-INF/manifest.xml"


def an_odt(body: str, *, title: str = "", header: str = "", footer: str = "") -> bytes:
    """Return a text document with this XML in its body."""
    margins = f"<style:header><text:p>{header}</text:p></style:header>" if header else ""
    margins += f"<style:footer><text:p>{footer}</text:p></style:footer>" if footer else ""
    return _opendocument("text", f"<office:text>{body}</office:text>", styles=margins, title=title)


def an_ods(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Return a workbook: rows of shown values by the name of their sheet."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{"".join(map(_row, rows))}</table:table>'
        for name, rows in sheets.items()
    )
    return _opendocument("spreadsheet", f"<office:spreadsheet>{tables}</office:spreadsheet>")


def an_odp(slides: Sequence[tuple[str, str]]) -> bytes:
    """Return a deck: a title and speaker notes per slide."""
    pages = "".join(
        f"<draw:page><draw:frame><draw:text-box><text:p>{escape(title)}</text:p></draw:text-box></draw:frame>"
        f"<presentation:notes><draw:frame><draw:text-box><text:p>{escape(notes)}</text:p></draw:text-box></draw:frame>"
        "</presentation:notes></draw:page>"
        for title, notes in slides
    )
    return _opendocument("presentation", f"<office:presentation>{pages}</office:presentation>")


def an_epub(chapters: Sequence[str], *, title: str = "", others: Mapping[str, bytes] | None = None) -> bytes:
    """Return a book of these bodies; `others` are members to add or to put in a member's place."""
    names = [f"chapter{number}.xhtml" for number in range(1, len(chapters) + 1)]
    items = "".join(f'<item id="i{name}" href="text/{name}" media-type="application/xhtml+xml"/>' for name in names)
    spine = "".join(f'<itemref idref="i{name}"/>' for name in names)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="book/content.opf"/></rootfiles></container>'
    pages = {
        f"book/text/{name}": f"<html><head><title/></head><body>{body}</body></html>".encode()
        for name, body in zip(names, chapters, strict=True)
    }
    return a_zip(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "book/content.opf": package.encode(),
        }
        | pages
        | dict(others or {})
    )


def _row(cells: Sequence[str]) -> str:
    return f"<table:table-row>{''.join(_cell(cell) for cell in cells)}</table:table-row>"


def _cell(cell: str) -> str:
    return f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" if cell else "<table:table-cell/>"


def _opendocument(kind: str, body: str, *, styles: str = "", title: str = "") -> bytes:
    def part(root: str, content: str) -> bytes:
        return f"<office:{root} {_SPACES} {_DRAW}>{content}</office:{root}>".encode()

    return a_zip(
        {
            "mimetype": f"{_ODF}{kind}".encode(),
            MANIFEST: f"<manifest:manifest {_SPACES}/>".encode(),
            "content.xml": part("document-content", f"<office:body>{body}</office:body>"),
            "styles.xml": part("document-styles", styles),
            "meta.xml": part("document-meta", f"<dc:title>{escape(title)}</dc:title>"),
        }
    )
