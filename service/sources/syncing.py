"""Takes runs forward, a slice at a time: whoever dies in the middle of a hundred thousand files loses a batch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import uuid4

import structlog

from service.auditing import entry
from service.errors import (
    InvalidRequestError,
    KeyDestroyedError,
    LeaseLostError,
    OverloadedError,
    SourceUnreachableError,
    TooManyWaitingError,
)
from service.policy.access import RunId, TenantId
from service.ports import (
    Blind,
    Clock,
    Database,
    Found,
    RunPhase,
    RunRecord,
    RunState,
    Source,
    SourceOpener,
    SourceRecord,
)
from service.sources.clearing import Clearing
from service.sources.marking import Marked
from service.sources.sealed import SealedSources
from service.sources.walking import Walking
from service.sources.working import Work
from service.tracing import traced

_log = structlog.get_logger()
_BATCH = 100
"""Things looked up at once; how far a run has come is written after each batch."""
_RUNS_KEPT = 50
_OPEN = frozenset({RunState.QUEUED, RunState.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Syncing:
    """Run every few seconds. A slice lasts `slice_seconds`, so that no worker is long away from anything else."""

    database: Database
    clock: Clock
    opener: SourceOpener
    sealed: SealedSources
    walking: Walking
    clearing: Clearing
    slice_seconds: float = 10.0
    lease_seconds: float = 120.0

    @traced("sync")
    def tick(self) -> None:
        """Begin what is due, then take the runs that nobody works on forward until the slice is over."""
        until = self.clock.now() + timedelta(seconds=self.slice_seconds)
        waiting = []
        for tenant in self.database.tenants():
            self._begin_due(tenant.id)
            with self.database.transaction(tenant.id) as transaction:
                runs = transaction.source_runs.claimable(now=self.clock.now())
            waiting += [(run.updated_at, tenant.id, tenant.slug, run.id) for run in runs]
        for _, tenant_id, slug, run_id in sorted(waiting):
            self.advance(tenant_id, slug, run_id, until=until)
            if self.clock.now() >= until:
                return

    def advance(self, tenant_id: TenantId, slug: str, run_id: RunId, *, until: datetime) -> None:
        """Take one run forward, to its end or until then. Nothing happens where another worker has it."""
        work = self._claimed(tenant_id, run_id)
        if work is None:
            return
        try:
            if work.run.phase is RunPhase.WALKING:
                with self.opener.opened(slug, work.source.kind, work.settings) as source:
                    walked = self._walk(work, source, until)
                if not walked:
                    return
            self._clear(work, until)
        except SourceUnreachableError:
            self._end(work, RunState.FAILED, failure="source_unreachable")
        except (OverloadedError, TooManyWaitingError):
            _log.info("source_run_waits", run=str(run_id))  # for the workers: it goes on with its next slice
        except InvalidRequestError:
            self._end(work, RunState.FAILED, failure="not_allowed")
        except LeaseLostError:
            _log.info("source_run_abandoned", run=str(run_id))
        except KeyDestroyedError:
            return  # the tenant has ended
        finally:
            self._give_back(work)

    def _begin_due(self, tenant_id: TenantId) -> None:
        now = self.clock.now()
        with self.database.transaction(tenant_id) as transaction:
            for source in transaction.sources.all():
                if source.due_at is None or source.due_at > now or source.paused_at is not None:
                    continue
                newest = transaction.source_runs.of(source.id, limit=1)
                if not newest or newest[0].state not in _OPEN:
                    transaction.source_runs.add(a_new_run(source, now))
                following = None if source.every_seconds is None else now + timedelta(seconds=source.every_seconds)
                transaction.sources.update(replace(source, due_at=following))

    def _claimed(self, tenant_id: TenantId, run_id: RunId) -> Work | None:
        now, lease = self.clock.now(), timedelta(seconds=self.lease_seconds)
        with self.database.transaction(tenant_id) as transaction:
            run = transaction.source_runs.claim(run_id, now=now, lease_until=now + lease)
            source = transaction.sources.get(run.source_id) if run is not None else None
            if run is None or source is None:
                return None
            if run.phase is RunPhase.WALKING and run.cursor is None:
                # Things that a run without a cursor added count as known before: it meets them again.
                last, known = transaction.source_items.last(source.id), transaction.source_items.count(source.id)
                run = replace(run, floor=last, known=known)
                transaction.source_runs.update(run)
        return Work(
            database=self.database,
            run=run,
            source=source,
            settings=self.sealed.settings_of(source),
            prints=self.sealed.fingerprints(source),
            lease=lease,
            counts=Counter(run.counts),
            seen=Marked(run.seen),
            matched=Marked(run.matched),
        )

    def _walk(self, work: Work, source: Source, until: datetime) -> bool:
        """Deal with what lies there; say whether that was everything."""
        for batch in _batches(source.walk(after=self.sealed.cursor_of(work.run))):
            found = [one for one in batch if isinstance(one, Found)]
            work.count("blind", len(batch) - len(found))
            self._take(work, found)
            if found:
                work.kept(self.clock.now(), cursor=self.sealed.cursor(work.run, found[-1].place))
            if self._stops(work, until):
                return False
        braked = not work.counts["blind"] and self.clearing.braked(work)
        if braked:
            self._end(work, RunState.BRAKED)
            return False
        work.kept(self.clock.now(), phase=RunPhase.CLEARING)
        return True

    def _take(self, work: Work, found: Sequence[Found]) -> None:
        """Deal with a batch, and keep the lease while it lasts."""
        places = {one.place: work.prints.place(one.place) for one in found}
        with self.database.transaction(work.source.tenant_id) as transaction:
            items = transaction.source_items.at(work.source.id, list(places.values()))
        known = {item.place: item for item in items}
        done = None
        for one in found:
            try:
                self.walking.take(work, one, known.get(places[one.place]))
            except (OverloadedError, TooManyWaitingError):
                if done is not None:
                    work.kept(self.clock.now(), cursor=self.sealed.cursor(work.run, done))
                raise
            done = one.place
            work.count("met")
            if self.clock.now() > work.run.updated_at + work.lease / 4:
                work.kept(self.clock.now(), cursor=self.sealed.cursor(work.run, one.place))

    def _clear(self, work: Work, until: datetime) -> None:
        """Deal with what is gone; a run that could not see everything takes nothing for gone."""
        while not work.counts["blind"] and self.clearing.step(work):
            if self._stops(work, until):
                return
        self._end(work, RunState.DONE)

    def _stops(self, work: Work, until: datetime) -> bool:
        with self.database.transaction(work.source.tenant_id) as transaction:
            source = transaction.sources.get(work.source.id)
        return self.clock.now() >= until or source is None or source.paused_at is not None

    def _end(self, work: Work, state: RunState, *, failure: str | None = None) -> None:
        now, source = self.clock.now(), work.source
        counts = {name: number for name, number in work.counts.items() if number}
        ended = replace(work.run, state=state, failure=failure, counts=counts, ended_at=now, updated_at=now)
        ended = replace(ended, lease_until=None, cursor=None, seen=b"", matched=b"")
        facts = {"run": str(ended.id), "state": state.value, "dry": ended.dry, "confirmed": ended.confirmed}
        with self.database.transaction(source.tenant_id) as transaction:
            if not transaction.source_runs.update(ended):
                return
            transaction.source_runs.prune(source.id, keep=_RUNS_KEPT)
            told = facts | {"failure": failure, "counts": counts}
            made = entry(source.tenant_id, "source_run", actor=ended.asked_by, at=now, subject=source.id, facts=told)
            transaction.audit.append(made)
        work.run = ended

    def _give_back(self, work: Work) -> None:
        """Let the next worker have a run that has not ended, at once."""
        if work.run.state is not RunState.RUNNING:
            return
        with self.database.transaction(work.run.tenant_id) as transaction:
            # To the end of the line: others have waited longer now.
            transaction.source_runs.update(replace(work.run, lease_until=None, updated_at=self.clock.now()))


def a_new_run(source: SourceRecord, now: datetime) -> RunRecord:
    """Return a run of a source that waits for a worker."""
    return RunRecord(
        id=RunId(uuid4()),
        tenant_id=source.tenant_id,
        source_id=source.id,
        state=RunState.QUEUED,
        asked_at=now,
        updated_at=now,
    )


def _batches(found: Iterable[Found | Blind]) -> Iterator[list[Found | Blind]]:
    going = iter(found)
    while batch := list(islice(going, _BATCH)):
        yield batch
