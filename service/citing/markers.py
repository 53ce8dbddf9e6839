"""The markers by which an answer cites, such as [1] or [1, 3]: read, and taken out where nothing stands behind them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.citing.quotations import Span

_WORDS = r"(?:(?:sources?|quellen?|fuentes?|documents?|docs?)\s*)?#?"
_NUMBERS = r"\d{1,3}(?:\s*[,;]\s*\d{1,3})*"
_MARKER = rf"\[\s*{_WORDS}{_NUMBERS}\s*\]"
_RUN = re.compile(rf"{_MARKER}(?:[ \t]*{_MARKER})*", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}")
_ONE = re.compile(_MARKER, re.IGNORECASE)
_AROUND = re.compile(rf"\[(?:[^\[\]]*{_MARKER})+[^\[\]]*\]", re.IGNORECASE)


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
        yield Group(*run.span(), tuple(dict.fromkeys(map(int, _NUMBER.findall(run[0])))))


def unnested(text: str) -> str:
    """Return the text, as long as it was, in which taking markers out makes no new one of what stood around them.

    Brackets as in `[9[99]9]` would become `[99]`: they are written `(9[99]9)`.
    """
    return _AROUND.sub(_parenthesised, text)


def _parenthesised(around: re.Match[str]) -> str:
    left = "".join(_ONE.sub("", around[0]).split())
    return f"({around[0][1:-1]})" if _ONE.fullmatch(left) else around[0]


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
        start, end, new = _replacement(text, group, numbers)
        pieces += [text[place:start], new]
        cuts.append((start, end, len(new)))
        place = end
    pieces.append(text[place:])
    return "".join(pieces), lambda position: _moved(position, cuts)


def _replacement(text: str, group: Group, numbers: tuple[int, ...]) -> tuple[int, int, str]:
    """Return what is replaced, from and to, and by what. A group that goes takes the space on one side along."""
    if numbers == group.numbers:
        return group.start, group.end, text[group.start : group.end]
    if numbers:
        return group.start, group.end, "".join(f"[{number}]" for number in numbers)
    before = len(text[: group.start].rstrip(" \t"))
    if before and text[before - 1] != "\n":
        return before, group.end, ""
    return group.start, len(text) - len(text[group.end :].lstrip(" \t")), ""


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
