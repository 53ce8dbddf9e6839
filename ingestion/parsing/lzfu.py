"""The compression of RTF bodies in Outlook messages, as [MS-OXRTFCP] describes it."""

import struct

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.limits import Limits

_HEADER = struct.Struct("<IIII")
_COMPRESSED = 0x75465A4C
_STORED = 0x414C454D
_WINDOW = 4096
_FIRST = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)


def decompressed(packed: bytes, limits: Limits) -> bytes:
    """Return the RTF. Raises UnreadableError where it is damaged. One byte becomes at most nine."""
    if len(packed) < _HEADER.size:
        raise UnreadableError(Unreadable.DAMAGED, "the body of the message is cut off")
    _, size, kind, _ = _HEADER.unpack_from(packed)
    if kind == _STORED:
        return packed[_HEADER.size :][:size]
    if kind != _COMPRESSED:
        raise UnreadableError(Unreadable.DAMAGED, "the body of the message is packed in an unknown way")
    if size > limits.max_unpacked_bytes:
        raise UnreadableError(Unreadable.TOO_LARGE, f"would unpack to {size} bytes")
    return _unpacked(packed, size)


def _unpacked(packed: bytes, size: int) -> bytes:
    window = bytearray(_FIRST.ljust(_WINDOW, b"\x00"))
    write, place, out = len(_FIRST), _HEADER.size, bytearray()
    while place < len(packed) and len(out) < size:
        control, place = packed[place], place + 1
        for bit in range(8):
            if not control >> bit & 1:
                piece, place = packed[place : place + 1], place + 1
            else:
                word, place = int.from_bytes(packed[place : place + 2], "big"), place + 2
                start, length = word >> 4, (word & 15) + 2
                if start == write or place > len(packed):
                    return bytes(out[:size])
                piece = _repeated(window, start, write, length)
            for byte in piece:
                window[write] = byte
                write = (write + 1) % _WINDOW
            out += piece
    return bytes(out[:size])


def _repeated(window: bytearray, start: int, write: int, length: int) -> bytes:
    """Return what stands at `start`; where that runs into what is being written, it goes on with itself."""
    known = (write - start) % _WINDOW or _WINDOW
    once = bytes(window[(start + index) % _WINDOW] for index in range(min(known, length)))
    return (once * (length // len(once) + 1))[:length]
