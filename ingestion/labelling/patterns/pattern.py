"""A Pattern: a shape that is cheap to look for, and what must hold for a match to be a finding."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import re2

from ingestion.sensitivity import Category

_BEFORE = 70
_AFTER = 40


@cache
def compiled(shape: str) -> Any:  # noqa: ANN401 - re2 ships no types
    """Return the compiled expression; expressions are compiled once per process."""
    return re2.compile(shape)


def words(alternatives: str) -> str:
    """Return an expression for any of these words, ignoring case; `|` separates, whole words only."""
    return rf"(?i)\b(?:{alternatives})\b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One kind of thing to find. `near` must be found around a match; `unless` must not be.

    A match's value is its first group, or all of it. Everything runs on folded, ASCII text.
    """

    kind: str
    category: Category
    shape: str
    valid: Callable[[str], bool] | None = None
    near: str | None = None
    unless: str | None = None
    context: Callable[[str, str], bool] | None = None
    """What the text before a match and the text after it must fulfil, where single words do not tell."""
    confidence: float = 0.9
    before_only: bool = False
    reversible: bool = field(default=False)
    """Whether the proof is strong enough to look for it in text read backwards, too."""

    def proves(self, text: str, start: int, end: int) -> bool:
        """Whether `text[start:end]`, a match, is a finding."""
        if not self._fits(text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]):
            return False
        return self.valid is None or self.valid(text[start:end])

    def _fits(self, before: str, after: str) -> bool:
        around = before if self.before_only else f"{before} \x00 {after}"
        if self.near and not compiled(self.near).search(around):
            return False
        if self.unless and compiled(self.unless).search(around):
            return False
        return self.context is None or self.context(before, after)


def nearest(before: str, expression: str) -> int:
    """Return where the last match of an expression in the text before a value ends; -1 without one."""
    return max((match.end() for match in compiled(expression).finditer(before)), default=-1)
