"""Values are hidden in every spelling, and come back to the character, however the text is cut (R14)."""

import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy.redaction import Mapping, Restorer, Value, redacted

JANE = Value(kind="PERSON", spelled="Jane Doerksen")
MAIL = Value(kind="EMAIL", spelled="jane.doerksen@northwind.test")
PHONE = Value(kind="PHONE", spelled="+1 (555) 123-4567")
LI = Value(kind="PERSON", spelled="Li Müller")
VALUES = (JANE, MAIL, PHONE, LI)


def ordinary(word: str) -> bool:
    return word in {"test", "house", "will", "young"}


def hidden(text: str, *values: Value) -> str:
    (after,), _ = redacted([text], values, common=ordinary)
    return after


def restored(mapping: Mapping, text: str, cuts: list[int] | None = None) -> str:
    restorer, said, read = Restorer(mapping), "", 0
    for length in cuts or ():
        said += restorer.feed(text[read : read + length])
        read += length
    return said + restorer.feed(text[read:]) + restorer.finish()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        pytest.param("Ask Jane Doerksen.", "Ask [PERSON_1].", id="as it was found"),
        pytest.param("ask JANE  DOERKSEN", "ask [PERSON_1]", id="another case and spacing"),
        pytest.param("Doerksen's house", "[PERSON_1]'s house", id="the surname alone"),
        pytest.param("Doerksens Haus", "[PERSON_1]s Haus", id="an ending"),
        pytest.param("Ja\u200bne wrote", "[PERSON_1] wrote", id="an invisible character"),
        pytest.param("J\u0430ne wrote", "[PERSON_1] wrote", id="a look-alike"),
        pytest.param("Jáne wrote", "[PERSON_1] wrote", id="an accent"),
        pytest.param("Frau Muller", "Frau [PERSON_1]", id="without its umlaut"),
        pytest.param("Li came, Lima did not", "[PERSON_1] came, Lima did not", id="a short name is a word of its own"),
        pytest.param("Call 5551234567", "Call [PHONE_1]", id="digits without signs"),
        pytest.param("Call 555 123 4567", "Call [PHONE_1]", id="digits with other signs"),
        pytest.param("Call 0015551234567", "Call [PHONE_1]", id="digits with another prefix"),
        pytest.param("extension 4567", "extension [PHONE_1]", id="the end of a number"),
        pytest.param("write to jane.doerksen@northwind.test", "write to [EMAIL_1]", id="a mailbox"),
        pytest.param("northwind and test", "[EMAIL_1] and test", id="a piece of it, but no ordinary word"),
        pytest.param("nothing of theirs in 2024", "nothing of theirs in 2024", id="nothing"),
    ],
)
def test_a_value_is_hidden_in_every_spelling(text: str, after: str) -> None:
    assert hidden(text, *VALUES) == after


def test_one_value_has_one_number_and_a_letter_for_each_other_spelling() -> None:
    after = hidden("Jane Doerksen, Doerksen, Jane Doerksen, DOERKSEN", JANE)
    assert after == "[PERSON_1], [PERSON_1B], [PERSON_1], [PERSON_1C]"


def test_the_same_value_has_the_same_placeholder_in_every_text_of_a_prompt() -> None:
    texts, _ = redacted(["Jane Doerksen called.", "Who is Jane Doerksen?"], VALUES, common=ordinary)
    assert texts == ("[PERSON_1] called.", "Who is [PERSON_1]?")


def test_a_name_that_is_an_ordinary_word_is_hidden_only_as_it_is_written() -> None:
    will = Value(kind="PERSON", spelled="Will Young")
    assert hidden("Will will ask the young.", will) == "[PERSON_1] will ask the young."


def test_a_placeholder_that_a_text_spells_out_itself_is_never_given_out() -> None:
    assert hidden("[PERSON_1] and person 2 met Jane Doerksen", JANE) == "[PERSON_1] and person 2 met [PERSON_3]"


@pytest.mark.parametrize(
    "written",
    ["[PERSON_1]", "[Person_1]", "[PERSON 1]", "[ PERSON_1 ]", "[PERSON-1]", "[PERSON1]", r"\[PERSON\_1\]", "PERSON_1"],
)
def test_a_placeholder_is_restored_however_a_model_writes_it(written: str) -> None:
    _, mapping = redacted(["Jane Doerksen"], [JANE], common=ordinary)
    for size in range(1, 5):
        text = f"It was {written}, she said."
        assert restored(mapping, text, [size] * len(text)) == "It was Jane Doerksen, she said."


@pytest.mark.parametrize("text", ["[PERSON_2]", "[EMAIL_1]", "[PERSON_1B]", "PERSON_12", "person 1", "[1] [PERSON_"])
def test_what_was_never_given_out_stays_as_it_is(text: str) -> None:
    _, mapping = redacted(["Jane Doerksen"], [JANE], common=ordinary)
    assert restored(mapping, text, [1] * len(text)) == text


def test_only_what_may_become_a_placeholder_is_held_back() -> None:
    _, mapping = redacted(["Jane Doerksen"], [JANE], common=ordinary)
    restorer = Restorer(mapping)
    assert [restorer.feed(piece) for piece in ("It was ", "[", "1] by [PER", "SON_1", "] ")] == [
        "It was ",
        "",
        "[1] by ",
        "",
        "Jane Doerksen ",
    ]


_SPELLED = ("PERSON", "PERSON_1", "[PERSON_2]", "[person 2b]", "EMAIL", "[EMAIL", "VALUE_", "1", "2345", "B")
_PIECES = st.sampled_from(
    [*_SPELLED, "[", "]", "\\", " ", "_", "-", "\u200b", "x", "Jane", "Doerksen", "Müller", "Li", "123-4567"]
)


@given(text=st.lists(_PIECES, max_size=14).map("".join), cuts=st.lists(st.integers(1, 9), max_size=40))
def test_restoring_undoes_redacting_for_every_cut(text: str, cuts: list[int]) -> None:
    """R14."""
    (after,), mapping = redacted([text], VALUES, common=ordinary)
    assert restored(mapping, after, cuts) == text


@pytest.mark.parametrize("take", [repr, str, "{}".format, lambda it: f"{it!r:>30}", lambda it: f"{vars(type(it))}"])
def test_a_mapping_shows_no_value(take: Callable[[Mapping], str]) -> None:
    _, mapping = redacted(["Jane Doerksen"], [JANE], common=ordinary)
    assert "Jane" not in take(mapping)
    assert "Doerksen" not in take(mapping)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, list, vars])
def test_a_mapping_cannot_be_taken_along(take: Callable[[Mapping], object]) -> None:
    _, mapping = redacted(["Jane Doerksen"], [JANE], common=ordinary)
    with pytest.raises(TypeError) as raised:
        take(mapping)
    assert "Jane" not in str(raised.value)
