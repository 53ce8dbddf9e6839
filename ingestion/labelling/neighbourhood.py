"""Chunks to passages: each with the text beside it, what stands over it, and the columns of its table."""

from collections.abc import Callable, Iterator, Sequence

from ingestion.document import Chunk
from ingestion.labelling.headings import Headings, first_lines, running_lines
from ingestion.labelling.tables import PlacedCell, cells_of, may_be_rows
from ingestion.passage import Cell, Passage

REACH = 200
"""Characters of a neighbour that are read with a chunk: longer than a name, a number, or the words that tell of one."""


def passages_of(chunks: Sequence[Chunk], *, title: str | None, file_name: str | None) -> tuple[Passage, ...]:
    """Return one passage per chunk of a document, given all its chunks in order."""
    lines, places = _document_text(chunks, lambda _, __: "\n")
    running, _ = _document_text(chunks, lambda _, __: " ")
    rows, _ = _document_text(chunks, lambda above, below: "\n" if may_be_rows(above, below) else " ")
    headings = Headings(lines)
    name = tuple(dict.fromkeys(one for one in (title, file_name) if one))
    everywhere = (*first_lines(lines), *running_lines(lines))
    cells = _cells_per_chunk(places, cells_of(rows))
    return tuple(
        Passage(
            text=chunk.text,
            before=_from_a_blank(running, start),
            after=_to_a_blank(running, end),
            name=name,
            over=tuple(dict.fromkeys((*everywhere, *headings.over(start, end)))),
            cells=inside,
        )
        for chunk, (start, end), inside in zip(chunks, places, cells, strict=True)
    )


def _document_text(chunks: Sequence[Chunk], gap: Callable[[str, str], str]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text that the chunks were cut from, and where each lies in it.

    Only white space lies between chunks that do not overlap. What it was nobody knows any more: one character is
    taken for the `gap` between what is above and below, which need not be the same for names and for lines; more
    are the end of a paragraph.
    """
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    length, reached = 0, 0
    for chunk in chunks:
        missing = chunk.start - reached if pieces else 0
        known = max(-missing, 0)
        between = "" if missing <= 0 else "\n\n" if missing > 1 else gap(pieces[-1], chunk.text)
        start = length + len(between) - known
        new = chunk.text[known:]
        pieces += (between, new)
        length += len(between) + len(new)
        reached = max(reached, chunk.end)
        places.append((start, start + len(chunk.text)))
    return "".join(pieces), places


def _from_a_blank(text: str, end: int) -> str:
    """Return what stands before `end`, beginning with a whole word where there is one within reach."""
    start = max(end - REACH, 0)
    if start and not text[start - 1].isspace():
        blank = next((place for place in range(start, end) if text[place].isspace()), start)
        start = blank
    return text[start:end]


def _to_a_blank(text: str, start: int) -> str:
    end = min(start + REACH, len(text))
    if end < len(text) and not text[end].isspace():
        end = next((place for place in range(end, start, -1) if text[place - 1].isspace()), end)
    return text[start:end]


def _cells_per_chunk(places: Sequence[tuple[int, int]], cells: Iterator[PlacedCell]) -> Iterator[tuple[Cell, ...]]:
    """Yield the cells that each chunk touches, in its own offsets and clipped to it."""
    open_: list[PlacedCell] = []
    following = next(cells, None)
    for start, end in places:
        while following is not None and following.start < end:
            open_.append(following)
            following = next(cells, None)
        open_ = [cell for cell in open_ if cell.end > start]
        touched = (cell for cell in open_ if cell.start < end)
        yield tuple(
            Cell(
                start=max(cell.start - start, 0),
                end=min(cell.end, end) - start,
                column=cell.column,
                inline=cell.inline and cell.start >= start,
            )
            for cell in touched
        )
