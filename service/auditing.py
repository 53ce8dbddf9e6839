"""Audit entries: who did what, when, decided how. Ids, labels, versions and reasons; never content."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from service.policy.access import KeyId, TenantId
from service.policy.routing import Reason
from service.policy.terms import Agreement
from service.ports import AuditEntry


def entry(
    tenant_id: TenantId,
    action: str,
    *,
    at: datetime,
    facts: Mapping[str, object],
    actor: KeyId | None = None,
    subject: UUID | None = None,
) -> AuditEntry:
    """Return an entry; without an actor it is something that a worker did."""
    return AuditEntry(
        id=uuid4(), tenant_id=tenant_id, at=at, actor=actor, action=action, subject=subject, facts=dict(facts)
    )


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
