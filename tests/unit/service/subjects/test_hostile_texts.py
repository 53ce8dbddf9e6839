"""A text cannot make the search for a person slow, whatever it says: the work grows with its length (R40).

Counted are the calls of Python functions, which are the same on every machine; where a regular expression works, its
bound is shown by what it finds.
"""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from service.amending.editing import Wording, redacted
from service.subjects import Matcher, Subject
from service.subjects.identifiers import EMAIL

NAMED = Subject(names=("Jürgen Müller",))
ADDRESS = "anna.schmidt@example.org"
HOSTILE = {
    "nothing but the family name": (NAMED, "Müller "),
    "nothing but the family name, joined": (NAMED, "Müller-"),
    "nothing but the family name, underscored": (NAMED, "Müller_"),
    "nothing but the name": (NAMED, "Jürgen Müller, "),
    "nothing but the address": (Subject(identifiers=(ADDRESS,)), f"{ADDRESS} "),
    "nothing but one letter": (Subject(identifiers=("a" * 20,)), "a" * 8),
}


def calls(work: Callable[[], object]) -> int:
    """Return how many functions the work calls."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(("subject", "piece"), HOSTILE.values(), ids=HOSTILE)
def test_twice_the_text_takes_no_more_than_about_twice_the_work(subject: Subject, piece: str) -> None:
    matcher = Matcher(subject)
    matcher.matches(piece * 3)  # what is remembered of single words is no work any more
    once, twice = (calls(partial(matcher.matches, piece * times)) for times in (400, 800))
    assert once > 0
    assert twice < 3 * once


def test_a_list_of_nothing_but_namesakes_is_not_one_name() -> None:
    matches = Matcher(NAMED).matches("Müller " * 1_000)
    assert max(match.end - match.start for match in matches) < 20 * len("Müller ")


def test_every_namesake_of_a_long_list_is_taken_out() -> None:
    wording = Wording(text="Müller " * 1_000, title="List", file_name="list.txt", external_id=None, note=None)
    done, places = redacted(wording, NAMED)
    assert "Müller" not in done.text
    assert places > 0


def test_a_run_of_signs_before_an_at_sign_is_read_64_signs_back_and_no_further() -> None:
    found = EMAIL.search("a" * 10_000 + "@example.org")
    assert found is not None
    assert found.group() == "a" * 64 + "@example.org"
