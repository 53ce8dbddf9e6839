"""What stands over a place in a document: its headings, its first lines, its running headers and footers."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

_LONGEST = 120
_FIRST_LINES = 6
_RUNNING = 3
"""A line that comes back this often, but for its numbers, is a header or footer."""
_MOST_RUNNING = 50
_SAME_HEADING = 300
"""Lines of one heading (a memo's mark, its `TO`, its `RE`) stand closer than this; none ends what another began."""
_ATX = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$")
_UNDERLINE = re.compile(r"^(=+|-+)\s*$")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?[ \t]+(?=\S*[A-Za-z\u00c0-\u024f])(.{2,90})$")
_ENDS_SENTENCE = re.compile(r"[.!?;,]$")
_DIGITS = re.compile(r"\d+")
_SHOUTED = 7
_PLAIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A line over a stretch of text; 1 is the highest level."""

    start: int
    level: int
    text: str


class Headings:
    """The headings of one text, and which of them speak for a place in it.

    What is in force is worked out on the way down and not kept: of a text of nothing but headings every one has a
    hundred above it. Places are asked for in order; going back begins anew.
    """

    def __init__(self, text: str) -> None:
        self._headings = tuple(_headings(text))
        self._starts = [heading.start for heading in self._headings]
        self._reached = 0
        self._in_force = iter(_in_force(self._headings))
        self._now: tuple[str, ...] = ()

    def over(self, start: int, end: int) -> tuple[str, ...]:
        """Return what stands over `text[start:end]`: headings in force where it begins, and those inside it."""
        first = bisect_right(self._starts, start)
        last = bisect_right(self._starts, end)
        inside = (heading.text for heading in self._headings[first:last])
        return (*self._above(first), *inside)

    def _above(self, count: int) -> tuple[str, ...]:
        """Return what is in force behind the first `count` headings."""
        if count < self._reached:
            self._reached, self._in_force, self._now = 0, iter(_in_force(self._headings)), ()
        for now in islice(self._in_force, count - self._reached):
            self._now = now
        self._reached = count
        return self._now


def first_lines(text: str) -> tuple[str, ...]:
    """Return the short lines with which a document begins."""
    found: list[str] = []
    for line in text[: _FIRST_LINES * _LONGEST * 2].split("\n"):
        stripped = line.strip()
        if len(stripped) > _LONGEST or len(found) == _FIRST_LINES:
            break
        if stripped:
            found.append(stripped)
    return tuple(found)


def running_lines(text: str) -> tuple[str, ...]:
    """Return the short lines that come back again and again."""
    counts = Counter(
        _DIGITS.sub("", stripped)
        for line in text.split("\n")
        if len(line) <= _LONGEST and any(map(str.isalpha, stripped := line.strip()))
    )
    return tuple(line for line, count in counts.most_common(_MOST_RUNNING) if count >= _RUNNING)


def _in_force(headings: Sequence[Heading]) -> Iterator[tuple[str, ...]]:
    """Yield, per heading, itself and those above it. A deeper or equal one ends where the next heading begins."""
    open_: list[Heading] = []
    for heading in headings:
        open_ = [one for one in open_ if one.level < heading.level or heading.start - one.start < _SAME_HEADING]
        open_.append(heading)
        yield tuple(one.text for one in open_)


def _headings(text: str) -> Iterator[Heading]:
    offset = 0
    lines = ["", *text.split("\n"), ""]
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        start, offset = offset, offset + len(line) + 1
        heading = _heading(before.strip(), line.strip(), after.strip())
        if heading:
            yield Heading(start=start, level=heading[0], text=heading[1])


def _heading(before: str, line: str, after: str) -> tuple[int, str] | None:
    """Return level and text where a line is a heading: marked as one, numbered, shouted, or alone and short."""
    if not line or len(line) > _LONGEST:
        return None
    marked = _ATX.match(line)
    if marked:
        return len(marked[1]), marked[2]
    if not any(map(str.isalpha, line)) or "|" in line:
        return None
    return _unmarked(before, line, after)


def _unmarked(before: str, line: str, after: str) -> tuple[int, str] | None:
    """Return level and text of a heading that only its place or its letters tell of."""
    if len(after) > 1 and _UNDERLINE.match(after):
        return (1 if after[0] == "=" else 2), line
    numbered = _NUMBERED.match(line)
    if numbered and not _ENDS_SENTENCE.search(line):
        return 2 + numbered[1].count("."), line
    if line.isupper():
        return _SHOUTED, line
    alone = not before and not after and not _ENDS_SENTENCE.search(line)
    return (_PLAIN, line) if alone else None
