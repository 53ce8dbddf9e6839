"""Sources as people keep them: set up, shown, run, paused, removed."""

from dataclasses import dataclass, replace
from uuid import uuid4

from service.auditing import entry
from service.errors import ConflictError, InvalidRequestError, KeyDestroyedError, NotFoundError, NotPermittedError
from service.policy.access import Permission, Principal, SourceId, TenantId
from service.ports import (
    Clock,
    Database,
    GonePolicy,
    RunRecord,
    RunState,
    SourceKind,
    SourceOpener,
    SourceRecord,
    Transaction,
)
from service.sources.sealed import SealedSources
from service.sources.syncing import a_new_run
from service.sources.values import FAILURES, ItemView, NewSource, RunView, SourceView

_LONGEST_NAME = 200
_LONGEST_GROUP = 1_000
_MOST_SOURCES = 500
_SHORTEST_SECONDS = 60
_LONGEST_SECONDS = 31 * 86_400
_OPEN = frozenset({RunState.QUEUED, RunState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a run is wanted: `dry` changes nothing, `verify` reads all, `confirmed` lets go however much is gone."""

    dry: bool = False
    verify: bool = False
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What people do with sources. Runs themselves are a worker's: see `Syncing`."""

    database: Database
    clock: Clock
    opener: SourceOpener
    sealed: SealedSources

    def add(self, principal: Principal, wanted: NewSource) -> SourceView:
        """Set up a source. Raises InvalidRequestError where the operator did not allow this tenant to read there."""
        self._may(principal, Permission.KEEP_SOURCES)
        if wanted.gone is GonePolicy.ERASE:
            # Whoever sets it up approves every erasure that comes of it.
            self._may(principal, Permission.ERASE)
        _check(wanted)
        self.opener.check(self._slug(principal.tenant_id), wanted.kind, wanted.settings)
        now, source_id = self.clock.now(), SourceId(uuid4())
        record = SourceRecord(
            id=source_id,
            tenant_id=principal.tenant_id,
            kind=wanted.kind,
            name=self.sealed.name(principal.tenant_id, source_id, wanted.name.strip()),
            settings=self.sealed.settings(principal.tenant_id, source_id, wanted.settings),
            gone=wanted.gone,
            brake_percent=wanted.brake_percent,
            every_seconds=wanted.every_seconds,
            created_at=now,
            created_by=principal.key_id,
            due_at=None if wanted.every_seconds is None else now,
        )
        with self.database.transaction(principal.tenant_id) as transaction:
            if len(transaction.sources.all()) >= _MOST_SOURCES:
                message = f"a tenant has at most {_MOST_SOURCES} sources"
                raise ConflictError(message)
            transaction.sources.add(record)
            self._note(transaction, principal, record, "source_added")
            return self._view(transaction, record)

    def all(self, principal: Principal) -> tuple[SourceView, ...]:
        """Return the tenant's sources, oldest first."""
        self._may(principal, Permission.SEE_SOURCES)
        with self.database.transaction(principal.tenant_id) as transaction:
            return tuple(self._view(transaction, record) for record in transaction.sources.all())

    def get(self, principal: Principal, source_id: SourceId) -> SourceView:
        """Return one source. Raises NotFoundError."""
        self._may(principal, Permission.SEE_SOURCES)
        with self.database.transaction(principal.tenant_id) as transaction:
            return self._view(transaction, _found(transaction, source_id))

    def runs(self, principal: Principal, source_id: SourceId, *, limit: int) -> tuple[RunView, ...]:
        """Return a source's runs, newest first. Raises NotFoundError."""
        self._may(principal, Permission.SEE_SOURCES)
        with self.database.transaction(principal.tenant_id) as transaction:
            _found(transaction, source_id)
            return tuple(map(run_view, transaction.source_runs.of(source_id, limit=limit)))

    def troubles(
        self, principal: Principal, source_id: SourceId, *, limit: int, after: int = 0
    ) -> tuple[ItemView, ...]:
        """Return what is no document here, or not as it is there, and why; after the thing with this number."""
        self._may(principal, Permission.SEE_SOURCES)
        with self.database.transaction(principal.tenant_id) as transaction:
            _found(transaction, source_id)
            items = transaction.source_items.page(source_id, after=after, limit=limit, troubled=True)
        views = []
        for item in items:
            assert item.trouble is not None  # noqa: S101 - asked for
            try:
                place = self.sealed.opened(item)
            except KeyDestroyedError:
                place = None  # erased since the page was read
            views.append(ItemView(number=item.number, place=place, trouble=item.trouble, document_id=item.document_id))
        return tuple(views)

    def run(self, principal: Principal, source_id: SourceId, asked: Asked) -> RunView:
        """Ask for a run; a worker begins it within seconds. Raises ConflictError where one is open, or it is paused."""
        self._may(principal, Permission.KEEP_SOURCES)
        with self.database.transaction(principal.tenant_id) as transaction:
            source = _found(transaction, source_id)
            if asked.confirmed and source.gone is GonePolicy.ERASE:
                self._may(principal, Permission.ERASE)
            if source.paused_at is not None:
                message = "This source is paused: `ringfence sources resume` lets it run again."
                raise ConflictError(message)
            made = replace(
                a_new_run(source, self.clock.now()),
                asked_by=principal.key_id,
                dry=asked.dry,
                verify=asked.verify,
                confirmed=asked.confirmed,
            )
            transaction.source_runs.add(made)
        return run_view(made)

    def pause(self, principal: Principal, source_id: SourceId, *, paused: bool) -> SourceView:
        """Let a source rest, a run under way too, or go on where it stopped. Raises NotFoundError."""
        self._may(principal, Permission.KEEP_SOURCES)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            source = _found(transaction, source_id, lock=True)
            if paused != (source.paused_at is not None):
                due = None if source.every_seconds is None else now
                source = replace(source, paused_at=now if paused else None, due_at=source.due_at if paused else due)
                transaction.sources.update(source)
                self._note(transaction, principal, source, "source_paused" if paused else "source_resumed")
            return self._view(transaction, source)

    def remove(self, principal: Principal, source_id: SourceId) -> None:
        """Forget a source. Its documents stay, as if somebody had handed them in. Raises NotFoundError."""
        self._may(principal, Permission.KEEP_SOURCES)
        with self.database.transaction(principal.tenant_id) as transaction:
            source = _found(transaction, source_id)
            transaction.sources.remove(source_id)
            self._note(transaction, principal, source, "source_removed")

    def _view(self, transaction: Transaction, record: SourceRecord) -> SourceView:
        newest = transaction.source_runs.of(record.id, limit=1)
        return SourceView(
            id=record.id,
            name=self.sealed.name_of(record),
            kind=record.kind,
            settings=self.sealed.settings_of(record),
            gone=record.gone,
            brake_percent=record.brake_percent,
            every_seconds=record.every_seconds,
            created_at=record.created_at,
            created_by=record.created_by,
            due_at=record.due_at,
            paused_at=record.paused_at,
            things=transaction.source_items.count(record.id),
            last_run=run_view(newest[0]) if newest else None,
        )

    def _note(self, transaction: Transaction, principal: Principal, source: SourceRecord, action: str) -> None:
        facts = {"kind": source.kind.value, "gone": source.gone.value}
        now = self.clock.now()
        made = entry(source.tenant_id, action, actor=principal.key_id, at=now, subject=source.id, facts=facts)
        transaction.audit.append(made)

    def _slug(self, tenant_id: TenantId) -> str:
        return next((tenant.slug for tenant in self.database.tenants() if tenant.id == tenant_id), "")

    @staticmethod
    def _may(principal: Principal, permission: Permission) -> None:
        if not principal.may(permission):
            raise NotPermittedError


def run_view(run: RunRecord) -> RunView:
    """Present a run."""
    return RunView(
        id=run.id,
        source_id=run.source_id,
        state=run.state,
        phase=run.phase,
        dry=run.dry,
        verify=run.verify,
        confirmed=run.confirmed,
        asked_at=run.asked_at,
        asked_by=run.asked_by,
        started_at=run.started_at,
        ended_at=run.ended_at,
        known=run.known,
        counts={name: number for name, number in sorted(run.counts.items()) if number},
        failure=run.failure,
        failure_detail=FAILURES.get(run.failure or ""),
    )


def _found(transaction: Transaction, source_id: SourceId, *, lock: bool = False) -> SourceRecord:
    found = transaction.sources.get(source_id, lock=lock)
    if found is None:
        raise NotFoundError
    return found


def _check(wanted: NewSource) -> None:
    settings = wanted.settings
    if not wanted.name.strip() or len(wanted.name) > _LONGEST_NAME:
        message = f"a source's name has 1 to {_LONGEST_NAME} characters"
        raise InvalidRequestError(message)
    if not 0 <= wanted.brake_percent <= 100:  # noqa: PLR2004 - per cent
        message = "the brake is a percentage from 0 to 100"
        raise InvalidRequestError(message)
    if wanted.every_seconds is not None and not _SHORTEST_SECONDS <= wanted.every_seconds <= _LONGEST_SECONDS:
        message = "a source runs at most once a minute and at least once a month"
        raise InvalidRequestError(message)
    groups = {*settings.groups, *(group for mapped in settings.access.values() for group in mapped)}
    if any(not group.strip() or len(group) > _LONGEST_GROUP or "\x00" in group for group in groups):
        message = f"groups have 1 to {_LONGEST_GROUP:,} characters"
        raise InvalidRequestError(message)
    if settings.access and wanted.kind is not SourceKind.FOLDER:
        message = "only a folder has owners and groups to map"
        raise InvalidRequestError(message)
    if not settings.groups and not settings.access and wanted.kind is not SourceKind.MANIFEST:
        message = "say who may see what comes from it: groups, or for a folder a mapping of its owners and groups"
        raise InvalidRequestError(message)
