"""The switch from one vector space to another, and the end of the one that served before."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from service.auditing import entry
from service.policy.access import TenantId
from service.ports import Clock, Database, Transaction
from service.ports.spaces import SpaceId, SpaceRecord, SpaceState
from service.spaces import Spaces

_log = structlog.get_logger()
_GRACE = timedelta(seconds=10)
"""How long a retired space keeps its points: a question on its way ends in the space where it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """Exchanges what serves in one commit, and drops what serves no more."""

    database: Database
    spaces: Spaces
    clock: Clock

    def switch(self, space: SpaceRecord) -> bool:
        """Have the space serve if every document is built and counted there; return whether there is more to do first.

        Under a lock on both rows: whoever writes a document holds them too, so no write is half in the old order.
        """
        now = self.clock.now()
        with self.database.transaction(space.tenant_id) as transaction:
            serving, building = _locked(transaction, space.id)
            if building is None or building.state is not SpaceState.BUILDING:
                return False
            counts = transaction.spaces.counts(space.id)
            if counts.verified < counts.documents:
                return True
            building = replace(building, seen_whole_at=building.seen_whole_at or now)
            transaction.spaces.update(building)
            if building.hold:
                return False
            if serving is not None:
                transaction.spaces.update(replace(serving, state=SpaceState.RETIRED, ended_at=now))
            transaction.spaces.update(replace(building, state=SpaceState.SERVING, served_at=now, lease_until=None))
            transaction.spaces.unmark(space.id)
            facts = {"space": building.name, "before": serving.name if serving else None, "documents": counts.documents}
            transaction.audit.append(
                entry(space.tenant_id, "reembedding_switched", at=now, subject=space.id, facts=facts)
            )
        _log.info("reembedding_switched", documents=counts.documents)
        return False

    def drop(self, tenant_id: TenantId) -> int:
        """Remove what is left of retired and cancelled spaces, bytes too; return of how many. Twice does no harm."""
        now = self.clock.now()
        with self.database.transaction(tenant_id) as transaction:
            leaving = transaction.spaces.leaving()
        due = [one for one in leaving if one.state is SpaceState.CANCELLED or _over(one) <= now]
        for space in due:
            self.spaces.index.in_space(space.space).drop(tenant_id=tenant_id)
            with self.database.transaction(tenant_id) as transaction:
                current = transaction.spaces.get(space.id, lock=True)
                if current is not None and current.dropped_at is None:
                    transaction.spaces.unmark(space.id)
                    transaction.spaces.update(replace(current, dropped_at=now, lease_until=None))
                    facts = {"space": space.name, "state": space.state}
                    transaction.audit.append(
                        entry(tenant_id, "vector_space_dropped", at=now, subject=space.id, facts=facts)
                    )
        return len(due)


def _over(space: SpaceRecord) -> datetime:
    return (space.ended_at or space.created_at) + _GRACE


def _locked(transaction: Transaction, space_id: SpaceId) -> tuple[SpaceRecord | None, SpaceRecord | None]:
    """Lock the space that serves and this one, by ascending id as everybody does, and return them as they are then."""
    ids = {one.id for one in transaction.spaces.live()} | {space_id}
    rows = [transaction.spaces.get(one, lock=True) for one in sorted(ids)]
    serving = [one for one in rows if one is not None and one.state is SpaceState.SERVING]
    found = [one for one in rows if one is not None and one.id == space_id]
    return serving[0] if serving else None, found[0] if found else None
