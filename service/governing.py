"""Who sees the register and the policy in force, who changes a tenant's, and who is warned of what expires."""

from dataclasses import dataclass
from datetime import date

import structlog
from msgspec import to_builtins

from service import metrics
from service.admitting import Admission
from service.auditing import entry
from service.errors import InvalidRequestError, NotPermittedError
from service.policy.access import Permission, Principal
from service.policy.providers import ANYWHERE, Expiry, RegisterState
from service.policy.quotas import Quota, Usage
from service.policy.terms import Terms
from service.policy.tightening import TenantPolicy
from service.ports import Clock, Database, PolicyRecord, Transaction
from service.terms import TermsInForce

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Governed:
    """A tenant's own policy (None: it never set one), the terms that follow from it, what it may have and has."""

    record: PolicyRecord | None
    terms: Terms
    quota: Quota
    usage: Usage

    @property
    def wanted(self) -> TenantPolicy:
        """What the tenant wants beyond the operator's policy."""
        return self.record.policy if self.record is not None else TenantPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Governing:
    """Policies of tenants, within what the operator permits."""

    database: Database
    clock: Clock
    terms: TermsInForce
    admission: Admission

    def show(self, principal: Principal) -> Governed:
        """Return the tenant's policy and the terms in force. Raises NotPermittedError."""
        _require(principal, Permission.SEE_POLICY)
        with self.database.transaction(principal.tenant_id) as transaction:
            return self._governed(transaction)

    def change(self, principal: Principal, wanted: TenantPolicy) -> Governed:
        """Put the next version of the tenant's policy in force, on record. It counts from this commit on.

        Raises InvalidRequestError where it asks for what the operator does not permit or the register does not
        hold, and ConflictError where somebody else changed it at the same moment.
        """
        _require(principal, Permission.SET_POLICY)
        self._check(wanted)
        with self.database.transaction(principal.tenant_id) as transaction:
            before = transaction.policies.latest()
            old = self.terms.within(transaction)
            record = PolicyRecord(
                tenant_id=principal.tenant_id,
                version=before.version + 1 if before is not None else 1,
                policy=wanted,
                set_at=self.clock.now(),
                set_by=principal.key_id,
            )
            transaction.policies.add(record)
            now = self.terms.within(transaction)
            transaction.audit.append(
                entry(
                    principal.tenant_id,
                    "policy_changed",
                    at=record.set_at,
                    actor=principal.key_id,
                    facts={
                        "version": record.version,
                        "wanted": to_builtins(wanted, order="deterministic"),
                        "policy_before": old.policy.version,
                        "policy": now.policy.version,
                    },
                )
            )
            return self._governed(transaction)

    def _governed(self, transaction: Transaction) -> Governed:
        return Governed(
            record=transaction.policies.latest(),
            terms=self.terms.within(transaction),
            quota=self.admission.quota(transaction),
            usage=self.admission.usage(transaction),
        )

    def warnings(self) -> tuple[str, ...]:
        """Say what an operator should look at: a register that cannot be read, what expires soon or has expired."""
        register = self.terms.rules().register
        if register.state is RegisterState.UNREADABLE:
            return ("the register of providers cannot be read, so nothing leaves: see `ringfence providers`",)
        if register.state is RegisterState.MISSING and self.terms.model is not None:
            return (
                "there is a cloud model but no register of providers, so nothing leaves: see `ringfence providers`",
            )
        return tuple(map(_warning, register.expiries(self._today())))

    def measure(self) -> None:
        """Set the gauge to the days that each attestation has left."""
        metrics.ATTESTATION_DAYS.clear()
        for one in self.terms.rules().register.days(self._today()):
            metrics.ATTESTATION_DAYS.labels(provider=one.provider, attestation=one.attestation.value).set(one.days)

    def warn(self) -> None:
        """Log each attestation that expires soon or has expired."""
        for one in self.terms.rules().register.expiries(self._today()):
            _log.warning(
                "provider_attestation_expiring",
                provider=one.provider,
                attestation=one.attestation.value,
                days=one.days,
            )

    def _check(self, wanted: TenantPolicy) -> None:
        rules = self.terms.rules()
        refused = wanted.redact - rules.policy.redactable
        if refused:
            message = f"the operator's policy does not permit replacing {', '.join(sorted(refused))} by placeholders"
            raise InvalidRequestError(message)
        if wanted.residency == ANYWHERE:
            message = f'"{ANYWHERE}" is no residency; leave it out where any region will do'
            raise InvalidRequestError(message)
        known = {provider.name for provider in rules.register.providers}
        unknown = (wanted.providers or frozenset()) - known
        if unknown:
            message = f"the register holds no provider called {', '.join(sorted(unknown))}; see `ringfence providers`"
            raise InvalidRequestError(message)

    def _today(self) -> date:
        return self.clock.now().date()


def _warning(expiry: Expiry) -> str:
    ends = f"expires in {expiry.days} days" if expiry.days >= 0 else "has expired"
    return f"provider {expiry.provider}: {expiry.attestation} {ends}"


def _require(principal: Principal, permission: Permission) -> None:
    if not principal.may(permission):
        raise NotPermittedError
