"""Pictures that say they are larger than they are, or are damaged where it hurts."""

import struct
import zlib

from tests.pictures import a_picture, a_tiff


def a_huge_png() -> bytes:
    """Return a few bytes that say they are two gigapixels."""
    header = struct.pack(">IIBBBBB", 50_000, 40_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(99))) + _chunk(b"IEND")


def a_huge_tiff() -> bytes:
    """Return a TIFF of one directory that says 50,000 by 40,000 pixels."""
    entries = [(256, 4, 50_000), (257, 4, 40_000), (258, 3, 8), (262, 3, 1), (273, 4, 8), (278, 4, 40_000), (279, 4, 9)]
    directory = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries)) + directory + bytes(4)


def a_lying_jpeg() -> bytes:
    """Return a small JPEG whose header says 65,500 by 65,500 pixels."""
    content = bytearray(a_picture("x", kind="JPEG", size=(64, 64)))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(content)


def a_tiff_whose_sheets_go_round() -> bytes:
    """Return a TIFF whose only directory says that it is its own successor."""
    content = bytearray(a_tiff(["Payment is due in June"]))
    place = int.from_bytes(content[4:8], "little")
    count = int.from_bytes(content[place : place + 2], "little")
    content[place + 2 + 12 * count : place + 6 + 12 * count] = place.to_bytes(4, "little")
    return bytes(content)


def _chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
