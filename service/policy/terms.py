"""The terms of one moment: the policy in force held against the register, on one day, for one pinned model (R15)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ingestion.sensitivity import Category
from service.policy.providers import Attestation, EgressClass, Evidence, Provider, Register, RegisterState
from service.policy.tightening import DataClass, Policy

BACKENDS = {EgressClass.CLOUD: "anthropic", EgressClass.CONFIDENTIAL: "none"}
"""What text goes through on each way out. There is none into an enclave, so nothing goes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator wrote down: the policy and the register."""

    policy: Policy
    register: Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Data of these classes may go to this provider's model in this region, relying on these attestations."""

    provider: str
    model: str
    region: str
    data: frozenset[DataClass]
    relied_on: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """No provider may be sent that data now; the codes say what the best of them lacks."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What may go where now. `model` is the cloud model that is configured, None where none is."""

    policy: Policy
    register: Register
    on: date
    model: str | None

    def agreement(self, data: Iterable[DataClass], *, egress: EgressClass = EgressClass.CLOUD) -> Agreement | Lacking:
        """Return on what terms data of all these classes may leave this way, or what is lacking.

        More classes, fewer attestations or a later day never turn Lacking into an Agreement.
        """
        classes = frozenset(data) | {DataClass.NON_SENSITIVE}
        needed = frozenset[Attestation]().union(*(self.policy.needs(one, egress=egress) for one in classes))
        if not self.policy.cloud:
            return Lacking(codes=("cloud_forbidden",))
        if self.register.state is not RegisterState.READ:
            return Lacking(codes=(f"register_{self.register.state}",))
        weighed = [
            (self._lacks(provider, needed), provider)
            for provider in self.register.providers
            if provider.egress is egress
        ]
        if not weighed:
            return Lacking(codes=("provider_missing",))
        # The first of those that lack least: the same register always gives the same provider and the same words.
        lacks, best = min(weighed, key=lambda one: len(one[0]))
        if lacks:
            return Lacking(codes=lacks)
        return Agreement(
            provider=best.name,
            model=best.model,
            region=best.region,
            data=classes,
            relied_on=tuple(one for one in best.evidence if one.attestation in needed),
        )

    def _lacks(self, provider: Provider, needed: frozenset[Attestation]) -> tuple[str, ...]:
        codes: list[str] = []
        if self.policy.providers is not None and provider.name not in self.policy.providers:
            codes.append("provider_forbidden")
        if provider.egress is not EgressClass.CLOUD or provider.backend != BACKENDS[EgressClass.CLOUD]:
            codes.append("backend_missing")
        elif self.model is None:
            codes.append("cloud_not_configured")
        elif provider.model != self.model:
            codes.append("model_not_pinned")
        codes += [f"residency_{region}_not_attested" for region in sorted(self.policy.residency - {provider.residency})]
        return (*codes, *provider.lacks(needed, on=self.on))


class Way(StrEnum):
    """How data of a class may leave, if at all."""

    AS_IT_IS = "as_it_is"
    AS_PLACEHOLDERS = "as_placeholders"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Whether data of a class may go one way now, and what the terms lack for it."""

    data: DataClass
    egress: EgressClass
    way: Way
    lacking: tuple[str, ...]


def goings(terms: Terms) -> tuple[Going, ...]:
    """Return for each way out and class of data whether it may be taken now."""
    return tuple(_going(terms, data, egress) for egress in EgressClass for data in DataClass)


def _going(terms: Terms, data: DataClass, egress: EgressClass) -> Going:
    found = terms.agreement({data}, egress=egress)
    if isinstance(found, Lacking):
        return Going(data=data, egress=egress, way=Way.NEVER, lacking=found.codes)
    return Going(data=data, egress=egress, way=way_out(terms.policy, data), lacking=())


def way_out(policy: Policy, data: DataClass) -> Way:
    """Return how data of a class may go to a cloud whose terms are met: sensitive data never goes as it is (R10)."""
    if data is DataClass.NON_SENSITIVE:
        return Way.AS_IT_IS
    return Way.AS_PLACEHOLDERS if Category(data.value) in policy.redactable else Way.NEVER
