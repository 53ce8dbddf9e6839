"""What each provider has promised in writing, until when, and whether that holds on a given day (R15, R16)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

ANYWHERE = "global"
REGIONS = frozenset({ANYWHERE, "us"})
"""Where the Messages API lets a request be pinned to (`inference_geo`). It knows no EU, so nothing can promise that.

https://platform.claude.com/docs/en/build-with-claude/data-residency; models before Claude Opus 4.6 cannot be pinned.
"""
WARNING_DAYS = 30
"""So long before its last day an attestation is told to be expiring."""


class EgressClass(StrEnum):
    """How text leaves the building: to a provider's cloud, or into an attested enclave that its operator cannot read.

    Nothing here speaks to an enclave yet, so no prompt is ever routed there: the class has its terms, and no route.
    """

    CLOUD = "cloud"
    CONFIDENTIAL = "confidential"


class Attestation(StrEnum):
    """One promise of a provider that somebody has checked."""

    DPA = "dpa"
    TRAINING_OPT_OUT = "training_opt_out"
    ZDR = "zdr"
    BAA = "baa"
    RESIDENCY = "residency"
    SOC2 = "soc2"
    SUBPROCESSORS = "subprocessors"
    INCIDENT_SLA = "incident_sla"
    AUDIT_RIGHT = "audit_right"
    ENCLAVE = "enclave"


MEANING: Mapping[Attestation, str] = {
    Attestation.DPA: "data processing agreement signed (GDPR Art. 28)",
    Attestation.TRAINING_OPT_OUT: "nothing we send is used for training, in writing",
    Attestation.ZDR: "zero data retention: prompts and answers are not kept after the answer",
    Attestation.BAA: "business associate agreement signed (HIPAA)",
    Attestation.RESIDENCY: "where prompts are processed, in writing; it must be the region that requests are pinned to",
    Attestation.SOC2: "SOC 2 Type II report read by us",
    Attestation.SUBPROCESSORS: "list of subprocessors reviewed by us",
    Attestation.INCIDENT_SLA: "incidents are notified within an agreed time",
    Attestation.AUDIT_RIGHT: "we may audit, or get the audits of others",
    Attestation.ENCLAVE: "remote attestation of the enclave verified (confidential computing)",
}


class Standing(StrEnum):
    """Whether an attestation counts on a day. EXPIRING still counts."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where an attestation can be looked up, and its last day (that day included, in UTC).

    `region` is what a residency attestation promises; `report_date` the date of a SOC 2 report.
    """

    attestation: Attestation
    reference: str
    valid_until: date
    region: str | None = None
    report_date: date | None = None

    def days_left(self, on: date) -> int:
        """Return the days after this one on which it still counts; negative once it has expired."""
        return (self.valid_until - on).days

    def standing(self, on: date) -> Standing:
        """Say whether it counts on this day."""
        days = self.days_left(on)
        if days < 0:
            return Standing.EXPIRED
        return Standing.EXPIRING if days <= WARNING_DAYS else Standing.VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider as the operator's register knows it: one pinned model in one pinned region, and its promises."""

    name: str
    egress: EgressClass
    backend: str
    model: str
    region: str
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two answers to one question: the expired one could hide behind the other."""
        if len({one.attestation for one in self.evidence}) < len(self.evidence):
            message = "a provider has one evidence for an attestation"
            raise ValueError(message)

    @property
    def residency(self) -> str | None:
        """The region that the provider has promised and that every request is pinned to, if that is one at all."""
        promised = self.of(Attestation.RESIDENCY)
        pinned = self.region in REGIONS - {ANYWHERE}
        return self.region if pinned and promised is not None and promised.region == self.region else None

    def of(self, attestation: Attestation) -> Evidence | None:
        """Return the evidence for an attestation."""
        return next((one for one in self.evidence if one.attestation is attestation), None)

    def standing(self, attestation: Attestation, *, on: date) -> Standing:
        """Say whether the attestation counts on this day. One that nobody wrote down is missing."""
        found = self.of(attestation)
        return Standing.MISSING if found is None else found.standing(on)

    def lacks(self, needed: Iterable[Attestation], *, on: date) -> tuple[str, ...]:
        """Return a code such as `baa_missing` or `dpa_expired` for each attestation that does not count."""
        standings = ((one, self.standing(one, on=on)) for one in sorted(needed))
        return tuple(f"{one}_{how}" for one, how in standings if how in {Standing.MISSING, Standing.EXPIRED})


class RegisterState(StrEnum):
    """Whether there is a register that can be read."""

    READ = "read"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """An attestation that expires soon or has expired; `days` is negative then."""

    provider: str
    attestation: Attestation
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Every provider that the operator wrote down. Where it is missing or unreadable, nothing is attested."""

    providers: tuple[Provider, ...] = ()
    state: RegisterState = RegisterState.READ

    def days(self, on: date) -> tuple[Expiry, ...]:
        """Return how many days each attestation of each provider has left."""
        return tuple(
            Expiry(provider=provider.name, attestation=one.attestation, days=one.days_left(on))
            for provider in self.providers
            for one in provider.evidence
        )

    def expiries(self, on: date) -> tuple[Expiry, ...]:
        """Return what expires within the warning time or has expired, soonest first."""
        return tuple(
            sorted(
                (one for one in self.days(on) if one.days <= WARNING_DAYS),
                key=lambda one: (one.days, one.provider, one.attestation),
            )
        )
