"""A chunk where it stands: with what is written beside it, above it, and over the columns of its table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A table cell, at `text[start:end]` of its passage, and what its column is called.

    `inline` says that the name stands in the passage in front of the value, so that nobody has to add it.
    """

    start: int
    end: int
    column: str
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk's text and what its document says around it. Alone it is a text without any neighbourhood.

    `before` and `after` adjoin the text. `name` is the title and the file name; `over` are the lines that
    speak for everything under them: headings, the document's first lines, running headers and footers.
    """

    text: str
    before: str = ""
    after: str = ""
    name: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
