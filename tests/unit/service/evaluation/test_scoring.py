"""Counting: shares, intervals, slices, evasion, and mistakes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sensitivity import Category, Verdict
from service.evaluation.classifying import Prediction
from service.evaluation.rows import Kind
from service.evaluation.scoring import (
    ALL_FILES,
    Judged,
    Mistake,
    Score,
    evasion_of,
    misses_of,
    rate,
    scores_of,
    wilson,
)
from tests.labelled_rows import a_prediction, a_row

PII, PHI, TRADE_SECRET = Category.PII, Category.PHI, Category.TRADE_SECRET
GOT_IT, NOTHING, UNKNOWN = a_prediction(Verdict.SENSITIVE, PII), a_prediction(), a_prediction(Verdict.UNKNOWN)


def judged(*said: tuple[bool, Prediction]) -> list[Judged]:
    """Return rows scored for PII: whether each is, and what was said of it."""
    return [
        Judged(row=a_row(f"row-{number}", positive=[PII] if positive else []), said=prediction)
        for number, (positive, prediction) in enumerate(said)
    ]


def the_score(rows: list[Judged]) -> Score:
    (score,) = scores_of({"file": rows})
    return score


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        pytest.param(0, 18, 0.0, 0.1759, id="nothing found proves little"),
        pytest.param(10, 10, 0.7225, 1.0, id="ten of ten is no certainty"),
        pytest.param(81, 263, 0.2553, 0.3662, id="the example of the literature"),
    ],
)
def test_a_wilson_interval_is_that_of_the_literature(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=0.0001)


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_lies_inside_its_interval(counted: tuple[int, int]) -> None:
    low, high = wilson(*counted)

    assert 0 <= low <= counted[0] / counted[1] + 1e-9
    assert counted[0] / counted[1] - 1e-9 <= high <= 1


def test_what_was_never_counted_has_no_share() -> None:
    assert rate([]).share is None


def test_recall_false_positives_and_what_may_leave_are_counted_apart() -> None:
    """R1, R5: unknown is kept, though it is no recall."""
    score = the_score(
        judged((True, GOT_IT), (True, UNKNOWN), (True, NOTHING), (True, NOTHING), (False, GOT_IT), (False, NOTHING))
    )

    assert (score.positives, score.negatives) == (4, 2)
    assert (score.recall.hits, score.recall.of) == (1, 4)
    assert (score.kept.hits, score.kept.of) == (2, 4)
    assert (score.false_positives.hits, score.false_positives.of) == (1, 2)
    assert (score.unknown.hits, score.harmless.hits, score.harmless.of) == (1, 3, 6)


def test_rows_that_are_not_scored_for_a_category_do_not_count_for_it() -> None:
    rows = [
        Judged(row=a_row("1", positive=[PHI], scored=[PHI]), said=GOT_IT),
        Judged(row=a_row("2", scored=[PII]), said=NOTHING),
    ]

    found = {score.category: score for score in scores_of({"file": rows})}

    assert found.keys() == {PII, PHI}
    assert (found[PII].false_positives.of, found[PHI].recall.hits, found[PHI].recall.of) == (1, 0, 1)


def test_a_kind_is_scored_by_kind_and_as_a_trade_secret() -> None:
    row = a_row(positive=[TRADE_SECRET], scored=[TRADE_SECRET], positive_kinds=[Kind.CODE], scored_kinds=[Kind.CODE])
    as_credential = a_prediction(Verdict.SENSITIVE, TRADE_SECRET, kinds=[Kind.CREDENTIAL])

    whole, kind = scores_of({"file": [Judged(row=row, said=as_credential)]})

    assert (whole.kind, whole.recall.hits) == (None, 1)
    assert (kind.kind, kind.recall.hits, kind.recall.of) == (Kind.CODE, 0, 1)


def test_languages_variants_and_the_sum_of_all_files_are_slices_of_their_own() -> None:
    rows = [
        Judged(row=a_row("1", language="fr", positive=[PII]), said=GOT_IT),
        Judged(row=a_row("2/hex", variant="hex", positive=[PII]), said=NOTHING),
    ]

    found = {(s.file, s.language, s.variant): s.recall.hits for s in scores_of({"a": rows, "b": rows[:1]})}

    assert found == {
        ("a", None, None): 1,
        ("a", "en", None): 0,
        ("a", "fr", None): 1,
        ("a", None, "hex"): 0,
        ("b", None, None): 1,
        (ALL_FILES, None, None): 2,
    }


def test_evasion_compares_the_same_positives_clean_and_obfuscated() -> None:
    """R4."""
    clean = {
        name: Judged(row=a_row(name, positive=[PII]), said=said)
        for name, said in (("1", GOT_IT), ("2", GOT_IT), ("3", NOTHING))
    }
    evaded = [
        Judged(row=a_row(f"{name}/hex", variant="hex", positive=[PII]), said=said)
        for name, said in (("1", GOT_IT), ("2", NOTHING), ("3", NOTHING), ("absent", GOT_IT))
    ]

    family, everything = evasion_of(evaded, clean)

    assert (family.variant, everything.variant) == ("hex", None)
    assert (family.clean.hits, family.evaded.hits, family.evaded.of, family.ratio) == (2, 1, 3, 0.5)


def test_evasion_of_what_was_never_found_has_no_ratio() -> None:
    clean = Judged(row=a_row("1", positive=[PII]), said=NOTHING)
    evaded = Judged(row=a_row("1/hex", variant="hex", positive=[PII]), said=NOTHING)

    assert [one.ratio for one in evasion_of([evaded], {"1": clean})] == [None, None]


def test_mistakes_name_ids_and_a_positive_that_may_leave_is_named_twice() -> None:
    rows = judged((True, GOT_IT), (True, UNKNOWN), (True, NOTHING), (False, GOT_IT), (False, NOTHING))

    found = [(miss.id, miss.mistake) for miss in misses_of({"file": rows})]

    assert found == [
        ("row-1", Mistake.MISSED),
        ("row-2", Mistake.MISSED),
        ("row-2", Mistake.MAY_LEAVE),
        ("row-3", Mistake.FALSE_ALARM),
    ]
