"""Predictions and rows to scores: pure counting, each share with its 95 % Wilson interval."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingestion.sensitivity import Category, Verdict
from service.evaluation.classifying import Prediction
from service.evaluation.rows import Kind, Row

ALL_FILES = "*"
_Z = 1.959963984540054
"""The normal deviate of a two-sided 95 % interval."""
_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many of how many, as a share with its interval; no share where there was nothing to count."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one slice of the rows came out: of one file (`*`: all), category, and where given kind, language, variant.

    recall: positives that got the category. kept: positives that may not leave, whatever they got.
    false_positives: negatives that got it. unknown, harmless: verdicts over the whole slice; harmless may leave.
    """

    file: str
    category: Category
    kind: Kind | None = None
    language: str | None = None
    variant: str | None = None
    positives: int
    negatives: int
    recall: Rate
    kept: Rate
    false_positives: Rate
    unknown: Rate
    harmless: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Evasion:
    """One family of obfuscation (None: all): the same positives clean and obfuscated, and the ratio of the recalls."""

    category: Category
    variant: str | None
    clean: Rate
    evaded: Rate
    ratio: float | None


class Mistake(StrEnum):
    """What can be wrong with a prediction. MAY_LEAVE is the one that the product exists to prevent."""

    MISSED = "missed"
    MAY_LEAVE = "may_leave"
    FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A row that came out wrong, by its id."""

    file: str
    id: str
    category: Category
    mistake: Mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A row and what was said of it."""

    row: Row
    said: Prediction


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share. `of` is at least 1."""
    share, squared = hits / of, _Z * _Z / of
    middle = share + squared / 2
    reach = math.sqrt(squared * (share * (1 - share) + squared / 4))
    return max((middle - reach) / (1 + squared), 0.0), min((middle + reach) / (1 + squared), 1.0)


def rate(answers: Iterable[bool]) -> Rate:
    """Count how often the answer is yes."""
    known = tuple(answers)
    hits, of = sum(known), len(known)
    if not of:
        return Rate(hits=0, of=0, share=None, low=None, high=None)
    low, high = wilson(hits, of)
    return Rate(hits=hits, of=of, share=round(hits / of, _DIGITS), low=round(low, _DIGITS), high=round(high, _DIGITS))


def scores_of(judged: Mapping[str, Sequence[Judged]]) -> list[Score]:
    """Return every slice of every file, then the sums over all files where there are several."""
    scores = [score for file, rows in judged.items() for score in _slices(file, rows)]
    if len(judged) > 1:
        together = [one for rows in judged.values() for one in rows]
        scores += [_score(ALL_FILES, category, together) for category in _scored(together)]
        scores += [_score(ALL_FILES, Category.TRADE_SECRET, together, kind=kind) for kind in _kinds(together)]
    return scores


def evasion_of(judged: Iterable[Judged], clean: Mapping[str, Judged]) -> list[Evasion]:
    """Compare obfuscated positives with their clean rows, which `clean` holds by id, per category and family."""
    pairs = [(one, clean[one.row.clean_id]) for one in judged if one.row.variant and one.row.clean_id in clean]
    variants = sorted({one.row.variant or "" for one, _ in pairs})
    return [
        _evasion(category, variant, both)
        for category in Category
        if (both := [pair for pair in pairs if all(category in one.row.scored & one.row.positive for one in pair)])
        for variant in (*variants, None)
        if variant is None or any(one.row.variant == variant for one, _ in both)
    ]


def misses_of(judged: Mapping[str, Sequence[Judged]]) -> Iterator[Miss]:
    """Yield what went wrong, by id."""
    for file, rows in judged.items():
        for one in rows:
            for category in sorted(one.row.scored):
                for mistake in _mistakes(one, category):
                    yield Miss(file=file, id=one.row.id, category=category, mistake=mistake)


def _mistakes(one: Judged, category: Category) -> Iterator[Mistake]:
    got, positive = category in one.said.categories, category in one.row.positive
    if got and not positive:
        yield Mistake.FALSE_ALARM
    if positive and not got:
        yield Mistake.MISSED
    if positive and one.said.verdict is Verdict.HARMLESS:
        yield Mistake.MAY_LEAVE


def _slices(file: str, rows: Sequence[Judged]) -> Iterator[Score]:
    for category in _scored(rows):
        yield _score(file, category, rows)
        counted = [one for one in rows if category in one.row.scored]
        languages = sorted({one.row.language for one in counted})
        for language in languages if len(languages) > 1 else ():
            yield _score(file, category, [one for one in rows if one.row.language == language], language=language)
        for variant in sorted({one.row.variant for one in counted if one.row.variant}):
            yield _score(file, category, [one for one in rows if one.row.variant == variant], variant=variant)
    for kind in _kinds(rows):
        yield _score(file, Category.TRADE_SECRET, rows, kind=kind)


def _score(
    file: str,
    category: Category,
    rows: Sequence[Judged],
    *,
    kind: Kind | None = None,
    language: str | None = None,
    variant: str | None = None,
) -> Score:
    """Count the rows that are scored for the category, or for the kind where one is given."""
    is_scored, is_positive, got = _questions(category, kind)
    counted = [one for one in rows if is_scored(one)]
    positive = [one for one in counted if is_positive(one)]
    negative = [one for one in counted if not is_positive(one)]
    return Score(
        file=file,
        category=category,
        kind=kind,
        language=language,
        variant=variant,
        positives=len(positive),
        negatives=len(negative),
        recall=rate(got(one) for one in positive),
        kept=rate(one.said.verdict is not Verdict.HARMLESS for one in positive),
        false_positives=rate(got(one) for one in negative),
        unknown=rate(one.said.verdict is Verdict.UNKNOWN for one in counted),
        harmless=rate(one.said.verdict is Verdict.HARMLESS for one in counted),
    )


_Question = Callable[[Judged], bool]


def _questions(category: Category, kind: Kind | None) -> tuple[_Question, _Question, _Question]:
    """Return how to ask of a row: is it scored for this, is it of this, and was it said to be."""
    if kind is None:
        return (
            lambda one: category in one.row.scored,
            lambda one: category in one.row.positive,
            lambda one: category in one.said.categories,
        )
    return (
        lambda one: kind in one.row.scored_kinds,
        lambda one: kind in one.row.positive_kinds,
        lambda one: kind in one.said.kinds,
    )


def _evasion(category: Category, variant: str | None, pairs: Sequence[tuple[Judged, Judged]]) -> Evasion:
    chosen = [pair for pair in pairs if variant in {None, pair[0].row.variant}]
    evaded = rate(category in one.said.categories for one, _ in chosen)
    clean = rate(category in one.said.categories for _, one in chosen)
    ratio = round(evaded.hits / clean.hits, _DIGITS) if clean.hits else None
    return Evasion(category=category, variant=variant, clean=clean, evaded=evaded, ratio=ratio)


def _scored(rows: Sequence[Judged]) -> list[Category]:
    return [category for category in Category if any(category in one.row.scored for one in rows)]


def _kinds(rows: Sequence[Judged]) -> list[Kind]:
    return [kind for kind in Kind if any(kind in one.row.scored_kinds for one in rows)]
