"""Audit entries as use cases write them, and as they are kept. Ids, labels, versions and reasons; never content."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from service.auditing.canonical import leaf_bytes
from service.auditing.pseudonyms import personal_place, pseudonym_of
from service.auditing.tree import leaf_hash
from service.policy.access import KeyId, TenantId
from service.policy.facts import checked
from service.policy.routing import Reason
from service.policy.terms import Agreement
from service.ports import AuditEntry, AuditRecord, KeyStore
from service.sealing import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What a person wrote or is called, and the key whose destruction erases it (a document's, or an actor's)."""

    values: Mapping[str, str]
    key: Key


def entry(  # noqa: PLR0913 - who, what, when, about what, decided how
    tenant_id: TenantId,
    action: str,
    *,
    at: datetime,
    facts: Mapping[str, object],
    actor: KeyId | None = None,
    subject: UUID | None = None,
    personal: Personal | None = None,
) -> AuditEntry:
    """Return an entry; without an actor it is something that a worker did.

    Raises ValueError where a fact could be content: `policy.facts` says what may stand there.
    """
    entry_id, sealed = uuid4(), None
    if personal is not None:
        plain = msgspec.json.encode(dict(personal.values))
        sealed = personal.key.seal(plain, place=personal_place(tenant_id, entry_id))
    return AuditEntry(
        id=entry_id,
        tenant_id=tenant_id,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        facts=checked(facts),
        personal=sealed,
    )


def recorded(entry: AuditEntry, *, number: int, keys: KeyStore) -> AuditRecord:
    """Return the entry as a store keeps it: numbered, its actor a pseudonym, its leaf hashed."""
    actor = None if entry.actor is None else pseudonym_of(keys, entry.tenant_id, entry.actor)
    record = AuditRecord(
        number=number,
        id=entry.id,
        tenant_id=entry.tenant_id,
        at=entry.at,
        actor=actor,
        action=entry.action,
        subject=entry.subject,
        facts=entry.facts,
        personal=entry.personal,
        leaf_hash=b"",
    )
    return replace(record, leaf_hash=leaf_hash(leaf_bytes(record)))


def reasons_as_facts(reasons: tuple[Reason, ...]) -> list[dict[str, object]]:
    """Return reasons in the form that audit entries keep."""
    return [
        {
            "cause": reason.cause.value,
            "origin": reason.origin.value if reason.origin else None,
            "categories": [category.value for category in reason.categories],
            "terms": list(reason.terms),
        }
        for reason in reasons
    ]


def terms_as_facts(agreement: Agreement | None) -> dict[str, object] | None:
    """Return to whom a prompt went and on what terms, in the form that audit entries keep."""
    if agreement is None:
        return None
    return {
        "provider": agreement.provider,
        "model": agreement.model,
        "region": agreement.region,
        "attestations": {one.attestation.value: one.valid_until.isoformat() for one in agreement.relied_on},
    }
