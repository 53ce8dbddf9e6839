"""Whose job a worker takes next: a ring is a doorbell, and no tenant's thousands keep another one waiting (R60)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.policy.access import TenantId

_BULK_EVERY = 4
"""Of so many turns one goes to bulk first, so that endless interactive uploads do not stop it for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a tenant has of one kind of job at a moment.

    `interactive` and `bulk` say whether one is due, `running` how many jobs workers hold, `most` how many they may
    hold at once (None: any number). A tenant whose work is paused has nothing due.
    """

    tenant_id: TenantId
    interactive: bool = False
    bulk: bool = False
    running: int = 0
    most: int | None = None

    @property
    def has_room(self) -> bool:
        """Whether more of its jobs may be taken now."""
        return self.most is None or self.running < self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A tenant whose jobs may be taken now: the interactive ones or the bulk, until `most` of its jobs run."""

    tenant_id: TenantId
    bulk: bool
    most: int | None = None


def turns(
    standings: Iterable[Standing], *, served: Mapping[TenantId, int], number: int, bulk: bool
) -> tuple[Turn, ...]:
    """Return whose jobs to try, best first: the tenant with the fewest running, then the one served longest ago.

    `served` says in which turn of this worker each tenant was last served, `number` which turn this is. Interactive
    jobs go before bulk, but for every fourth turn. Without `bulk` only interactive jobs are looked for: a worker that
    is kept for them does not begin a long batch.
    """
    able = sorted(
        (one for one in standings if one.has_room),
        key=lambda one: (one.running, served.get(one.tenant_id, -1)),
    )
    hurried = [Turn(tenant_id=one.tenant_id, bulk=False, most=one.most) for one in able if one.interactive]
    if not bulk:
        return tuple(hurried)
    patient = [Turn(tenant_id=one.tenant_id, bulk=True, most=one.most) for one in able if one.bulk]
    return tuple((*patient, *hurried) if number % _BULK_EVERY == _BULK_EVERY - 1 else (*hurried, *patient))
