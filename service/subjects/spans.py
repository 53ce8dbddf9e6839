"""A place in a text that was found, and how surely."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`text[start:end]`, in this `matching.Form`; `sure` unless something beside it speaks against it."""

    start: int
    end: int
    sure: bool
    form: str
