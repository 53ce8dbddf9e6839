"""Citations are verified: shown, quoted word for word, with the same figures, or else they are not credited (R13)."""

# ruff: noqa: RUF001 - quotation marks are what is tested

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.citing import NOTHING_FOUND, Cited, Unsupported, cited, nothing_found, quoted
from service.citing.markers import groups

PARKING = "Visitors park on the lower level of the garage. Parking is free for 2 hours."
LUNCH = "Lunch is served from noon until two. It costs 4.50 euros.\nEmployees can pay with their card."
SOURCES = [PARKING, LUNCH]


def supported_words(found: Cited, sources: list[str]) -> list[tuple[int, str, str]]:
    """Return what supports what: number, words of the source, words of the answer."""
    return [
        (one.number, sources[one.number - 1][support.start : support.end], found.text[slice(*support.sentence)])
        for one in found.credited
        for support in one.supports
    ]


def test_a_citation_says_which_words_of_the_source_support_which_sentence() -> None:
    found = cited("You can park in the garage [1]. Lunch costs 4,50 € [2].", SOURCES)
    assert found.text == "You can park in the garage [1]. Lunch costs 4,50 € [2]."
    assert supported_words(found, SOURCES)[0] == (
        1,
        "Visitors park on the lower level of the garage.",
        "You can park in the garage [1].",
    )
    assert (2, "It costs 4.50 euros.", "Lunch costs 4,50 € [2].") in supported_words(found, SOURCES)


def test_a_marker_of_a_source_that_was_not_shown_is_dropped() -> None:
    found = cited("You can park in the garage [7][1].", SOURCES)
    assert (found.numbers, found.text) == ((1,), "You can park in the garage [1].")


@pytest.mark.parametrize(
    "around", ["[9[99]9]", "[9 [99]9]", "[sou[99]rce 9]", "[[9]9]", "[9[8][7]9]", "[1[9]1]", "[[9[9[9]9]9]]"]
)
def test_taking_a_marker_out_makes_no_other_one_of_what_stood_around_it(around: str) -> None:
    found = cited(f"You can park in the garage [1]. Dragons guard it {around}.", SOURCES)
    assert (found.numbers, groups(found.text.replace("[1].", "", 1))) == ((1,), ())


def test_a_marker_inside_other_words_in_brackets_is_read_as_before() -> None:
    found = cited("You can park in the garage [see [1]].", SOURCES)
    assert (found.numbers, found.text) == ((1,), "You can park in the garage [see [1]].")


def test_a_citation_of_something_else_is_dropped() -> None:
    found = cited("Visitors park on the lower level [1]. Dragons guard the treasure of the north [1].", SOURCES)
    assert found.text == "Visitors park on the lower level [1]. Dragons guard the treasure of the north."


def test_a_wrong_number_costs_its_sentence_the_citation_and_no_other() -> None:
    found = cited("Parking is free for 3 hours [1]. Lunch costs 4.50 euros [2].", SOURCES)
    assert found.numbers == (2,)
    assert found.text == "Parking is free for 3 hours. Lunch costs 4.50 euros [2]."


def test_each_marker_answers_for_the_words_before_it() -> None:
    found = cited("Parking is free for 2 hours [1] and lunch costs 9 euros [2].", SOURCES)
    assert found.numbers == (1,)


def test_two_sources_side_by_side_may_hold_the_figures_between_them() -> None:
    found = cited("Parking is free for 2 hours and lunch costs 4.50 euros [1, 2].", SOURCES)
    assert found.numbers == (1, 2)


@pytest.mark.parametrize("marks", ["“{}”", '"{}"', "„{}“", "«{}»", "»{}«", "‘{}’", "« {} »", "'{}'"])
def test_a_quotation_is_verified_in_the_cited_source(marks: str) -> None:
    found = cited(f"The rule is {marks.format('visitors park on the lower level')} [1].", SOURCES)
    assert [one.verified for one in found.quotations] == [True]
    (quotation,) = found.quotations
    assert found.text[quotation.start : quotation.end].strip() == "visitors park on the lower level"


def test_a_made_up_quotation_is_marked_and_its_citation_dropped() -> None:
    found = cited('The rule says "visitors park on the upper level" [1]. Lunch is at noon [2].', SOURCES)
    assert found.numbers == (2,)
    (quotation,) = found.quotations
    assert (found.text[quotation.start : quotation.end], quotation.verified) == (
        "visitors park on the upper level",
        False,
    )
    assert "[1]" not in found.text


def test_a_quotation_of_another_source_than_the_cited_one_is_credited_where_it_stands() -> None:
    found = cited('It says "lunch is served from noon" [1].', SOURCES)
    assert (found.numbers, found.quotations[0].number) == ((2,), 2)
    assert "[1]" not in found.text


def test_a_quotation_of_two_sentences_is_one_quotation() -> None:
    found = cited('It says: "It costs 4.50 euros. Employees can pay with their card." [2]', SOURCES)
    assert ([one.number for one in found.quotations], found.numbers) == ([2], (2,))


def test_without_markers_the_source_that_holds_the_words_is_credited() -> None:
    assert cited("Lunch is served from noon.", SOURCES).numbers == (2,)


def test_without_markers_a_wrong_figure_is_not_credited() -> None:
    assert cited("Lunch is served from noon and costs 5.40 euros.", SOURCES).numbers == ()


@pytest.mark.parametrize("answer", ["Yes [1].", "For 2 hours [1].", "2 hours [1]"])
def test_a_short_answer_is_read_with_its_question(answer: str) -> None:
    assert cited(answer, SOURCES, question="Is parking free?").numbers == (1,)


def test_an_answer_that_nothing_supports_is_replaced() -> None:
    found = cited("The moon is made of green cheese [1].", SOURCES)
    assert (found.text, found.unsupported) == (NOTHING_FOUND, Unsupported.NOT_GROUNDED)
    assert (found.credited, found.quotations) == ((), ())


@pytest.mark.parametrize(
    ("question", "said", "told"),
    [
        ("Who is the director?", "The documents do not contain it.", "The documents"),
        ("Wer leitet das Unternehmen?", "Die Dokumente enthalten dazu keine Angaben [1].", "Die Dokumente"),
        ("Qui dirige l'entreprise ?", "Les documents ne contiennent pas cette information.", "Les documents"),
        ("¿Quién dirige la empresa?", "Los documentos no mencionan quién dirige la empresa [2].", "Los documentos"),
        ("Chi dirige l'azienda?", "I could not find this in the sources.", "The documents"),
    ],
)
def test_a_model_that_declines_is_told_in_the_language_of_the_question(question: str, said: str, told: str) -> None:
    found = cited(said, SOURCES, question=question)
    assert found.unsupported is Unsupported.DECLINED
    assert found.text.startswith(told)
    assert found.credited == ()


def test_what_is_answered_in_part_is_an_answer() -> None:
    found = cited("Lunch is at noon [2]. The documents do not mention dinner [1].", SOURCES)
    assert (found.unsupported, found.numbers) == (None, (2,))
    assert found.text == "Lunch is at noon [2]. The documents do not mention dinner."


def test_a_source_that_speaks_of_documents_may_be_quoted() -> None:
    rule = "The documents do not contain signatures until the notary has seen them."
    assert cited(f"{rule} [1]", [rule]).numbers == (1,)


def test_in_another_language_figures_are_compared_and_words_are_not() -> None:
    right = "Parken ist für die ersten zwei Stunden frei [1]."
    wrong = "Parken ist für die ersten drei Stunden frei [1]."
    assert [cited(said, SOURCES).numbers for said in (right, wrong)] == [(1,), ()]


def test_in_another_script_only_figures_and_quotations_are_checked() -> None:
    source = "駐車場は2時間まで無料です。"
    said = ["訪問者は2時間無料で駐車できます [1]。", "訪問者は3時間無料で駐車できます [1]。"]
    assert [cited(one, [source]).numbers for one in said] == [(1,), ()]


def test_a_search_that_found_nothing_has_the_same_shape() -> None:
    found = nothing_found("Wo parken die Besucher?", harmless_only=False)
    assert (found.unsupported, found.credited) == (Unsupported.NOTHING_FOUND, ())
    assert found.text.startswith("Die Dokumente")
    assert nothing_found("Where?", harmless_only=True).unsupported is Unsupported.NOTHING_HARMLESS_FOUND


_PIECES = st.sampled_from(
    [
        "Visitors park",
        "in the garage",
        "for 2 hours",
        "for 3 hours",
        '"Lunch is served"',
        "“green cheese”",
        "[1]",
        "[2]",
        "[1, 2]",
        "[9]",
        ".",
        "\n",
        "1. ",
        "The documents do not say",
        "z. B.",
        "é",
        "ß",
    ]
)


@example(pieces=["Visitors park", "\n", "[2]"], count=1)  # white space is left behind where a marker went
@given(pieces=st.lists(_PIECES, max_size=14), count=st.integers(min_value=0, max_value=3))
def test_whatever_a_model_says_only_shown_sources_are_credited_and_every_span_lies_inside(
    pieces: list[str], count: int
) -> None:
    sources = (SOURCES * 2)[:count]
    found = cited(" ".join(pieces), sources)
    assert all(1 <= number <= count for number in found.numbers)
    assert (found.unsupported is None) == bool(found.credited)
    for number, support, sentence in supported_words(found, sources):
        assert support.strip(), (number, found)
        assert sentence.strip() == sentence != ""
    assert "[9]" not in found.text
    for one in found.quotations:
        assert found.text[one.start : one.end] in {"Lunch is served", "green cheese"}


@given(answer=st.text(max_size=200))
def test_no_text_breaks_the_verification(answer: str) -> None:
    assert cited(answer, SOURCES, question=answer).text


def test_quotes_come_word_for_word_from_the_sources() -> None:
    found = quoted("Where do visitors park?", SOURCES)
    assert "“Visitors park on the lower level of the garage.” [1]" in found.text
    assert found.numbers == (1, 2)
    assert {words for number, words, _ in supported_words(found, SOURCES) if number == 1} == {
        "Visitors park on the lower level of the garage."
    }
    for one in found.quotations:
        assert one.number is not None
        assert found.text[one.start : one.end] in SOURCES[one.number - 1]


def test_quotes_of_nothing_are_the_plain_statement() -> None:
    found = quoted("Where?", [])
    assert (found.numbers, found.unsupported) == ((), Unsupported.NOTHING_FOUND)
