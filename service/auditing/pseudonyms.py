"""Who acted, told apart but not told: keyed pseudonyms, and personal values under keys that can be destroyed."""

import msgspec

from service.errors import KeyDestroyedError
from service.policy.access import KeyId, TenantId
from service.ports import AuditRecord, KeyStore, Pseudonym
from service.sealing import Key

ERASED = Pseudonym("erased")
"""The actor of what is done with an API key after its pseudonym's key was destroyed."""

_PURPOSE = "audit actor"


def pseudonym_of(keys: KeyStore, tenant_id: TenantId, actor: KeyId) -> Pseudonym:
    """Return the actor's pseudonym: HMAC-SHA-256 of the API key's id under the actor's own random key."""
    try:
        key = keys.actor_key(tenant_id=tenant_id, actor=actor)
    except KeyDestroyedError:
        return ERASED
    return Pseudonym(key.fingerprint(actor.bytes, purpose=_PURPOSE))


def personal_place(tenant_id: TenantId, entry_id: object) -> str:
    """Return the place of an entry's personal values."""
    return f"{tenant_id}|audit|{entry_id}|personal"


def revealed(record: AuditRecord, key: Key) -> dict[str, str]:
    """Return the entry's personal values. Raises DamagedError where they were sealed under another key."""
    if record.personal is None:
        return {}
    plain = key.open(record.personal, place=personal_place(record.tenant_id, record.id))
    return msgspec.json.decode(plain, type=dict[str, str])
