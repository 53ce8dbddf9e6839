"""The register and the tenants' policies, in memory."""

from dataclasses import replace

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import ConflictError, SettingsError
from service.policy.providers import Register, RegisterState
from service.policy.terms import Rules
from service.policy.tightening import Policy
from service.ports import PolicyRecord, PolicyTable, ProviderRegister

_MISSING = Rules(policy=Policy(), register=Register(state=RegisterState.MISSING))


class InMemoryProviderRegister(ProviderRegister):
    """The twin of the register's file: `rules` can be changed at any time, and `bad` makes it unreadable."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or _MISSING
        self.bad = False

    @override
    def read(self) -> Rules:
        if self.bad:
            message = "the register cannot be understood"
            raise SettingsError(message)
        return self.rules

    def hold(self, register: Register) -> None:
        """Hold another register under the same policy."""
        self.rules = replace(self.rules, register=register)


class InMemoryPolicyTable(PolicyTable):
    """The policies."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def latest(self) -> PolicyRecord | None:
        return self._rows.policies[-1] if self._rows.policies else None

    @override
    def add(self, record: PolicyRecord) -> None:
        self._rows.admit(record.tenant_id)
        if any(known.version == record.version for known in self._rows.policies):
            raise ConflictError
        self._rows.policies.append(record)
        self._rows.policies.sort(key=lambda known: known.version)
