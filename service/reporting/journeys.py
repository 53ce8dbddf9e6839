"""What became of every question: audit entries folded into one journey per answer id."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from service.policy.routing import Route
from service.ports import AuditRecord

ROUTED, ANSWERED, REFUSED = "prompt_routed", "answer_made", "prompt_refused"
ACTIONS = (ROUTED, ANSWERED, REFUSED)
"""The entries that tell of questions; every one has the answer's id as its subject."""


class Outcome(StrEnum):
    """How a question ended."""

    LOCAL = "local"
    CLOUD = "cloud"
    REFUSED = "refused"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One question from its first decision to its end, oldest entry first.

    `left` says whether a prompt was permitted to leave for the cloud, whoever answered in the end: a cloud
    that fails has been sent the prompt all the same.
    """

    answer_id: UUID
    entries: tuple[AuditRecord, ...]
    outcome: Outcome

    @property
    def at(self) -> datetime:
        """When the first decision was taken."""
        return self.entries[0].at

    @property
    def user(self) -> str:
        """Who asked: the pseudonym under which the audit knows them."""
        return str(self.entries[0].actor)

    @property
    def decisions(self) -> tuple[AuditRecord, ...]:
        """The routing decisions, in order: two where a cloud failed and the answer was made locally."""
        return tuple(entry for entry in self.entries if entry.action == ROUTED)

    @property
    def sent(self) -> tuple[AuditRecord, ...]:
        """The decisions that permitted the prompt to leave."""
        return tuple(entry for entry in self.decisions if _route(entry) == Route.CLOUD)

    @property
    def left(self) -> bool:
        """Whether a permit to send was on record, or an answer that came by one from before the period."""
        return any(_route(entry) == Route.CLOUD for entry in self.entries)

    @property
    def cause(self) -> str:
        """The first reason of the last decision."""
        for entry in reversed(self.entries):
            reasons = cast("list[Mapping[str, object]]", entry.facts.get("reasons") or [])
            if reasons:
                return str(reasons[0]["cause"])
        return "unknown"


def journeys(entries: Iterable[AuditRecord]) -> Iterator[Journey]:
    """Yield a journey per answer id as it ends; at last those without an end. Entries come oldest first.

    Only journeys that have not ended are held in memory.
    """
    pending: dict[UUID, list[AuditRecord]] = {}
    for entry in entries:
        if entry.subject is None or entry.action not in ACTIONS:
            continue
        pending.setdefault(entry.subject, []).append(entry)
        if entry.action != ROUTED:
            yield _ended(entry.subject, pending.pop(entry.subject))
    for answer_id, left in pending.items():
        yield _ended(answer_id, left)


def _ended(answer_id: UUID, entries: list[AuditRecord]) -> Journey:
    return Journey(answer_id=answer_id, entries=tuple(entries), outcome=_outcome(entries[-1]))


def _outcome(last: AuditRecord) -> Outcome:
    if last.action == REFUSED:
        return Outcome.REFUSED
    if last.action == ROUTED:
        return Outcome.UNFINISHED
    return Outcome.CLOUD if _route(last) == Route.CLOUD else Outcome.LOCAL


def _route(entry: AuditRecord) -> object:
    return entry.facts.get("route")
