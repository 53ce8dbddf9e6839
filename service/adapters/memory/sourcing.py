"""Sources, their runs and what is known of the things there, in memory."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from ingestion.sensitivity import Category
from service.adapters.memory.tables import Rows
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, RunId, SourceId
from service.ports.records import DocumentRecord
from service.ports.sourcing import (
    RunRecord,
    RunState,
    SourceItem,
    SourceItemTable,
    SourceRecord,
    SourceRunTable,
    SourceTable,
    Trouble,
)

_OPEN = frozenset({RunState.QUEUED, RunState.RUNNING})


@dataclass(frozen=True, slots=True)
class InMemorySourceTable(SourceTable):
    """The sources."""

    rows: Rows

    @override
    def add(self, record: SourceRecord) -> None:
        self.rows.admit(record.tenant_id)
        self.rows.sources[record.id] = record

    @override
    def get(self, source_id: SourceId, *, lock: bool = False) -> SourceRecord | None:
        return self.rows.sources.get(source_id)

    @override
    def all(self) -> tuple[SourceRecord, ...]:
        return tuple(sorted(self.rows.sources.values(), key=lambda one: (one.created_at, one.id)))

    @override
    def update(self, record: SourceRecord) -> None:
        kept = self.rows.sources.get(record.id)
        if kept is None:
            raise NotFoundError
        changing = {name: getattr(record, name) for name in ("every_seconds", "due_at", "paused_at")}
        self.rows.sources[record.id] = replace(kept, **changing)

    @override
    def remove(self, source_id: SourceId) -> None:
        self.rows.sources.pop(source_id, None)
        for run in [run for run in self.rows.source_runs.values() if run.source_id == source_id]:
            del self.rows.source_runs[run.id]
        for key in [key for key in self.rows.source_items if key[0] == source_id]:
            del self.rows.source_items[key]

    @override
    def clear(self) -> None:
        for source_id in list(self.rows.sources):
            self.remove(source_id)


@dataclass(frozen=True, slots=True)
class InMemorySourceRunTable(SourceRunTable):
    """The runs."""

    rows: Rows

    @override
    def add(self, record: RunRecord) -> None:
        self.rows.admit(record.tenant_id)
        if record.source_id not in self.rows.sources:
            raise NotFoundError
        if any(run.state in _OPEN for run in self.of(record.source_id, limit=len(self.rows.source_runs))):
            raise ConflictError
        self.rows.source_runs[record.id] = record

    @override
    def get(self, run_id: RunId) -> RunRecord | None:
        return self.rows.source_runs.get(run_id)

    @override
    def of(self, source_id: SourceId, *, limit: int) -> tuple[RunRecord, ...]:
        found = [run for run in self.rows.source_runs.values() if run.source_id == source_id]
        return tuple(sorted(found, key=lambda run: (run.asked_at, run.id), reverse=True)[:limit])

    @override
    def claimable(self, *, now: datetime) -> tuple[RunRecord, ...]:
        free = (run for run in self.rows.source_runs.values() if _free(run, now))
        awake = [run for run in free if self.rows.sources[run.source_id].paused_at is None]
        return tuple(sorted(awake, key=lambda run: (run.updated_at, run.id)))

    @override
    def claim(self, run_id: RunId, *, now: datetime, lease_until: datetime) -> RunRecord | None:
        run = self.rows.source_runs.get(run_id)
        if run is None or not _free(run, now):
            return None
        started = run.started_at or now
        taken = replace(run, state=RunState.RUNNING, fence=run.fence + 1, updated_at=now, started_at=started)
        self.rows.source_runs[run_id] = replace(taken, lease_until=lease_until)
        return self.rows.source_runs[run_id]

    @override
    def update(self, record: RunRecord) -> bool:
        if not self.holds(record):
            return False
        self.rows.source_runs[record.id] = record
        return True

    @override
    def holds(self, record: RunRecord, *, lock: bool = False) -> bool:
        run = self.rows.source_runs.get(record.id)
        return run is not None and run.fence == record.fence and run.state is RunState.RUNNING

    @override
    def prune(self, source_id: SourceId, *, keep: int) -> None:
        ended = [run for run in self.of(source_id, limit=len(self.rows.source_runs)) if run.state not in _OPEN]
        for run in ended[keep:]:
            del self.rows.source_runs[run.id]


@dataclass(frozen=True, slots=True)
class InMemorySourceItemTable(SourceItemTable):
    """What is known of the things."""

    rows: Rows

    @override
    def at(self, source_id: SourceId, places: Collection[str]) -> tuple[SourceItem, ...]:
        found = (self.rows.source_items.get((source_id, place)) for place in set(places))
        return tuple(sorted((one for one in found if one is not None), key=_number))

    @override
    def put(self, item: SourceItem) -> None:
        self.rows.admit(item.tenant_id)
        if item.source_id not in self.rows.sources:
            raise NotFoundError
        if item.document_id is not None and item.document_id not in self.rows.documents:
            raise NotFoundError
        if any(one.number == item.number and one.place != item.place for one in self._of(item.source_id)):
            raise ConflictError
        self.rows.source_items[item.source_id, item.place] = item

    @override
    def drop(self, source_id: SourceId, places: Collection[str]) -> None:
        for place in places:
            self.rows.source_items.pop((source_id, place), None)

    @override
    def page(self, source_id: SourceId, *, after: int, limit: int, troubled: bool = False) -> tuple[SourceItem, ...]:
        later = (one for one in self._of(source_id) if one.number > after)
        found = [one for one in later if not troubled or one.trouble is not None]
        return tuple(sorted(found, key=_number)[:limit])

    @override
    def count(self, source_id: SourceId) -> int:
        return sum(one.gone_at is None for one in self._of(source_id))

    @override
    def last(self, source_id: SourceId) -> int:
        return max((one.number for one in self._of(source_id)), default=0)

    @override
    def of_documents(self, document_ids: Collection[DocumentId]) -> tuple[SourceItem, ...]:
        found = [one for one in self.rows.source_items.values() if one.document_id in document_ids]
        return tuple(sorted(found, key=lambda one: (one.source_id, one.number)))

    @override
    def twin(
        self, *, content: str, groups: frozenset[str], declared: frozenset[Category]
    ) -> tuple[DocumentRecord, ...]:
        same = [
            one
            for one in self.rows.documents.values()
            if one.content_fingerprint == content and one.groups == groups and one.declared == declared
        ]
        return tuple(sorted(same, key=lambda one: (one.created_at, one.id)))

    @override
    def let_go(self, document_ids: Collection[DocumentId], *, forget: bool) -> None:
        for key, item in list(self.rows.source_items.items()):
            if item.document_id not in document_ids:
                continue
            if forget or item.gone_at is not None:
                del self.rows.source_items[key]
            else:
                kept = replace(item, document_id=None, owned=False, name=None, trouble=Trouble.LET_GO)
                self.rows.source_items[key] = kept

    def _of(self, source_id: SourceId) -> list[SourceItem]:
        return [one for one in self.rows.source_items.values() if one.source_id == source_id]


def _number(item: SourceItem) -> int:
    return item.number


def _free(run: RunRecord, now: datetime) -> bool:
    left = run.state is RunState.RUNNING and (run.lease_until is None or run.lease_until <= now)
    return run.state is RunState.QUEUED or left
