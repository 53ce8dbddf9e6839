"""Takes stock after a run: what every store holds of a tenant's documents, and what of it is wrong."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_edge import EdgeShard, ScrollRequest

from ingestion.sensitivity import Label
from service.policy.access import DocumentId, TenantId
from service.ports import JobRecord, JobState, Transaction, chunk_id
from service.settling import Settling
from tests.acceptance.handing_in import Run

_AT_ONCE = 1_000
_LATER = timedelta(minutes=11)
"""After that a key that never got its row is nobody's."""
_ALIKE = 0.99
"""Cosine of two vectors of one text: batches of other texts move them by rounding, not further."""
_ENDED = frozenset({JobState.SUCCEEDED, JobState.FAILED})
Place = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """A document as the stores hold it: its state, the places of its chunks with their labels, its vectors."""

    state: str
    failure: str | None
    chunks: tuple[tuple[Place, object], ...]
    points: Mapping[UUID, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stock:
    """Every document of a run by number, its jobs, how often the audit says that it was ingested, what is nobody's."""

    kept: Mapping[int, Kept]
    ids: Mapping[int, DocumentId]
    jobs: tuple[JobRecord, ...]
    ingested: Counter[UUID | None]
    failed: Counter[UUID | None]
    strangers: tuple[str, ...]

    def attempts(self) -> Counter[int]:
        """Return how many jobs were begun how often."""
        return Counter(job.attempts for job in self.jobs)

    def states(self) -> Counter[str]:
        """Return how many documents are in which state, failed ones with their reason."""
        return Counter(f"{one.state} ({one.failure})" if one.failure else one.state for one in self.kept.values())


class _LaterClock:
    def now(self) -> datetime:
        return datetime.now(UTC) + _LATER


def taken(run: Run) -> Stock:
    """Settle what is to be settled, and look into every store itself."""
    with run.stack.adapters() as adapters:
        tenant = next(one.id for one in adapters.database.tenants() if one.slug == run.tenant)
        clock = _LaterClock()
        Settling(database=adapters.database, keys=adapters.keys, vault=adapters.vault, clock=clock).finish(tenant)
        points = _points(run.stack.folder.edge, tenant)
        ids = {number: DocumentId(UUID(found)) for number, found in run.ids.items()}
        with adapters.database.transaction(tenant) as transaction:
            kept = {number: _kept(transaction, one, points.get(one, {})) for number, one in ids.items()}
            known = set(transaction.documents.ids())
            jobs = transaction.jobs.page(limit=10 * run.documents)
            since, until = datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC) + _LATER
            told = transaction.audit.between(since=since, until=until, actions={"document_ingested", "document_failed"})
    return Stock(
        kept=kept,
        ids=ids,
        jobs=jobs,
        ingested=Counter(one.subject for one in told if one.action == "document_ingested"),
        failed=Counter(one.subject for one in told if one.action == "document_failed"),
        strangers=tuple(_strangers(run, tenant, ids=set(ids.values()), rows=known, points=set(points))),
    )


def wrong(stock: Stock, *, as_in: Stock, strikes: int) -> list[str]:
    """Return everything that is not as after an undisturbed run."""
    told = [*stock.strangers]
    if set(stock.kept) != set(as_in.kept):
        told.append(f"{len(stock.kept)} documents, and {len(as_in.kept)} in the undisturbed run")
    for number, kept in sorted(stock.kept.items()):
        told += (f"document {number}: {what}" for what in _differences(stock.ids[number], kept, as_in.kept[number]))
        told += (f"document {number}: {what}" for what in _told_wrongly(stock, number, kept))
    open_jobs = [job for job in stock.jobs if job.state not in _ENDED]
    told += (f"a job is still {job.state}" for job in open_jobs)
    if len(stock.jobs) != len(stock.kept):
        told.append(f"{len(stock.jobs)} jobs for {len(stock.kept)} documents")
    most = max((job.attempts for job in stock.jobs), default=0)
    if most > 1 + strikes:
        told.append(f"a job was begun {most} times, and {strikes} kills came")
    return told


def _differences(document: DocumentId, kept: Kept, calm: Kept) -> Iterator[str]:
    if (kept.state, kept.failure) != (calm.state, calm.failure):
        yield f"{kept.state} ({kept.failure}), undisturbed {calm.state} ({calm.failure})"
        return
    if [place for place, _ in kept.chunks] != [place for place, _ in calm.chunks]:
        yield f"{len(kept.chunks)} chunks lie elsewhere than the {len(calm.chunks)} of the undisturbed run"
    elif kept.chunks != calm.chunks:
        yield f"other labels: {_first(kept.chunks, calm.chunks)}"
    expected = {chunk_id(document, place[0]) for place, _ in kept.chunks}
    if set(kept.points) != expected:
        yield f"{len(kept.points)} points for {len(expected)} chunks, or others"
    elif any(not _alike(kept.points[one], vector) for one, vector in _renamed(document, calm).items()):
        yield "another vector"


def _first(some: tuple[tuple[Place, object], ...], others: tuple[tuple[Place, object], ...]) -> str:
    return next(f"{one[1]} instead of {other[1]}" for one, other in zip(some, others, strict=True) if one != other)


def _renamed(document: DocumentId, calm: Kept) -> dict[UUID, NDArray[np.float32]]:
    """Return the undisturbed run's vectors by the ids that this document's points have."""
    ordinals = [place[0] for place, _ in calm.chunks]
    return {chunk_id(document, ordinal): vector for ordinal, vector in zip(ordinals, calm.points.values(), strict=True)}


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return float(one @ other) / float(np.linalg.norm(one) * np.linalg.norm(other)) > _ALIKE


def _told_wrongly(stock: Stock, number: int, kept: Kept) -> Iterator[str]:
    """Yield what the audit says too often or not at all."""
    document = stock.ids[number]
    expected = (1, 0) if kept.failure is None else (0, 1)
    if (stock.ingested[document], stock.failed[document]) != expected:
        yield f"the audit says {stock.ingested[document]} times ingested, {stock.failed[document]} times failed"


def _kept(transaction: Transaction, document: DocumentId, points: Mapping[UUID, NDArray[np.float32]]) -> Kept:
    record = transaction.documents.get(document)
    if record is None:
        return Kept(state="gone", failure=None, chunks=(), points=points)
    rows = transaction.chunks.of(document)
    ordered = {one: points[one] for one in (chunk_id(document, row.ordinal) for row in rows) if one in points}
    return Kept(
        state=record.state.value,
        failure=record.failure,
        chunks=tuple(((r.ordinal, r.start, r.end, r.first_page, r.last_page), _comparable(r.label)) for r in rows),
        points=ordered | dict(points),
    )


def _comparable(label: Label) -> object:
    """Return what of a label must be the same whatever else was in the batch: all but how sure it is."""
    found = tuple((one.category, one.kind, one.start, one.end) for one in label.findings)
    return (label.verdict, tuple(sorted(label.categories)), found, label.language, label.reasons)


def _points(folder: Path, tenant: TenantId) -> dict[DocumentId, dict[UUID, NDArray[np.float32]]]:
    """Read every point of the tenant from a copy of the index: what it flushed before it said that it was done."""
    found: dict[DocumentId, dict[UUID, NDArray[np.float32]]] = {}
    with tempfile.TemporaryDirectory() as place:
        copy = shutil.copytree(folder, Path(place) / "index")
        for collection in (path for path in copy.iterdir() if path.is_dir()):
            with closing(EdgeShard.load(str(collection), None)) as engine:
                for document, point, vector in _scrolled(engine, tenant):
                    found.setdefault(document, {})[point] = vector
    return found


def _scrolled(engine: EdgeShard, tenant: TenantId) -> Iterator[tuple[DocumentId, UUID, NDArray[np.float32]]]:
    offset = None
    while True:
        request = ScrollRequest(offset=offset, limit=_AT_ONCE, with_payload=True, with_vector=True)
        records, offset = engine.scroll(request)
        for one in records:
            payload = one.payload or {}
            if payload["tenant"] == str(tenant):
                vector = np.asarray(one.vector, dtype=np.float32)
                yield DocumentId(UUID(str(payload["document"]))), UUID(str(one.id)), vector
        if offset is None:
            return


def _strangers(
    run: Run, tenant: TenantId, *, ids: set[DocumentId], rows: set[DocumentId], points: set[DocumentId]
) -> Iterator[str]:
    """Yield what a store holds that belongs to no document that was handed in."""
    files = {path.name for path in (run.stack.folder.vault / str(tenant)).iterdir()}
    with closing(sqlite3.connect(run.stack.folder.keys / "keys.sqlite")) as keys:
        query = "select document_id from document_keys where tenant_id = ? and wrapped is not null"
        wrapped = {row[0] for row in keys.execute(query, (str(tenant),))}
    names = {str(one) for one in ids}
    for store, held in (
        ("row", {str(one) for one in rows}),
        ("original", files),
        ("key", wrapped),
        ("point", {str(one) for one in points}),
    ):
        yield from (f"a {store} of nobody: {one}" for one in sorted(held - names))
        if store != "point":
            yield from (f"no {store} of {one}" for one in sorted(names - held))
    yield from run.refused
