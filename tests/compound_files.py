"""Builders of compound files ([MS-CFB]) and of Outlook messages in them ([MS-OXMSG])."""

import itertools
import struct
from collections.abc import Mapping, Sequence

_SECTOR, _SMALL, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_NOBODY = 0xFFFFFFFF
_PER_SECTOR = _SECTOR // 4

Tree = Mapping[str, "bytes | Tree"]
"""Streams and storages by name."""


def a_compound_file(tree: Tree) -> bytes:
    """Return a compound file of version 3 with these streams."""
    return _Writer().file(tree)


def a_msg(
    body: str = "",
    *,
    subject: str = "",
    sender: tuple[str, str] = ("", ""),
    to: Sequence[tuple[str, str]] = (),
    attachments: Sequence[str] = (),
    others: Tree | None = None,
) -> bytes:
    """Return an Outlook message; people as name and address, `others` are more streams."""
    tree: dict[str, bytes | Tree] = {"__properties_version1.0": a_property_stream(32, {0x0039: _DATE})}
    given = {0x1000: body, 0x0037: subject, 0x0C1A: sender[0], 0x5D01: sender[1]}
    tree |= {_wide(number): text.encode("utf-16-le") for number, text in given.items() if text}
    for index, (name, address) in enumerate(to):
        tree[f"__recip_version1.0_#{index:08X}"] = {
            "__properties_version1.0": a_property_stream(8, {0x0C15: (1).to_bytes(8, "little")}),
            _wide(0x3001): name.encode("utf-16-le"),
            _wide(0x39FE): address.encode("utf-16-le"),
        }
    for index, name in enumerate(attachments):
        tree[f"__attach_version1.0_#{index:08X}"] = {
            "__properties_version1.0": a_property_stream(8, {}),
            _wide(0x3707): name.encode("utf-16-le"),
            "__substg1.0_37010102": b"attached",
        }
    return a_compound_file(tree | dict(others or {}))


def a_property_stream(header: int, values: Mapping[int, bytes]) -> bytes:
    """Return fixed properties: eight bytes by number, behind so many bytes of header."""
    return bytes(header) + b"".join(struct.pack("<HHI8s", 0x0003, one, 6, value) for one, value in values.items())


_DATE = (133_484_000_000_000_000).to_bytes(8, "little")
"""2023-12-29 in steps of 100 ns since 1601."""


def _wide(number: int) -> str:
    return f"__substg1.0_{number:04X}001F"


class _Writer:
    def __init__(self) -> None:
        self._sectors: list[bytes] = []
        self._chain: list[int] = []
        self._small = bytearray()
        self._small_chain: list[int] = []
        self._entries: list[list[object]] = []

    def file(self, tree: Tree) -> bytes:
        self._entries.append(["Root Entry", 5, _NOBODY, _NOBODY, 0, 0])
        self._entries[0][3] = self._children(tree)
        first_small = self._stored(bytes(self._small))
        self._entries[0][4:] = [first_small, len(self._small)]
        mini_table = b"".join(struct.pack("<I", one) for one in self._small_chain)
        mini = self._stored(mini_table, filler=b"\xff")
        directory = self._stored(b"".join(map(_entry, self._entries)))
        fat_sectors = 1
        while fat_sectors * _PER_SECTOR < len(self._sectors) + fat_sectors:
            fat_sectors += 1
        places = range(len(self._sectors), len(self._sectors) + fat_sectors)
        fat = b"".join(struct.pack("<I", one) for one in [*self._chain, *[_FAT] * fat_sectors])
        header = struct.pack(
            "<8s16xHHHHH6xIIIIIIIII",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            *(0x3E, 3, 0xFFFE, 9, 6),
            *(0, fat_sectors, directory, 0, _CUTOFF),
            *(mini, -(-len(mini_table) // _SECTOR), _END, 0),
        )
        header += b"".join(struct.pack("<I", one) for one in [*places, *[_FREE] * (109 - fat_sectors)])
        return header + b"".join(self._sectors) + fat.ljust(fat_sectors * _SECTOR, b"\xff")

    def _children(self, tree: Tree) -> int:
        """Add entries for a storage's children, each the right sibling of the one before it; return the first."""
        indices = []
        for name, content in sorted(tree.items(), key=lambda one: (len(one[0]), one[0].upper())):
            indices.append(len(self._entries))
            if isinstance(content, bytes):
                self._entries.append([name, 2, _NOBODY, _NOBODY, self._placed(content), len(content)])
            else:
                entry: list[object] = [name, 1, _NOBODY, _NOBODY, 0, 0]
                self._entries.append(entry)
                entry[3] = self._children(content)
        for index, following in itertools.pairwise(indices):
            self._entries[index][2] = following
        return indices[0] if indices else _NOBODY

    def _placed(self, content: bytes) -> int:
        if len(content) >= _CUTOFF:
            return self._stored(content)
        if not content:
            return _END
        first = len(self._small) // _SMALL
        count = -(-len(content) // _SMALL)
        self._small += content.ljust(count * _SMALL, b"\x00")
        self._small_chain += [*range(first + 1, first + count), _END]
        return first

    def _stored(self, content: bytes, *, filler: bytes = b"\x00") -> int:
        if not content:
            return _END
        first, count = len(self._sectors), -(-len(content) // _SECTOR)
        padded = content.ljust(count * _SECTOR, filler)
        self._sectors += [padded[place : place + _SECTOR] for place in range(0, len(padded), _SECTOR)]
        self._chain += [*range(first + 1, first + count), _END]
        return first


def _entry(entry: Sequence[object]) -> bytes:
    name, kind, right, child, start, size = entry
    encoded = str(name).encode("utf-16-le")
    return struct.pack("<64sHBBIII16xI16xIQ", encoded, len(encoded) + 2, kind, 1, _NOBODY, right, child, 0, start, size)
