"""The markers by which an answer cites, such as [1] or [1, 3]: read, and taken out where nothing stands behind them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.citing.quotations import Span

_MARKER = re.compile(
    r"\[\s*(?:(?:sources?|quellen?|fuentes?|documents?|docs?)\s*)?#?(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]", re.IGNORECASE
)
_RUN = re.compile(rf"(?:{_MARKER.pattern.replace('(', '(?:').replace('(?:?:', '(?:')}[ \t]*)+", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}")


@dataclass(frozen=True, slots=True)
class Group:
    """Markers that stand side by side: where, and the numbers that they name, each once."""

    start: int
    end: int
    numbers: tuple[int, ...]


def groups(text: str) -> tuple[Group, ...]:
    """Return the groups of markers in a text, in order."""
    return tuple(_groups(text))


def _groups(text: str) -> Iterator[Group]:
    for run in _RUN.finditer(text):
        end = run.start() + len(run[0].rstrip())
        named = _NUMBER.findall("".join(marker[1] + " " for marker in _MARKER.finditer(run[0])))
        yield Group(run.start(), end, tuple(dict.fromkeys(map(int, named))))


def blanked(text: str) -> str:
    """Return the text with spaces for its markers: every character keeps its place."""
    for group in groups(text):
        text = text[: group.start] + " " * (group.end - group.start) + text[group.end :]
    return text


def rewritten(text: str, kept: dict[Group, tuple[int, ...]]) -> tuple[str, Callable[[int], int]]:
    """Return the text with only the kept numbers in each group, and a function from old to new positions."""
    pieces: list[str] = []
    cuts: list[tuple[int, int, int]] = []
    place = 0
    for group, numbers in kept.items():
        start, new = _replacement(text, group, numbers)
        pieces += [text[place:start], new]
        cuts.append((start, group.end, len(new)))
        place = group.end
    pieces.append(text[place:])
    return "".join(pieces), lambda position: _moved(position, cuts)


def _replacement(text: str, group: Group, numbers: tuple[int, ...]) -> tuple[int, str]:
    """Return where the change begins, and what stands there then. A group that goes takes the space before it along."""
    if numbers == group.numbers:
        return group.start, text[group.start : group.end]
    if numbers:
        return group.start, "".join(f"[{number}]" for number in numbers)
    before = text[: group.start].rstrip(" \t")
    return len(before), ""


def _moved(position: int, cuts: list[tuple[int, int, int]]) -> int:
    shift = 0
    for start, end, length in cuts:
        if position <= start:
            break
        if position < end:
            return start + shift + min(length, position - start)
        shift += length - (end - start)
    return position + shift


def inside(group: Group, span: Span) -> bool:
    """Whether the group lies in the span."""
    return span[0] <= group.start < span[1]
