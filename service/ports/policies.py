"""Where the operator's register and the tenants' policies come from."""

from typing import Protocol

from service.policy.terms import Rules
from service.ports.records import PolicyRecord


class ProviderRegister(Protocol):
    """The operator's policy and register of providers, as they are now: a change counts from the next question on."""

    def read(self) -> Rules:
        """Return them; without a register nothing is attested. Raises SettingsError with one line where it is bad."""
        ...


class PolicyTable(Protocol):
    """The policies of one tenant. Append only: an old one stays, as evidence of what was in force."""

    def latest(self) -> PolicyRecord | None:
        """Return the policy in force, None where the tenant never set one."""
        ...

    def add(self, record: PolicyRecord) -> None:
        """Insert the next version. Raises ConflictError where that version exists."""
        ...
