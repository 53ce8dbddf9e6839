"""What a passage's surroundings add: text beyond its borders, the names of its columns, the marks over it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ingestion.labelling.columns import category_of, tells
from ingestion.labelling.marks import marks_of_line, marks_of_name
from ingestion.labelling.views import View, ViewWriter
from ingestion.passage import Passage
from ingestion.sensitivity import Category, Finding


def has_context(passage: Passage) -> bool:
    """Whether there is more to read than the text alone."""
    return bool(passage.before or passage.after or any(not cell.inline for cell in passage.cells))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text to look at, and where the passage's own text begins in what the view's spans count."""

    view: View
    offset: int


def alone(passage: Passage) -> Reading:
    """Return the text by itself."""
    return Reading(view=View.of(passage.text), offset=0)


def in_context(passage: Passage) -> Reading:
    """Return the text between its neighbours, each cell behind its column's name."""
    offset = len(passage.before)
    writer = ViewWriter(View.of(passage.before + passage.text + passage.after))
    names: dict[int, list[str]] = {}
    for cell in passage.cells:
        if not cell.inline and cell.start < cell.end:
            names.setdefault(cell.start, []).append(cell.column)
    for place, columns in sorted(names.items()):
        writer.copy_to(offset + place)
        writer.put(f"{', '.join(columns)}: {passage.text[place]}", offset + place + 1)
    return Reading(view=writer.view(), offset=offset)


def inside(passage: Passage, reading: Reading, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings that reach into the passage's text, clipped to it and in its own offsets."""
    for finding in findings:
        if finding.start < finding.end:
            start, end = reading.view.span(finding.start, finding.end)
            start, end = max(start - reading.offset, 0), min(end - reading.offset, len(passage.text))
            if start < end:
                yield replace(finding, start=start, end=end)


def of_columns(passage: Passage) -> Iterator[Finding]:
    """Yield a finding per cell whose column's name says what it holds."""
    for cell in passage.cells:
        category = category_of(cell.column)
        if category and tells(category, passage.text[cell.start : cell.end]):
            yield Finding(
                category=category,
                kind="sensitive_column",
                start=cell.start,
                end=cell.end,
                confidence=0.8,
                detector="columns",
            )


def of_marks(passage: Passage) -> Iterator[Finding]:
    """Yield a finding over all of the text per mark that its document carries, wherever it carries it."""
    categories: set[Category] = set()
    categories.update(*map(marks_of_name, passage.name), *map(marks_of_line, passage.over))
    for category in sorted(categories):
        yield Finding(
            category=category,
            kind="document_marker",
            start=0,
            end=len(passage.text),
            confidence=0.7,
            detector="document",
        )
