"""What a legal hold keeps from being destroyed, read anew at every step (R45)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from service.families import held_with_families
from service.policy.access import DocumentId, TurnId
from service.ports import ErasureItem, ItemKind, Transaction


def held(transaction: Transaction, items: Iterable[ErasureItem]) -> Mapping[UUID, tuple[UUID, ...]]:
    """Return the matters that hold each of these documents with its family, or anything of the tenant.

    What is free is left out.

    Nobody places a hold until the transaction ends: what is free now can be destroyed in it.
    """
    every = tuple(items)
    documents = (transaction.documents.get(DocumentId(item.target)) for item in every if item.kind is ItemKind.DOCUMENT)
    holds = held_with_families(transaction, filter(None, documents), lock=True)
    found: dict[UUID, tuple[UUID, ...]] = {document: tuple(sorted(matters)) for document, matters in holds.items()}
    found |= _turns(transaction, [TurnId(item.target) for item in every if item.kind is ItemKind.TURN])
    tenants = [item.target for item in every if item.kind is ItemKind.TENANT]
    open_ones = tuple(one.id for one in transaction.holds.all() if one.released_at is None) if tenants else ()
    return found | (dict.fromkeys(tenants, open_ones) if open_ones else {})


def _turns(transaction: Transaction, turn_ids: Iterable[TurnId]) -> dict[UUID, tuple[UUID, ...]]:
    """Return the matters that hold turns: those of whatever they rest on, and those of the whole tenant."""
    found: dict[UUID, tuple[UUID, ...]] = {}
    for turn_id in turn_ids:
        turn = transaction.turns.get(turn_id)
        sources = {source.document_id for source in turn.sources} if turn is not None else set()
        matters = transaction.holds.whole().union(*transaction.holds.on(sources).values())
        if matters:
            found[turn_id] = tuple(sorted(matters))
    return found
