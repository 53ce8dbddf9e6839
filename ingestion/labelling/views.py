"""A View is a rewritten text that still knows where each of its characters stood in the original."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A text with, per character, the half-open span of the original that it came from."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "View":
        """Return the view that changes nothing."""
        return cls(text=text, starts=range(len(text)), ends=range(1, len(text) + 1))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of `text[start:end]`, whichever way the view runs. `start < end`."""
        first, last = start, end - 1
        return min(self.starts[first], self.starts[last]), max(self.ends[first], self.ends[last])

    def backwards(self) -> "View":
        """Return the view read from its end to its beginning."""
        return View(text=self.text[::-1], starts=self.starts[::-1], ends=self.ends[::-1])


class ViewWriter:
    """Writes a view derived from another one: copied stretches, and stretches put in place of others."""

    def __init__(self, source: View) -> None:
        self._source = source
        self._pieces: list[str] = []
        self._starts = array("Q")
        self._ends = array("Q")
        self._read = 0

    def copy_to(self, end: int) -> None:
        """Copy the source from where reading stands up to `end`."""
        self._pieces.append(self._source.text[self._read : end])
        self._starts.extend(self._source.starts[self._read : end])
        self._ends.extend(self._source.ends[self._read : end])
        self._read = end

    def put(self, text: str, end: int) -> None:
        """Write `text` in place of the source from where reading stands up to `end`."""
        if end > self._read and text:
            first, last = self._source.span(self._read, end)
            self._pieces.append(text)
            self._starts.extend(repeat(first, len(text)))
            self._ends.extend(repeat(last, len(text)))
        self._read = end

    def put_each(self, replace: Callable[[str], str], end: int) -> None:
        """Write each character up to `end` as what `replace` makes of it: none, one or several characters."""
        stretch = slice(self._read, end)
        replaced = [replace(character) for character in self._source.text[stretch]]
        self._pieces.extend(replaced)
        for written, read in ((self._starts, self._source.starts), (self._ends, self._source.ends)):
            written.extend(at for at, piece in zip(read[stretch], replaced, strict=True) for _ in piece)
        self._read = end

    def view(self) -> View:
        """Return what was written, with the rest of the source copied."""
        self.copy_to(len(self._source.text))
        return View(text="".join(self._pieces), starts=self._starts, ends=self._ends)
