"""What every path that destroys asks first, in the transaction that would destroy."""

from collections.abc import Iterable, Mapping

from service.errors import HeldError
from service.families import held_with_families
from service.policy.access import DocumentId, MatterId, Permission, Principal
from service.ports import DocumentRecord, Transaction, TurnRecord


def refuse_held(transaction: Transaction, document_ids: Iterable[DocumentId]) -> None:
    """Raise HeldError where a hold covers one of these; otherwise none is placed until the transaction ends."""
    _refuse(transaction.holds.on(document_ids, lock=True).values())


def refuse_held_turns(transaction: Transaction, turns: Iterable[TurnRecord]) -> None:
    """Raise HeldError where a turn rests on a held document, or the whole tenant is held."""
    sources = {source.document_id for turn in turns for source in turn.sources}
    held = transaction.holds.on(sources, lock=True)
    _refuse([*held.values(), transaction.holds.whole()])


def held_for(
    transaction: Transaction, principal: Principal, records: Iterable[DocumentRecord]
) -> Mapping[DocumentId, frozenset[MatterId]]:
    """Return for which matters documents, or their families, are held, to those who may know.

    A hold may be an inquiry into the reader.
    """
    if not principal.may(Permission.SEE_HOLDS):
        return {}
    return held_with_families(transaction, records)


def _refuse(held: Iterable[frozenset[MatterId]]) -> None:
    matters = frozenset[MatterId]().union(*held)
    if matters:
        raise HeldError(matters=matters)
