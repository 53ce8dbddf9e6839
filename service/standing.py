"""Whether an API key that said something earlier could still say it now."""

from datetime import datetime

from service.policy.access import PERMISSIONS, KeyId, Permission
from service.ports import Transaction


def still_may(transaction: Transaction, key_id: KeyId | None, permission: Permission, *, now: datetime) -> bool:
    """Whether the API key is still valid and its role still permits it: its word counts no longer than that."""
    return any(
        key.id == key_id
        and key.revoked_at is None
        and (key.expires_at is None or key.expires_at > now)
        and permission in PERMISSIONS[key.role]
        for key in transaction.api_keys.all()
    )
