"""Looks for bytes in every file of a data folder, inside the compressed pages of Qdrant Edge too."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from service.adapters.inspecting.searching import held

_BLOCK = 128
"""Edge starts every payload at a multiple of this many bytes in its pages."""
_LARGEST_PAYLOAD = 1 << 20
_SIZE_BYTES = 4
_LONG = 15
_SHORTEST_MATCH = 4
_GOES_ON = 0xFF
_PAYLOAD_PAGE = re.compile(r"payload_storage/page_\d+\.dat$")


def scan(folder: Path, needles: Mapping[str, bytes]) -> dict[str, list[Path]]:
    """Return, for each needle, the files that hold it, compressed or not; an absent needle has no files.

    A file that a living store removes while this reads is left out.
    """
    found: dict[str, list[Path]] = {name: [] for name in needles}
    for path in files_below(folder):
        with suppress(FileNotFoundError):
            for name in needles_in(path, needles):
                found[name].append(path)
    return found


def files_below(folder: Path) -> list[Path]:
    """Return every file below the folder that is no link, in order."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]


def needles_in(path: Path, needles: Mapping[str, bytes]) -> list[str]:
    """Return the needles that the file holds, compressed or not. Raises OSError.

    Payload pages are decompressed block by block, whether or not Edge still counts a block as used.
    """
    zeros = bytes(max(map(len, needles.values()), default=0))
    content = path.read_bytes().rstrip(b"\x00") + zeros  # most files of a store are allocated ahead
    texts = [content]
    if _PAYLOAD_PAGE.search(path.as_posix()):
        texts.append(b"\x00".join(payloads(content)))
    found = frozenset[str]().union(*(held(text, needles) for text in texts))
    return [name for name in needles if name in found]


def forms_of(name: str, identifier: UUID) -> dict[str, bytes]:
    """Return the needles of an id: as text, as 32 hex digits, and as 16 bytes in both byte orders."""
    return {
        f"{name} as text": str(identifier).encode(),
        f"{name} as hex": identifier.hex.encode(),
        f"{name} as bytes": identifier.bytes,
        f"{name} as bytes reversed": identifier.bytes[::-1],
    }


def payloads(page: bytes) -> Iterator[bytes]:
    """Yield whatever decompresses at the start of a block: a size in 4 bytes, then one LZ4 block."""
    for start in range(0, len(page), _BLOCK):
        size = int.from_bytes(page[start : start + _SIZE_BYTES], "little")
        if 0 < size <= _LARGEST_PAYLOAD:
            yield decompressed(page, start + _SIZE_BYTES, size)


def decompressed(data: bytes, position: int, size: int) -> bytes:
    """Return the first `size` bytes of the LZ4 block at `position`, or as many as make sense.

    Where the block ends is not written down anywhere once its payload is deleted, so this stops by size.
    """
    out = bytearray()
    while len(out) < size and position < len(data):
        token = data[position]
        length, position = _length(data, position + 1, token >> 4)
        out += data[position : position + length]
        position += length
        offset = int.from_bytes(data[position : position + 2], "little")
        if len(out) >= size or not 0 < offset <= len(out):
            break
        length, position = _length(data, position + 2, token & _LONG)
        _repeat(out, offset, length + _SHORTEST_MATCH)
    return bytes(out[:size])


def _length(data: bytes, position: int, short: int) -> tuple[int, int]:
    """Return a length that starts with `short`, and where what follows it begins."""
    length = short
    if short == _LONG:
        while position < len(data):
            step = data[position]
            length, position = length + step, position + 1
            if step != _GOES_ON:
                break
    return length, position


def _repeat(out: bytearray, offset: int, length: int) -> None:
    """Append `length` bytes from `offset` bytes back; they may overlap what is being written."""
    pattern = bytes(out[-offset:])
    out += (pattern * (length // offset + 1))[:length]
