"""A receipt as a value of plain JSON: ids, codes, numbers and times; what could be content is refused."""

from datetime import datetime
from uuid import UUID

from service.auditing.canonical import moment
from service.auditing.checkpoints import told as told_checkpoint
from service.policy.facts import checked
from service.ports import AuditCheckpoint
from service.receipts.contents import Contents, Fate, Item, Located, Requested
from service.verifying import Verification

FORMAT = "ringfence-erasure-receipt/1"


def told(
    contents: Contents,
    *,
    receipt_id: UUID,
    issued_at: datetime,
    public_key: bytes,
    versions: dict[str, str],
    checkpoint: AuditCheckpoint | None,
) -> dict[str, object]:
    """Return everything but the signature. Raises ValueError where anything of it could be content."""
    verification = contents.verification
    # Each item by itself: there may be more of them than one set of facts can hold.
    items = [
        checked(_item(item, fate, contents.verification))
        for item, fate in zip(contents.items, contents.fates(), strict=True)
    ]
    rest: dict[str, object] = {
        "about": contents.about,
        "format": FORMAT,
        "id": receipt_id,
        "issued_at": moment(issued_at),
        "outcome": contents.outcome.value,
        "public_key": public_key.hex(),
        "request": contents.requested and _requested(contents.requested),
        "located": contents.located and _located(contents.located),
        "tenant": contents.tenant_id,
        "versions": versions,
        **_verified(verification),
    }
    audit = None if checkpoint is None else told_checkpoint(checkpoint)
    return checked(rest) | {"audit": audit, "items": items}


def _requested(requested: Requested) -> dict[str, object]:
    return {
        "id": requested.id,
        "kind": requested.kind.value,
        "reason": requested.reason.value,
        "received_at": moment(requested.received_at),
        "approved_at": requested.approved_at and moment(requested.approved_at),
        "due_at": moment(requested.due_at),
        "approvals": requested.approvals,
    }


def _located(located: Located) -> dict[str, object]:
    return {"found_by": dict(located.found_by), "not_searched": list(located.not_searched)}


def _item(item: Item, fate: Fate, verification: Verification) -> dict[str, object]:
    return {
        "target": item.target,
        "kind": item.kind.value,
        "action": item.action.value,
        "chunks": item.chunk_count,
        "outcome": fate.value,
        "unreachable_at": item.unreachable_at and moment(item.unreachable_at),
        "gone_at": moment(verification.at) if fate is Fate.GONE else None,
        "held_by": list(item.held_by),
        "left_because": item.left_because and item.left_because.value,
        "replaced_by": item.replaced_by,
        "originals_of": list(item.originals_of),
    }


def _verified(verification: Verification) -> dict[str, object]:
    return {
        "verified_at": moment(verification.at),
        "counts": [
            {"store": one.store, "thing": one.thing, "method": one.method, "found": one.found}
            for one in verification.counts
        ],
        "unanswered": sorted(verification.unanswered),
        "unchecked": [
            {"store": one.store, "thing": one.thing, "reason": one.reason, "covered_by": list(one.covered_by)}
            for one in verification.unchecked
        ],
    }
