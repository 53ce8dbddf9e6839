"""Erasure requests: how one lives, why it is asked for or refused, when it is due, who has to agree (R40, R46)."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from service.policy.access import KeyId


class ErasureKind(StrEnum):
    """What a request is about: documents that somebody names, a data subject, or everything of a tenant."""

    DOCUMENTS = "documents"
    SUBJECT = "subject"
    TENANT = "tenant"


class ErasureState(StrEnum):
    """The life of a request."""

    RECEIVED = "received"
    LOCATED = "located"
    APPROVED = "approved"
    EXECUTING = "executing"
    PARTIAL = "partial"
    ON_HOLD = "on_hold"
    VERIFIED = "verified"
    REFUSED = "refused"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[ErasureState, frozenset[ErasureState]] = MappingProxyType(
    {
        ErasureState.RECEIVED: frozenset({ErasureState.LOCATED, ErasureState.REFUSED, ErasureState.CANCELLED}),
        ErasureState.LOCATED: frozenset({ErasureState.APPROVED, ErasureState.REFUSED, ErasureState.CANCELLED}),
        # Back to located: something was found since the preview that nobody has decided about.
        ErasureState.APPROVED: frozenset(
            {ErasureState.LOCATED, ErasureState.EXECUTING, ErasureState.REFUSED, ErasureState.CANCELLED}
        ),
        ErasureState.EXECUTING: frozenset({ErasureState.VERIFIED, ErasureState.PARTIAL, ErasureState.ON_HOLD}),
        # Tried again until the verifier finds nothing; or something else is chosen for what remains.
        ErasureState.PARTIAL: frozenset({ErasureState.EXECUTING, ErasureState.LOCATED}),
        # A hold that is never lifted ends in a refusal; what was destroyed before stays destroyed.
        ErasureState.ON_HOLD: frozenset({ErasureState.EXECUTING, ErasureState.LOCATED, ErasureState.REFUSED}),
        ErasureState.VERIFIED: frozenset(),
        ErasureState.REFUSED: frozenset(),
        ErasureState.CANCELLED: frozenset(),
    }
)
"""Which state may follow which. There is no other way through a request."""

ENDED = frozenset(state for state, following in TRANSITIONS.items() if not following)
"""Nothing happens to a request in one of these any more."""
OPEN = frozenset(ErasureState) - ENDED


class ErasureReason(StrEnum):
    """Why something is to be erased: Art. 17(1) GDPR, letter by letter, or an owner's own decision."""

    NO_LONGER_NECESSARY = "no_longer_necessary"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OBJECTION = "objection"
    UNLAWFUL_PROCESSING = "unlawful_processing"
    LEGAL_OBLIGATION = "legal_obligation"
    CHILD = "child"
    OWNER_DECISION = "owner_decision"
    GONE_AT_SOURCE = "gone_at_source"
    """The document is gone where it came from, and its source's policy has it erased. Nobody else can give it."""


class Refusal(StrEnum):
    """Why an erasure is refused: the exceptions of Art. 17(3) GDPR, letter by letter."""

    FREEDOM_OF_EXPRESSION = "freedom_of_expression"
    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_HEALTH = "public_health"
    ARCHIVING_OR_RESEARCH = "archiving_or_research"
    LEGAL_CLAIMS = "legal_claims"


class ExtensionReason(StrEnum):
    """Why the answer takes longer, as Art. 12(3) GDPR knows it."""

    COMPLEXITY = "complexity"
    NUMBER_OF_REQUESTS = "number_of_requests"


class LeaveReason(StrEnum):
    """Why one document that was found stays as it is."""

    NOT_ABOUT_THE_PERSON = "not_about_the_person"
    FREEDOM_OF_EXPRESSION = "freedom_of_expression"
    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_HEALTH = "public_health"
    ARCHIVING_OR_RESEARCH = "archiving_or_research"
    LEGAL_CLAIMS = "legal_claims"
    BACK_AT_SOURCE = "back_at_source"


class ErasureAction(StrEnum):
    """What happens to one thing that was found."""

    ERASE = "erase"
    REDACT = "redact"
    LEAVE = "leave"


ARTICLE: Mapping[str, str] = MappingProxyType(
    {
        ErasureReason.NO_LONGER_NECESSARY: "Art. 17(1)(a)",
        ErasureReason.CONSENT_WITHDRAWN: "Art. 17(1)(b)",
        ErasureReason.OBJECTION: "Art. 17(1)(c)",
        ErasureReason.UNLAWFUL_PROCESSING: "Art. 17(1)(d)",
        ErasureReason.LEGAL_OBLIGATION: "Art. 17(1)(e)",
        ErasureReason.CHILD: "Art. 17(1)(f)",
    }
)
"""Where a reason stands in the GDPR; an owner's own decision stands nowhere."""
EXCEPTION: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.FREEDOM_OF_EXPRESSION: "Art. 17(3)(a)",
        Refusal.LEGAL_OBLIGATION: "Art. 17(3)(b)",
        Refusal.PUBLIC_HEALTH: "Art. 17(3)(c)",
        Refusal.ARCHIVING_OR_RESEARCH: "Art. 17(3)(d)",
        Refusal.LEGAL_CLAIMS: "Art. 17(3)(e)",
    }
)
"""Where an exception stands in the GDPR."""

MONTHS = 1
FURTHER_MONTHS = 2
WARNING_DAYS = 7
"""So long before it is due, a request is warned of."""
MOST_APPROVALS = 2


def follows(state: ErasureState, following: ErasureState) -> bool:
    """Whether a request may go from one state to the other."""
    return following in TRANSITIONS[state]


def months_after(moment: datetime, months: int) -> datetime:
    """Return the same day and time so many calendar months later; the month's last day where it has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def due_at(received: datetime, *, extended: bool = False) -> datetime:
    """Return when a request has to be answered: one month after receipt, three where it was extended.

    To the minute of receipt, so never later than the end of that day, which the law would allow.
    """
    return months_after(received, MONTHS + FURTHER_MONTHS if extended else MONTHS)


def may_extend(state: ErasureState, *, due: datetime, extended: bool, now: datetime) -> bool:
    """Whether the one extension can still be made: the person has to hear of it within the first month."""
    return state in OPEN and not extended and now <= due


def days_left(due: datetime, *, now: datetime) -> int:
    """Return the whole days until it is due; negative once it is overdue, also by less than a day."""
    return (due - now) // timedelta(days=1)


def approvals_needed(kind: ErasureKind, *, wanted: int) -> int:
    """Return how many different API keys have to approve; a tenant's end always needs two."""
    return MOST_APPROVALS if kind is ErasureKind.TENANT else min(max(wanted, 1), MOST_APPROVALS)


def approved(by: Iterable[KeyId], *, needed: int) -> bool:
    """Whether enough different API keys have approved."""
    return len(set(by)) >= needed


def starts_at(approved_at: datetime, *, cooling_off_hours: int) -> datetime:
    """Return the earliest moment at which something may be destroyed."""
    return approved_at + timedelta(hours=cooling_off_hours)
