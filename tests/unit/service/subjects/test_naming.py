"""A person is found under every form of their name, and told apart from namesakes where the text does (R40)."""

import pytest

from service.subjects import Matcher, Subject


def _found(name: str, text: str) -> list[tuple[str, bool]]:
    matcher = Matcher(Subject(names=(name,)))
    return [(text[one.start : one.end], one.certain) for one in matcher.matches(text)]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Jürgen Müller", "Jürgen Müllers Akte", "Jürgen Müllers"),  # German genitive
        ("Jürgen Müller", "JUERGEN MUELLER", "JUERGEN MUELLER"),  # umlauts spelt out, capitals
        ("Jürgen Müller", "Jurgen Muller's file", "Jurgen Muller's"),  # accents lost, English genitive
        ("Jürgen Müller", "mit J. Müller besprochen", "J. Müller"),
        ("Jürgen Müller", "Dr. Jürg. Müller", "Jürg. Müller"),
        ("Jürgen Müller", "Müller, Jürgen", "Müller, Jürgen"),
        ("Jürgen Müller", "Müller J. war da", "Müller J"),
        ("Jürgen Müller", "| Müller | Jürgen | 3.000 |", "Müller | Jürgen"),  # a row of a table
        ("Jürgen Müller", "Jürgen Karl Müller", "Jürgen Karl Müller"),
        ("Jürgen Müller", "Vertrag_Müller_Jürgen.pdf", "Müller_Jürgen"),  # a file name
        ("Jürgen Müller", "Jürgen Mül-\nler kam", "Jürgen Mül-\nler"),  # broken at the end of a line
        ("Jürgen Müller", "Jürgen Mül- ler kam", "Jürgen Mül- ler"),  # the same, once the line is gone
        ("Jürgen Müller", "Jürgen Müller- und Weberakte", "Jürgen Müller"),
        ("Müller, Jürgen", "Jürgen Müller", "Jürgen Müller"),
        ("J. Müller", "Herr J. Müller", "J. Müller"),
        ("Hans-Peter Weber", "H.-P. Webers Antrag", "H.-P. Webers"),
        ("Jan Kowalski", "z Janem Kowalskim", "Janem Kowalskim"),  # Polish cases
        ("Jan Kowalski", "Jana Kowalskiego", "Jana Kowalskiego"),
        ("Anna Nowak", "umowa Anny Nowak", "Anny Nowak"),
        ("Jan van der Berg", "J. v.d. Berg", "J. v.d. Berg"),
        ("Liam O'Hara", "Liam O\u2019Hara\u2019s desk", "Liam O\u2019Hara\u2019s"),
        ("María García López", "Garcia Lopez, Maria", "Garcia Lopez, Maria"),
        ("Søren Ågård", "Soren Aagaard", "Soren Aagaard"),
    ],
)
def test_a_name_is_found_for_certain_in_each_of_its_forms(name: str, text: str, found: str) -> None:
    assert _found(name, text) == [(found, True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Herr Dr. Müller sagt", "Müller"),  # no given name
        ("Kollege Müllers Schreibtisch", "Müllers"),
        ("Jürgen M. wurde gehört", "Jürgen M"),
        ("Jürgen Müller-Lüdenscheidt", "Jürgen Müller"),  # a double name that nobody gave us
    ],
)
def test_what_may_be_somebody_else_is_possible_only(text: str, found: str) -> None:
    assert _found("Jürgen Müller", text) == [(found, False)]


@pytest.mark.parametrize(
    "text",
    [
        "Anna Müller unterschrieb",
        "A. Müller",
        "Müller, Anna",
        "Anna Müller, Jürgen Weber",  # a list: the given name behind the comma is the next person's
        "die Müllerei am Bach",
        "Jürgen Schmidt",
    ],
)
def test_a_namesake_that_the_text_tells_apart_is_not_found(text: str) -> None:
    assert [one for one in _found("Jürgen Müller", text) if one[1]] == []
    assert "Müller" not in str(_found("Jürgen Müller", text))


def test_a_family_name_alone_is_never_certain() -> None:
    assert _found("Müller", "Frau Müller kam") == [("Müller", False)]


def test_one_wrong_letter_resembles_a_name() -> None:
    matcher = Matcher(Subject(names=("Jürgen Müller",)))
    assert [one.certain for one in matcher.resembling("bei Jürgen Mülelr")] == [False]
    assert matcher.resembling("bei Jürgen Schulze") == ()
