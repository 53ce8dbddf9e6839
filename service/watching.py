"""Watches the share of prompts that stay local, so that a labeller that fails or lets everything pass is noticed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import structlog

from service import metrics
from service.drift import Direction, Drift, after
from service.errors import PartUnavailableError
from service.policy.routing import Cause, Reason, Route
from service.ports import AuditRecord, Database

_log = structlog.get_logger()

ROUTED = "prompt_routed"
_REMEMBERED = 300
"""Decisions of each tenant that are read at the start, so that an outage which begins with an update is seen."""
_UNDECIDED = frozenset({Cause.NO_SOURCES, Cause.CLOUD_NOT_CONFIGURED, Cause.CLOUD_FAILED})
"""Causes that say nothing of labels: nothing was found, there is no choice, or the choice was made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The share of local prompts, recently and as it usual is, from 0 to 1; None until there is enough to tell."""

    recent: float | None = None
    usual: float | None = None
    jumped: Direction | None = None


class Watch:
    """Hears of every decision in this process. Safe in threads; knows routes and causes, never who or what."""

    def __init__(self) -> None:
        self._drift = Drift()
        self._guard = Lock()

    def routed(self, route: Route, reasons: Sequence[Reason]) -> None:
        """Count a decision."""
        metrics.routed(route.value, [reason.cause.value for reason in reasons])
        if _UNDECIDED.isdisjoint(reason.cause for reason in reasons):
            self._hear(local=route is Route.LOCAL)

    def refused(self) -> None:
        """Count a prompt that had to stay local when nothing local answered."""
        metrics.routed("none", [Cause.LOCAL_UNAVAILABLE.value])
        self._hear(local=True)

    def learn(self, database: Database) -> None:
        """Take what was decided before this process began for what is usual; the database may be away."""
        try:
            past = sorted(_recorded(database), key=lambda entry: entry.at)
        except PartUnavailableError:
            _log.warning("watch_not_seeded")
            return
        for entry in past:
            local = _was_local(entry)
            if local is not None:
                with self._guard:
                    self._drift = after(self._drift, local)
        self._tell()

    def share(self) -> Share:
        """Return what is known now."""
        drift = self._drift
        if not drift.seen:
            return Share()
        return Share(recent=drift.recent, usual=drift.usual, jumped=drift.jumped)

    def _hear(self, *, local: bool) -> None:
        with self._guard:
            before, now = self._drift.jumped, after(self._drift, local)
            self._drift = now
        self._tell()
        facts = {"share": round(now.recent, 3), "usual": round(now.usual, 3)}
        if now.jumped is not None and before is None:
            _log.error("local_share_jumped", direction=now.jumped.value, **facts)
        elif before is not None and now.jumped is None:
            _log.info("local_share_settled", direction=before.value, **facts)

    def _tell(self) -> None:
        drift = self._drift
        metrics.local_share(drift.recent, drift.usual, jumped=drift.jumped)


def _recorded(database: Database) -> Iterable[AuditRecord]:
    for tenant in database.tenants():
        with database.transaction(tenant.id) as transaction:
            yield from transaction.audit.page(limit=_REMEMBERED, action=ROUTED)


def _was_local(entry: AuditRecord) -> bool | None:
    """Return the route of a recorded decision, None where it says nothing of labels."""
    reasons = entry.facts.get("reasons")
    causes = {str(one.get("cause")) for one in reasons if isinstance(one, dict)} if isinstance(reasons, list) else set()
    return entry.facts.get("route") == Route.LOCAL.value if causes.isdisjoint(_UNDECIDED) else None
