"""Which of several replicas is asked next: the least busy one alive."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One replica: how many answers it is making, and whether it may be asked."""

    outstanding: int
    alive: bool


def chosen(candidates: Sequence[Candidate], *, without: Collection[int] = frozenset()) -> int | None:
    """Return the place of the least busy one alive that is not in `without`, the first of equals; None if none is."""
    places = [place for place, one in enumerate(candidates) if one.alive and place not in without]
    return min(places, key=lambda place: (candidates[place].outstanding, place), default=None)
