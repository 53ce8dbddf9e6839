"""Tables in canonical text: which cells lie where, under which column names, however far above those stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice

_LINE = re.compile(r"[^\n]+|\n(?=\n)")
_RULE = re.compile(r"^[\s|:+=\-]*-[\s|:+=\-]*$")
_NAMED = re.compile(r"^([^:|]{1,80}): (?=\S)")
_HEADER_WITHIN = 3
"""A title or a merged cell may stand above the names."""
_LONGEST_NAME = 60
_MOST_WORDS = 6
_FEWEST_COMMAS = 2
_LOOK_AHEAD = 20
_MOST_HEADERS = 3
_FEWEST_ROWS = {"|": 1, "\t": 2, ";": 3, ",": 3}
"""Sentences have commas, too; three lines with equally many under one of bare names are a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCell:
    """A cell in the offsets of the document's text."""

    start: int
    end: int
    column: str
    inline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    block: int
    """How many blank lines stand above it in the text."""
    delimiter: str
    cells: tuple[tuple[int, int, str], ...]
    """Start, end and value of each, without the blanks around it."""

    @property
    def shape(self) -> tuple[int, str, int]:
        """What rows side by side have in common; between bars a row may lack cells."""
        return self.block, self.delimiter, len(self.cells) if self.delimiter != "|" else 0

    @property
    def named(self) -> bool:
        """Whether every cell carries its column's name, as our own parsers write rows."""
        return self.delimiter == "|" and all(_NAMED.match(value) for _, _, value in self.cells)


def cells_of(text: str) -> Iterator[PlacedCell]:
    """Yield every cell that has a name, row by row, in time and memory linear in the text.

    A block of rows behind a blank line may go on with the table above it or be a new one, and its first row may
    be names or values. Nothing tells, so that its cells are under the names of both.
    """
    headers: tuple[tuple[str, ...], ...] = ()
    for shape, lines in groupby(_rows(text), key=lambda row: row.shape if row else None):
        rows = (row for row in lines if row is not None)
        first = tuple(islice(rows, _LOOK_AHEAD))
        if not shape or not (len(first) >= _FEWEST_ROWS[first[0].delimiter] or first[0].named or headers):
            headers = ()
            continue
        headers = tuple(names for names in headers if len(names) == len(first[0].cells))[-_MOST_HEADERS:]
        header = _header_index(first)
        for index, row in enumerate(chain(first, rows)):
            yield from _cells(row, headers)
            if index == header:
                headers = (*headers, tuple(value for _, _, value in row.cells))


def may_be_rows(above: str, below: str) -> bool:
    """Whether one text ends and the next begins with rows of one table, as far as their borders tell."""
    last, first = (_row(line, 0) for line in (above.rpartition("\n")[2], below.partition("\n")[0]))
    return (
        last is not None
        and first is not None
        and (last.delimiter, len(last.cells)) == (first.delimiter, len(first.cells))
    )


def _cells(row: _Row, headers: Sequence[tuple[str, ...]]) -> Iterator[PlacedCell]:
    """Yield a row's cells under the names they carry themselves, else under those of every header in force."""
    if row.named:
        yield from _named_cells(row)
    else:
        for names in headers:
            yield from _placed(row, names)


def _header_index(rows: Sequence[_Row]) -> int | None:
    width = max(len(row.cells) for row in rows)
    within = rows[: max(min(_HEADER_WITHIN, len(rows) - 1), 1)]
    return next((index for index, row in enumerate(within) if _is_header(row, width)), None)


def _placed(row: _Row, names: tuple[str, ...]) -> Iterator[PlacedCell]:
    for (start, end, _), name in zip(row.cells, names, strict=False):
        if start < end:
            yield PlacedCell(start=start, end=end, column=name, inline=False)


def _named_cells(row: _Row) -> Iterator[PlacedCell]:
    for start, end, value in row.cells:
        name = _NAMED.match(value)
        if name:
            yield PlacedCell(start=start + name.end(), end=end, column=name[1], inline=True)


def _is_header(row: _Row, width: int) -> bool:
    values = [value for _, _, value in row.cells if value]
    return len(row.cells) == width and len(set(values)) == len(values) > 1 and all(map(_is_name, values))


def _is_name(value: str) -> bool:
    letters = sum(map(str.isalpha, value))
    return (
        len(value) <= _LONGEST_NAME
        and len(value.split()) <= _MOST_WORDS
        and "@" not in value
        and letters * 2 > len(value)
        and ": " not in value
    )


def _rows(text: str) -> Iterator[_Row | None]:
    """Yield each line as a row, None where it is none, and nothing for the rules that are drawn between rows."""
    block = 0
    for line in _LINE.finditer(text):
        content = line.group()
        if not content.strip():
            block += 1
        elif not _RULE.match(content):
            yield _row(content, line.start(), block)


def _row(line: str, offset: int, block: int = 0) -> _Row | None:
    delimiter = _delimiter(line)
    if not delimiter:
        return None
    start, end = 0, len(line)
    if delimiter == "|":  # Markdown draws the outer borders, too
        start = len(line) - len(line.lstrip(" |"))
        end = len(line.rstrip(" |"))
    cells: list[tuple[int, int, str]] = []
    for piece in line[start:end].split(delimiter):
        value = piece.strip().strip('"')
        first = offset + start + (piece.index(value) if value else 0)
        cells.append((first, first + len(value), value))
        start += len(piece) + 1
    return _Row(block=block, delimiter=delimiter, cells=tuple(cells))


def _delimiter(line: str) -> str:
    if "|" in line.strip(" |"):
        return "|"
    if "\t" in line.strip():
        return "\t"
    return next((one for one in ";," if line.count(one) >= _FEWEST_COMMAS), "")
