"""Headings speak for what is under them, in memory that a text of nothing but headings cannot exhaust."""

import tracemalloc

from ingestion.labelling.headings import Headings

_TEXT = "# One\n\nfirst text.\n\n## Two\n\nsecond text.\n\n# Three\n\nthird text.\n"


def _over(headings: Headings, line: str) -> tuple[str, ...]:
    place = _TEXT.index(line)
    return headings.over(place, place + len(line))


def test_places_may_be_asked_for_in_any_order() -> None:
    lines = ["first text", "second text", "third text"]
    fresh = [_over(Headings(_TEXT), line) for line in lines]
    asked_before = Headings(_TEXT)

    assert [_over(asked_before, line) for line in reversed(lines)] == fresh[::-1]
    assert fresh[0] == ("One",)


def test_a_text_of_nothing_but_headings_takes_memory_in_proportion() -> None:
    """R61: each of them has a hundred above it; a worker must not hold all of these at once."""
    text = "A\n" * 20_000
    tracemalloc.start()

    headings = Headings(text)
    over = headings.over(len(text) - 2, len(text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(over) > 100
    assert peak < 200 * len(text)
