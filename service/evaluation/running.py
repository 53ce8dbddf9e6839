"""Run a classifier over labelled files: which rows, in which order, and what it all came to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from service.evaluation.classifying import Classifier, Cost
from service.evaluation.rows import Row, RowFile, sample
from service.evaluation.scoring import Evasion, Judged, Miss, Score, evasion_of, misses_of, scores_of

SCHEMA = 1
_AT_ONCE = 32
"""Rows per call: enough to fill the embedder's batches, few enough for progress to move."""

Told = Callable[[str, int], None]
"""Told the file, and how many of its rows are done since the last time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """A cost with its speeds: chunks per second of processor time, and labelling as a multiple of embedding."""

    chunks: int
    labelling_seconds: float
    embedding_seconds: float
    labelled_per_second: float | None
    embedded_per_second: float | None
    labelling_to_embedding: float | None

    @classmethod
    def of(cls, cost: Cost) -> "Spending":
        """Return the cost with its speeds; none where nothing was spent."""
        labelling, embedding = cost.labelling_seconds, cost.embedding_seconds
        return cls(
            chunks=cost.chunks,
            labelling_seconds=round(labelling, 4),
            embedding_seconds=round(embedding, 4),
            labelled_per_second=round(cost.chunks / labelling, 1) if labelling else None,
            embedded_per_second=round(cost.chunks / embedding, 1) if embedding else None,
            labelling_to_embedding=round(labelling / embedding, 4) if embedding else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What was read of a file, how much of it was measured, and what that cost."""

    name: str
    sha256: str
    rows: int
    measured: int
    cost: Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One measurement. It holds counts and names, never a text or an id."""

    schema: int
    classifier: str
    version: str
    limit: int | None
    files: tuple[FileReport, ...]
    cost: Spending
    scores: tuple[Score, ...]
    evasion: tuple[Evasion, ...]


def evaluate(
    files: Sequence[RowFile], classifier: Classifier, *, limit: int | None = None, told: Told = lambda _, __: None
) -> tuple[Report, list[Miss]]:
    """Measure at most `limit` rows of each file, and beside them the clean rows that obfuscated ones need."""
    judged: dict[str, list[Judged]] = {}
    reports, began = [], classifier.cost
    for file in files:
        before, rows = classifier.cost, sample(file.rows, limit)
        judged[file.name] = list(_judged(classifier, rows, partial(told, file.name)))
        spent = Spending.of(classifier.cost.since(before))
        reports.append(
            FileReport(name=file.name, sha256=file.sha256, rows=len(file.rows), measured=len(rows), cost=spent)
        )
    cost = Spending.of(classifier.cost.since(began))
    everything = [one for rows in judged.values() for one in rows]
    report = Report(
        schema=SCHEMA,
        classifier=classifier.name,
        version=classifier.version,
        limit=limit,
        files=tuple(reports),
        cost=cost,
        scores=tuple(scores_of(judged)),
        evasion=tuple(evasion_of(everything, _clean(files, everything, classifier))),
    )
    return report, list(misses_of(judged))


def _judged(classifier: Classifier, rows: Sequence[Row], told: Callable[[int], None]) -> Iterator[Judged]:
    for some in _batches(rows):
        said = classifier.predict([row.text for row in some])
        yield from (Judged(row=row, said=one) for row, one in zip(some, said, strict=True))
        told(len(some))


def _clean(files: Sequence[RowFile], judged: Sequence[Judged], classifier: Classifier) -> Mapping[str, Judged]:
    """Return the clean rows of all obfuscated ones by id, measured now where the limit had left them out."""
    wanted = {one.row.clean_id for one in judged if one.row.variant}
    known = {one.row.id: one for one in judged if one.row.id in wanted}
    missing = [row for file in files for row in file.rows if row.id in wanted - known.keys()]
    return known | {one.row.id: one for one in _judged(classifier, missing, lambda _: None)}


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    yield from (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
