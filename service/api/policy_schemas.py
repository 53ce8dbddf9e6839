"""Providers and policies over the wire, version 1."""

from dataclasses import fields
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct, convert, field

from ingestion.sensitivity import Category
from service.governing import Governed
from service.policy.providers import (
    MEANING,
    Attestation,
    EgressClass,
    Expiry,
    Provider,
    RegisterState,
    Standing,
)
from service.policy.quotas import Quota
from service.policy.terms import Going, Terms, Way, goings
from service.policy.tightening import DataClass, Policy, TenantPolicy

ProviderName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}\Z")]
Region = Annotated[str, Meta(pattern=r"^[a-z]{2,16}\Z", examples=["us"])]


class AttestationBody(Struct, kw_only=True):
    """One promise of a provider: whether it counts today, where to look it up, and its last day."""

    attestation: Attestation
    meaning: str
    standing: Standing
    evidence: str | None
    valid_until: date | None
    days_left: int | None
    report_date: date | None
    region: str | None


class ProviderBody(Struct, kw_only=True):
    """One provider of the register; `model_matches` says whether its pin is the configured cloud model."""

    name: str
    kind: EgressClass
    backend: str
    model: str
    model_matches: bool
    region: str
    attestations: list[AttestationBody]

    @classmethod
    def of(cls, provider: Provider, terms: Terms) -> "ProviderBody":
        """Present a provider, with what it has not promised too."""
        asked = [one for one in Attestation if provider.of(one) or one is not Attestation.ENCLAVE]
        return cls(
            name=provider.name,
            kind=provider.egress,
            backend=provider.backend,
            model=provider.model,
            model_matches=provider.model == terms.model,
            region=provider.region,
            attestations=[_attested(provider, one, terms.on) for one in asked],
        )


def _attested(provider: Provider, attestation: Attestation, on: date) -> AttestationBody:
    found = provider.of(attestation)
    return AttestationBody(
        attestation=attestation,
        meaning=MEANING[attestation],
        standing=provider.standing(attestation, on=on),
        evidence=found.reference if found else None,
        valid_until=found.valid_until if found else None,
        days_left=found.days_left(on) if found else None,
        report_date=found.report_date if found else None,
        region=found.region if found else None,
    )


class GoingBody(Struct, kw_only=True):
    """How data of a class may leave one way now; `lacking` names the terms that are not met."""

    data: DataClass
    egress: EgressClass
    way: Way
    lacking: list[str]

    @classmethod
    def of(cls, going: Going) -> "GoingBody":
        """Present a line of the table."""
        return cls(data=going.data, egress=going.egress, way=going.way, lacking=list(going.lacking))


class ExpiryBody(Struct, kw_only=True):
    """An attestation that expires within 30 days, or has expired (negative days)."""

    provider: str
    attestation: Attestation
    days: int

    @classmethod
    def of(cls, expiry: Expiry) -> "ExpiryBody":
        """Present a warning."""
        return cls(provider=expiry.provider, attestation=expiry.attestation, days=expiry.days)


class ProvidersBody(Struct, kw_only=True):
    """The register as it counts on this day, under the policy in force for the tenant."""

    on: date
    register: RegisterState
    policy: str
    providers: list[ProviderBody]
    may_go: list[GoingBody]
    expiring: list[ExpiryBody]

    @classmethod
    def of(cls, terms: Terms) -> "ProvidersBody":
        """Present the terms of a moment."""
        return cls(
            on=terms.on,
            register=terms.register.state,
            policy=terms.policy.version,
            providers=[ProviderBody.of(provider, terms) for provider in terms.register.providers],
            may_go=[GoingBody.of(going) for going in goings(terms)],
            expiring=[ExpiryBody.of(one) for one in terms.register.expiries(terms.on)],
        )


Limit = Annotated[int, Meta(ge=1, le=2**53)]


class QuotaBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The most that a tenant wants to have of each; null: what the operator lets it have."""

    documents: Limit | None = None
    stored_bytes: Limit | None = None
    waiting_jobs: Limit | None = None
    running_jobs: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class UsedBody(Struct, kw_only=True):
    """How much a tenant may have of something (null: any number) and how much of it there is."""

    limit: int | None
    current: int


class TenantPolicyBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a tenant wants beyond the operator's policy. Left out: nothing beyond it, and no redaction."""

    cloud: bool = True
    required: list[Attestation] = []
    providers: list[ProviderName] | None = None
    residency: Region | None = None
    redact: list[Category] = []
    erasure_approvals: Annotated[int, Meta(ge=1, le=2)] = 1
    cooling_off_hours: Annotated[int, Meta(ge=0, le=168)] = 0
    quota: QuotaBody = field(default_factory=QuotaBody)

    def wanted(self) -> TenantPolicy:
        """Return the policy that the body asks for."""
        return TenantPolicy(
            cloud=self.cloud,
            required=frozenset(self.required),
            providers=None if self.providers is None else frozenset(self.providers),
            residency=self.residency,
            redact=frozenset(self.redact),
            erasure_approvals=self.erasure_approvals,
            cooling_off_hours=self.cooling_off_hours,
            quota=convert(self.quota, Quota, from_attributes=True),
        )

    @classmethod
    def of(cls, wanted: TenantPolicy) -> "TenantPolicyBody":
        """Present a tenant's policy."""
        return cls(
            cloud=wanted.cloud,
            required=sorted(wanted.required),
            providers=None if wanted.providers is None else sorted(wanted.providers),
            residency=wanted.residency,
            redact=sorted(wanted.redact),
            erasure_approvals=wanted.erasure_approvals,
            cooling_off_hours=wanted.cooling_off_hours,
            quota=convert(wanted.quota, QuotaBody, from_attributes=True),
        )


class InForceBody(Struct, kw_only=True):
    """The operator's policy, tightened by the tenant's; `version` is the hash that evidence names."""

    version: str
    cloud: bool
    needs: dict[str, list[Attestation]]
    providers: list[str] | None
    residency: list[str]
    redaction: list[Category]

    @classmethod
    def of(cls, policy: Policy) -> "InForceBody":
        """Present the policy in force."""
        return cls(
            version=policy.version,
            cloud=policy.cloud,
            needs={data.value: sorted(policy.needs(data, egress=EgressClass.CLOUD)) for data in DataClass},
            providers=None if policy.providers is None else sorted(policy.providers),
            residency=sorted(policy.residency),
            redaction=sorted(policy.redactable),
        )


class PolicyBody(Struct, kw_only=True):
    """A tenant's policy (version 0: it never set one) and what is in force because of it."""

    version: int
    set_at: datetime | None
    wanted: TenantPolicyBody
    in_force: InForceBody
    quota: dict[str, UsedBody]

    @classmethod
    def of(cls, governed: Governed) -> "PolicyBody":
        """Present what a tenant wants and what it gets."""
        record = governed.record
        return cls(
            version=record.version if record else 0,
            set_at=record.set_at if record else None,
            wanted=TenantPolicyBody.of(governed.wanted),
            in_force=InForceBody.of(governed.terms.policy),
            quota={
                one.name: UsedBody(limit=getattr(governed.quota, one.name), current=getattr(governed.usage, one.name))
                for one in fields(Quota)
            },
        )
