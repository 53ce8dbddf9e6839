"""Which numbers of a source's things a run has met: a bit each, packed for the run's row."""

import zlib


class Marked:
    """Numbers from 1 on. A hundred thousand of them take 12 kB, ten million a little more than 1 MB."""

    def __init__(self, packed: bytes = b"") -> None:
        self._bits = bytearray(zlib.decompress(packed)) if packed else bytearray()

    def add(self, number: int) -> None:
        """Mark a number."""
        place, bit = divmod(number, 8)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        self._bits[place] |= 1 << bit

    def __contains__(self, number: int) -> bool:
        """Whether a number is marked."""
        place, bit = divmod(number, 8)
        return place < len(self._bits) and bool(self._bits[place] >> bit & 1)

    def packed(self) -> bytes:
        """Return the marks for the run's row."""
        return zlib.compress(bytes(self._bits), 1) if self._bits else b""
