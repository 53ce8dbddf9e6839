"""What a class of data needs before it may leave: the operator's policy, which a tenant may only tighten (R14, R15)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from ingestion.sensitivity import Category
from service.policy.providers import Attestation, EgressClass
from service.policy.quotas import Quota


class DataClass(StrEnum):
    """What kind of data a prompt holds: nothing sensitive, or a category."""

    NON_SENSITIVE = "NON_SENSITIVE"
    PII = "PII"
    PHI = "PHI"
    PCI = "PCI"
    LEGAL_PRIVILEGE = "LEGAL_PRIVILEGE"
    TRADE_SECRET = "TRADE_SECRET"  # noqa: S105 - a category's name, not a credential

    @classmethod
    def of(cls, categories: Iterable[Category]) -> frozenset["DataClass"]:
        """Return the classes of data with these categories; every prompt is at least non-sensitive data."""
        return frozenset({cls.NON_SENSITIVE, *(cls(category.value) for category in categories)})


_ANYTHING = frozenset({Attestation.DPA, Attestation.TRAINING_OPT_OUT})
_PERSONAL = _ANYTHING | {Attestation.ZDR, Attestation.SUBPROCESSORS}
_GRAVE = _PERSONAL | {Attestation.INCIDENT_SLA, Attestation.AUDIT_RIGHT}
NEEDED: Mapping[DataClass, frozenset[Attestation]] = MappingProxyType(
    {
        DataClass.NON_SENSITIVE: _ANYTHING,
        DataClass.PII: _PERSONAL,
        DataClass.PHI: _GRAVE | {Attestation.BAA},
        DataClass.PCI: _GRAVE | {Attestation.SOC2},
        DataClass.LEGAL_PRIVILEGE: _GRAVE,
        DataClass.TRADE_SECRET: _GRAVE | {Attestation.SOC2},
    }
)
"""What each class needs at the very least. No setting takes anything away from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may leave on which terms. Without an argument it is the safe default.

    `required` is needed on top of NEEDED. `providers` None: any that the register holds. `residency`: every region
    named must be the provider's pinned and attested one. `redactable`: categories whose values may be replaced by
    placeholders so that the rest may leave.
    """

    cloud: bool = True
    required: Mapping[DataClass, frozenset[Attestation]] = field(default_factory=dict)
    providers: frozenset[str] | None = None
    residency: frozenset[str] = frozenset()
    redactable: frozenset[Category] = frozenset({Category.PII})

    def needs(self, data: DataClass, *, egress: EgressClass) -> frozenset[Attestation]:
        """Return every attestation that this class of data needs for this way out."""
        needed = NEEDED[data] | self.required.get(data, frozenset())
        if self.residency:
            needed |= {Attestation.RESIDENCY}
        return needed | {Attestation.ENCLAVE} if egress is EgressClass.CONFIDENTIAL else needed

    @property
    def version(self) -> str:
        """The SHA-256 of everything that this policy decides by: evidence names it."""
        told = {
            "cloud": self.cloud,
            "needs": {
                f"{egress}:{data}": sorted(self.needs(data, egress=egress))
                for egress in EgressClass
                for data in DataClass
            },
            "providers": None if self.providers is None else sorted(self.providers),
            "residency": sorted(self.residency),
            "redactable": sorted(self.redactable),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPolicy:
    """What a tenant wants beyond the operator's policy. Without an argument it is the operator's, without redaction.

    `required` holds for every class of data. `redact` names the categories that the tenant lets be replaced by
    placeholders; only what the operator's policy permits takes effect. `erasure_approvals` (1 or 2) is how many API
    keys have to approve an erasure request, `cooling_off_hours` how long nothing is destroyed after that.
    `quota` is how much it wants to have at most, within what the operator lets it have.
    """

    cloud: bool = True
    required: frozenset[Attestation] = frozenset()
    providers: frozenset[str] | None = None
    residency: str | None = None
    redact: frozenset[Category] = frozenset()
    erasure_approvals: int = 1
    cooling_off_hours: int = 0
    quota: Quota = field(default_factory=Quota)


def tightened(operator: Policy, tenant: TenantPolicy) -> Policy:
    """Return the policy in force for a tenant. It permits nothing that the operator's does not."""
    return replace(
        operator,
        cloud=operator.cloud and tenant.cloud,
        required={data: operator.required.get(data, frozenset()) | tenant.required for data in DataClass},
        providers=_both(operator.providers, tenant.providers),
        residency=operator.residency | ({tenant.residency} if tenant.residency else frozenset()),
        redactable=operator.redactable & tenant.redact,
    )


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
