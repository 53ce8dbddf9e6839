"""A run of many documents during which parts die, each at a stage that some document has just reached."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import psutil
import psycopg

from service.ports import JobState
from tests.acceptance.handing_in import Run
from tests.acceptance.services import Services
from tests.acceptance.stages import Stage, armed
from tests.servers.freezing import frozen

_REACHED_SECONDS = 240.0
_STANDSTILL_SECONDS = 240.0
FROZEN_SECONDS = 6.0
"""Longer than a lease here: others take over what stands still."""


class Victim(StrEnum):
    """What dies, or stands still for a while."""

    WORKER_PARENT = "worker parent"
    WORKER_CHILD = "worker child"
    API = "api"
    BROKER = "broker"
    DATABASE = "database"
    INDEX = "index owner"
    BEAT = "beat"
    EVERYTHING = "everything"
    BROKER_FROZEN = "broker frozen"
    DATABASE_FROZEN = "database frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One part, and the stage at which it is hit."""

    victim: Victim
    stage: Stage

    @property
    def counts(self) -> bool:
        """Whether work that was begun may have to be begun again."""
        return self.victim not in {Victim.API, Victim.BEAT}


@dataclass(slots=True, kw_only=True)
class Report:
    """What happened in a run."""

    strikes: list[tuple[Strike, float]] = field(default_factory=list)
    """Each with the seconds until the next document ended."""
    missed: list[Strike] = field(default_factory=list)
    seconds: float = 0.0
    standstill: float = 0.0
    """The longest time in which no document ended."""


@dataclass(slots=True, kw_only=True)
class Storm:
    """Hands documents in, strikes, and waits until every job has ended."""

    services: Services
    run: Run
    report: Report = field(default_factory=Report)
    _ended: int = 0
    _since: float = field(default_factory=time.monotonic)

    def rage(self, strikes: Sequence[Strike]) -> Report:
        """Strike after strike, each when its stage is reached; the last document may have ended before the last."""
        began = self._since = time.monotonic()
        with self.run.handing_in():
            for strike in strikes:
                if not self._strike(strike):
                    self.report.missed.append(strike)
            self.services.wait_until(lambda: self.over() or self._stuck(), seconds=1800)
        assert self.over(), f"no document ended in {_STANDSTILL_SECONDS:.0f} s: {self._counts()}"
        self.report.seconds = time.monotonic() - began
        return self.report

    def _strike(self, strike: Strike) -> bool:
        with armed(self.services.points, strike.stage) as standing:
            self.services.wait_until(lambda: standing() is not None or self.over(), seconds=_REACHED_SECONDS)
            pid = standing()
            if pid is None:
                return False
            before, at = self._ended, time.monotonic()
            self._hit(strike.victim, pid)
        self.services.wait_until(lambda: self._look() > before or self.over(), seconds=_STANDSTILL_SECONDS)
        self.report.strikes.append((strike, time.monotonic() - at))
        return True

    def _hit(self, victim: Victim, standing: int) -> None:
        services = self.services
        match victim:
            case Victim.WORKER_CHILD:
                psutil.Process(standing).kill()
            case Victim.WORKER_PARENT:
                services.kill_parent()
            case Victim.EVERYTHING:
                services.kill_all()
            case Victim.BROKER_FROZEN:
                with frozen(services.broker.processes, seconds=FROZEN_SECONDS):
                    pass
            case Victim.DATABASE_FROZEN:
                with frozen(services.server.processes(), seconds=FROZEN_SECONDS):
                    pass
            case _:
                services.kill(_PARTS[victim])

    def _counts(self) -> Mapping[str, int]:
        """Ask the database itself how many jobs of the run are in which state."""
        query = "select state, count(*) from jobs j join tenants t on t.id = j.tenant_id where slug = %s group by state"
        with psycopg.connect(self.services.owner_url, autocommit=True) as connection:
            return Counter(dict(connection.execute(query, (self.run.tenant,)).fetchall()))

    def over(self) -> bool:
        """Whether every job of the run has ended."""
        return self._look() == self.run.documents

    def _stuck(self) -> bool:
        return time.monotonic() - self._since > _STANDSTILL_SECONDS

    def _look(self) -> int:
        """Return how many jobs have ended, and note for how long none has."""
        counts = self._counts()
        ended = counts[JobState.SUCCEEDED] + counts[JobState.FAILED]
        now = time.monotonic()
        if ended > self._ended:
            self.report.standstill = max(self.report.standstill, now - self._since)
            self._ended, self._since = ended, now
        return ended


_PARTS = {
    Victim.API: "api",
    Victim.BROKER: "broker",
    Victim.DATABASE: "postgres",
    Victim.INDEX: "edge",
    Victim.BEAT: "beat",
}
