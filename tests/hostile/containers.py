"""Archives, PDFs and other containers that unpack too far, go round in circles or reach outside."""

import struct
import zlib
from functools import cache

from tests.compound_files import a_msg
from tests.documents import a_docx, a_pdf, a_pdf_of, a_stream, a_zip, an_xlsx, with_member
from tests.open_documents import MANIFEST, an_epub, an_ods, an_odt

WORD = "word/document.xml"
_LAUGHS = b"".join(b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10))
LAUGHING = b'<!DOCTYPE d [<!ENTITY a0 "ha">' + _LAUGHS + b"]><d><t>&a9;</t></d>"
"""Entities that would expand to 10^9 characters."""
EXTERNAL = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d><t>&x;</t></d>'


@cache
def a_flate_bomb() -> bytes:
    """Return a few kB that become 1.2 GB of page content, more than the parser is granted."""
    squeeze = zlib.compressobj(1)
    pattern = b"(a)Tj " * 1_000_000
    once = b"".join(squeeze.compress(pattern) for _ in range(200)) + squeeze.flush()
    twice = zlib.compress(once, 9)
    return a_pdf_of([b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(twice), twice)])


def a_long_pdf() -> bytes:
    """Return a PDF of 200,000 pages: one page, listed that often."""
    return a_pdf_of([a_stream(b"")]).replace(
        b"/Count 1/Kids[5 0 R]", b"/Count 200000/Kids[" + b"5 0 R " * 200_000 + b"]"
    )


def an_encrypted_pdf() -> bytes:
    """Return a PDF that wants a password."""
    password = b"<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>"
    return a_pdf_of([a_stream(b"")], encryption=password)


def a_pdf_without_a_table() -> bytes:
    """Return a PDF whose table of objects points nowhere."""
    content = a_pdf(["Found all the same"])
    table = content.rindex(b"xref\n", 0, content.rindex(b"startxref"))
    return content[:table] + b"xref\n0 1\n9999999999 00000 n \n" + content[content.rindex(b"trailer") :]


def a_pdf_whose_outline_goes_round() -> bytes:
    """Return a PDF whose only bookmark is its own successor and its own child."""
    loop = b"/Outlines<</First 4 0 R/Last 4 0 R/Count 9>>"
    content = a_pdf(["Text"], title="T").replace(b"/Type/Catalog", b"/Type/Catalog" + loop, 1)
    return content.replace(b"<</Title(T)>>", b"<</Title(T)/Next 4 0 R/First 4 0 R/Last 4 0 R>>", 1)


def a_pdf_whose_pages_go_round() -> bytes:
    """Return a PDF whose tree of pages holds itself."""
    return a_pdf(["Text"]).replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]", 1)


def a_far_corner() -> bytes:
    """Return a workbook with a cell in the last corner: 17 thousand million cells for a dense reader."""
    return with_member(
        an_xlsx({"Sheet": [["x"]]}),
        "xl/worksheets/sheet1.xml",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>",
    )


def an_endless_sheet() -> bytes:
    """Return an open workbook with 17 thousand million filled cells in a line of XML."""
    cell = b'<t:table-cell t:number-columns-repeated="16384"><t:p>x</t:p></t:table-cell>'
    row = b'<t:table-row t:number-rows-repeated="1048576">' + cell + b"</t:table-row>"
    return with_member(an_ods({}), "content.xml", b'<t:b xmlns:t="urn:t"><t:table>' + row + b"</t:table></t:b>")


def an_overlapping_zip() -> bytes:
    """Return a Word file of a thousand members that are all the same 10 MB."""
    packed = zlib.compressobj(9, wbits=-15)
    content = packed.compress(bytes(10 << 20)) + packed.flush()
    sizes = (0x20, 0, 8, 0, 0, 0, len(content), 10 << 20)
    first = b"PK\x03\x04" + struct.pack("<HHHHHIII", 20, *sizes[1:3], 0, 0, *sizes[5:8]) + struct.pack("<HH", 0, 0)
    names = [b"word/%d" % number for number in range(1_000)]
    entries = b"".join(
        b"PK\x01\x02"
        + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 8, 0, 0, 0, len(content), 10 << 20, len(name), 0, 0, 0, 0, 0, 0)
        + name
        for name in names
    )
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(entries), len(first) + len(content), 0)
    return first + content + entries + b"PK\x05\x06" + end


def nested_archives(levels: int = 6, width: int = 8) -> bytes:
    """Return archives within archives: 8^6 files of a megabyte in the end."""
    inner = a_zip({"0.txt": bytes(1 << 20)})
    for _ in range(levels):
        inner = a_zip({f"{number}.zip": inner for number in range(width)})
    return inner


def an_encrypted_zip() -> bytes:
    """Return a Word file whose members say that they are encrypted."""
    content = bytearray(a_docx("x"))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


def an_encrypted_odt() -> bytes:
    """Return an open text document that wants a password."""
    manifest = b"<manifest><file-entry><encryption-data/></file-entry></manifest>"
    return with_member(an_odt("<text:p>x</text:p>"), MANIFEST, manifest)


def a_looping_msg() -> bytes:
    """Return an Outlook message whose blocks all follow themselves."""
    content = bytearray(a_msg("x" * 9_000))
    table = 512 * (int.from_bytes(content[76:80], "little") + 1)
    content[table : table + 512] = struct.pack("<128I", *range(128))
    return bytes(content)


def a_traversing_epub() -> bytes:
    """Return a book whose chapter is a file of the machine."""
    package = b'<p><item id="a" href="../../../../etc/hostname"/><itemref idref="a"/></p>'
    return an_epub(["x"], others={"book/content.opf": package})
