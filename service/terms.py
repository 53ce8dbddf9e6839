"""The terms in force for a tenant at this moment: the operator's file, the tenant's own policy, today's date."""

from dataclasses import dataclass

import structlog

from service.errors import SettingsError
from service.policy.access import TenantId
from service.policy.providers import Register, RegisterState
from service.policy.terms import Rules, Terms
from service.policy.tightening import Policy, TenantPolicy, tightened
from service.ports import Clock, Database, ProviderRegister, Transaction

_log = structlog.get_logger()
_UNREADABLE = Rules(policy=Policy(), register=Register(state=RegisterState.UNREADABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsInForce:
    """Asked anew for every question. `model` is the cloud model that is configured, None where none is."""

    database: Database
    register: ProviderRegister
    clock: Clock
    model: str | None

    def of(self, tenant_id: TenantId) -> Terms:
        """Return what may go where now. A register that cannot be read attests nothing."""
        with self.database.transaction(tenant_id) as transaction:
            return self.within(transaction)

    def within(self, transaction: Transaction) -> Terms:
        """Return the same, as this transaction sees the tenant's policy."""
        record = transaction.policies.latest()
        return self.under(record.policy if record is not None else TenantPolicy())

    def under(self, wanted: TenantPolicy) -> Terms:
        """Return what may go where now if a tenant's policy were this one."""
        rules = self.rules()
        return Terms(
            policy=tightened(rules.policy, wanted),
            register=rules.register,
            on=self.clock.now().date(),
            model=self.model,
        )

    def rules(self) -> Rules:
        """Return what the operator wrote down, or that it cannot be read."""
        try:
            return self.register.read()
        except SettingsError:
            # Not what the error says: the file's own words do not belong into a log.
            _log.error("provider_register_unreadable")
            return _UNREADABLE
