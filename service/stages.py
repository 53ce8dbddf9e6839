"""Tells how far jobs are, stage by stage: for people who watch, so never at the price of the work itself (R60)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from service.errors import PartUnavailableError
from service.ports import Clock, Database, JobRecord, Stage

_log = structlog.get_logger()
_EVERY = timedelta(seconds=1)
"""Within a stage nobody is told more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Writes progress under the fences of the jobs: whoever lost one tells nothing any more."""

    database: Database
    clock: Clock

    def reached(self, jobs: Sequence[JobRecord], stage: Stage, *, total: int = 0) -> "Steps":
        """Say that these jobs of one tenant have begun a stage with so many steps; return what counts them."""
        self.tell(jobs, stage, done=0, total=total)
        return Steps(stages=self, jobs=jobs, stage=stage, total=total)

    def tell(self, jobs: Sequence[JobRecord], stage: Stage, *, done: int, total: int) -> None:
        """Write it. Where the database does not answer nobody learns of it, and the work goes on."""
        if not jobs:
            return
        held = [(job.id, job.fence) for job in jobs]
        try:
            with self.database.transaction(jobs[0].tenant_id) as transaction:
                transaction.jobs.progress(held, stage=stage, done=done, total=total, at=self.clock.now())
        except PartUnavailableError:
            _log.warning("progress_not_told", jobs=len(jobs))


class Steps:
    """Counts the steps of a stage, and tells of them about once a second."""

    def __init__(self, *, stages: Stages, jobs: Sequence[JobRecord], stage: Stage, total: int) -> None:
        self._stages, self._jobs, self._stage, self._total = stages, jobs, stage, total
        self._done, self._told_at = 0, stages.clock.now()

    def done(self, steps: int) -> None:
        """Count so many more."""
        self._done += steps
        now = self._stages.clock.now()
        if now - self._told_at >= _EVERY:
            self._told_at = now
            self._stages.tell(self._jobs, self._stage, done=self._done, total=self._total)
