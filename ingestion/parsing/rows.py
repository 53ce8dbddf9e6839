"""Rows of a table to lines that keep their meaning when they are read alone: `Name: X | IBAN: Y`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest

_LOOK_AHEAD = 20
_MAX_HEADER = 80


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield one line per row that is not empty, each value behind its column's name where there is one.

    The header is the first row, among the first few, that looks like names and is about as wide as the
    widest of them; what stands above it is rendered as it is.
    """
    remaining = iter(rows)
    first = [[_one_line(cell) for cell in row] for row in islice(remaining, _LOOK_AHEAD)]
    at = _header_index(first)
    names: Sequence[str] = ()
    for index, row in enumerate(chain(first, remaining)):
        cells = row if index < len(first) else [_one_line(cell) for cell in row]
        line = " | ".join(_named(cells, names))
        if line:
            yield line
        if index == at:
            names = cells


def _header_index(rows: list[list[str]]) -> int | None:
    width = max((sum(map(bool, row)) for row in rows), default=0)
    for index, row in enumerate(rows[:-1]):
        filled = [cell for cell in row if cell]
        if len(filled) * 2 > width > 1 and len(set(filled)) == len(filled) and all(map(_is_name, filled)):
            return index
    return None


def _is_name(cell: str) -> bool:
    return len(cell) <= _MAX_HEADER and "@" not in cell and any(map(str.isalpha, cell))


def _named(cells: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    for cell, name in zip_longest(cells, names[: len(cells)], fillvalue=""):
        if cell:
            yield f"{name}: {cell}" if name else cell


def _one_line(cell: str) -> str:
    return " ".join(cell.split())
