"""Citations name only sources that were in the prompt."""

from hypothesis import given
from hypothesis import strategies as st

from service.citing import cited, quoted

SOURCES = ["Visitors park on the lower level of the garage.", "Lunch is served from noon until two."]


def test_a_marker_of_a_shown_source_is_a_citation() -> None:
    found = cited("You can park in the garage [1].", SOURCES)
    assert found.numbers == (1,)
    assert found.text == "You can park in the garage [1]."


def test_a_marker_of_a_source_that_was_not_shown_is_dropped() -> None:
    found = cited("You can park anywhere [7][1].", SOURCES)
    assert found.numbers == (1,)
    assert "[7]" not in found.text


def test_a_marker_inside_another_leaves_none_behind() -> None:
    """R20: a model that wants to cite what it was not shown may nest its markers."""
    assert cited("Anywhere [9[99]9].", SOURCES).text == "Anywhere ."


def test_without_markers_the_source_that_holds_the_words_is_credited() -> None:
    assert cited("Lunch is served from noon.", SOURCES).numbers == (2,)


def test_without_markers_an_unsupported_answer_cites_nothing() -> None:
    assert cited("The moon is made of green cheese.", SOURCES).numbers == ()


@given(answer=st.text(max_size=200), count=st.integers(min_value=0, max_value=5))
def test_every_cited_number_was_in_the_prompt(answer: str, count: int) -> None:
    numbers = cited(answer, ["some words here"] * count).numbers
    assert all(1 <= number <= count for number in numbers)


def test_quotes_come_word_for_word_from_the_sources() -> None:
    found = quoted("Where do visitors park?", SOURCES)
    assert "Visitors park on the lower level of the garage." in found.text
    assert found.numbers == (1, 2)


def test_quotes_of_nothing_are_nothing() -> None:
    assert quoted("Where?", []).numbers == ()
