"""A quotation is found word for word, whatever typesetting did to it, and only then (R13)."""

# ruff: noqa: RUF001 - typographic signs are what is tested

import pytest

from service.citing.locating import Folded, located

CHUNK = "Bicycles may be left in the court-\nyard.  It’s “free”: full-time staff pay 1.50 € – visitors don't."


@pytest.mark.parametrize(
    ("quotation", "words"),
    [
        ("Bicycles may be left", "Bicycles may be left"),
        ("bicycles MAY be\nleft", "Bicycles may be left"),
        ("left in the courtyard", "left in the court-\nyard"),
        ('It\'s "free"', "It’s “free"),
        ("full time staff", "full-time staff"),
        ("pay 1.50€", "pay 1.50 €"),
    ],
)
def test_white_space_case_quotation_marks_and_hyphens_do_not_matter(quotation: str, words: str) -> None:
    ((start, end),) = located(quotation, Folded.of(CHUNK))
    assert CHUNK[start:end] == words


@pytest.mark.parametrize(
    "quotation",
    [
        "Bicycles must be left",  # another word
        "icycles may be left",  # cut inside a word
        "may be lef",
        "pay 150 €",  # a point that is a number
        "pay 1.50 $",
        "visitors … Bicycles",  # in another order
        "",
        "…",
    ],
)
def test_what_was_changed_is_not_found(quotation: str) -> None:
    assert located(quotation, Folded.of(CHUNK)) == ()


def test_an_ellipsis_leaves_words_out() -> None:
    spans = located("Bicycles … in the courtyard", Folded.of(CHUNK))
    assert [CHUNK[start:end] for start, end in spans] == ["Bicycles", "in the court-\nyard"]


def test_accents_composed_or_not_are_the_same() -> None:
    assert located("café ouvert", Folded.of("Le cafe\u0301 ouvert"))
