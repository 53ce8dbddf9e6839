"""What a request's receipt tells, and what the verifier is asked about (R42)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from service.erasure.destroying import originals_of, targets_of
from service.policy.access import DocumentId, TurnId
from service.policy.erasures import ErasureAction, ErasureKind
from service.ports import ErasureItem, ErasureRecord, ItemKind, ItemState, Tombstone, Transaction
from service.ports.inspecting import Target
from service.receipts import Contents, Item, Located, Requested
from service.verifying import Verification

_TO_BE_GONE = frozenset({ItemState.GONE, ItemState.REMAINS})
_STAYS = "audit_stays"


def tombstones_of(transaction: Transaction, items: Sequence[ErasureItem]) -> dict[UUID, Tombstone]:
    """Return the marks of the documents among them that were made unreachable."""
    documents = (DocumentId(item.target) for item in items if item.kind is ItemKind.DOCUMENT)
    found = {document: transaction.tombstones.get(document) for document in documents}
    return {document: tombstone for document, tombstone in found.items() if tombstone is not None}


def targets(items: Sequence[ErasureItem], tombstones: Mapping[UUID, Tombstone]) -> tuple[Target, ...]:
    """Return every document and turn that is to be gone, with what is needed to look for it.

    With the originals of what the documents were found in: they hold them.
    """
    wanted = [item for item in items if item.action is not None and item.state in _TO_BE_GONE]
    documents = [DocumentId(item.target) for item in wanted if item.kind is ItemKind.DOCUMENT]
    turns = [Target.of_turn(TurnId(item.target)) for item in wanted if item.kind is ItemKind.TURN]
    return (*targets_of({one: tombstones.get(one) for one in documents}), *turns)


def told(
    record: ErasureRecord,
    items: Sequence[ErasureItem],
    tombstones: Mapping[UUID, Tombstone],
    verification: Verification,
    not_searched: Sequence[str],
) -> Contents | None:
    """Return what the receipt holds, None where there was no document and no turn to tell of."""
    things = [_item(item, tombstones.get(item.target)) for item in items if item.kind is not ItemKind.TENANT]
    if not things:
        return None
    return Contents(
        about=record.id,
        verification=verification,
        items=tuple(things),
        requested=_requested(record),
        located=_located(record, items, not_searched),
    )


def _item(item: ErasureItem, tombstone: Tombstone | None) -> Item:
    return Item(
        target=item.target,
        kind=item.kind,
        action=item.action or ErasureAction.ERASE,
        unreachable_at=_unreachable(tombstone),
        chunk_count=item.chunk_count,
        held_by=item.held_by if item.state is ItemState.HELD else (),
        left_because=item.left_because,
        replaced_by=item.replaced_by,
        originals_of=originals_of(tombstone),
    )


def _unreachable(tombstone: Tombstone | None) -> datetime | None:
    return tombstone.erased_at if tombstone is not None else None


def _requested(record: ErasureRecord) -> Requested:
    return Requested(
        id=record.id,
        kind=record.kind,
        reason=record.reason,
        received_at=record.received_at,
        due_at=record.due_at,
        approved_at=record.approved_at,
        approvals=len({one.by for one in record.approvals}),
    )


def _located(record: ErasureRecord, items: Sequence[ErasureItem], not_searched: Sequence[str]) -> Located | None:
    """Return how much was found how surely; of a tenant also that its audit stays."""
    if record.kind is ErasureKind.DOCUMENTS:
        return None
    if record.kind is ErasureKind.TENANT:
        return Located(found_by=dict(Counter(f"{item.kind.value}s" for item in items)), not_searched=(_STAYS,))
    sure = Counter("certain" if item.certain else "possible" for item in items)
    return Located(found_by=dict(sure), not_searched=tuple(sorted(not_searched)))
