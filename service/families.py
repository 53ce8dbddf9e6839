"""Which documents were found in which: archives and messages with what they hold, as deep as that goes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from service.errors import DamagedError, KeyDestroyedError
from service.places import title_place
from service.policy.access import DocumentId, MatterId, Scope
from service.ports import DocumentRecord, KeyStore, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a document was found in, the nearest first; and what was found in it, by ascending id."""

    ancestors: tuple[DocumentRecord, ...]
    descendants: tuple[DocumentRecord, ...]

    @classmethod
    def of(cls, transaction: Transaction, record: DocumentRecord) -> "Family":
        """Return the family of a document as it is now."""
        return cls(ancestors=ancestors(transaction, record), descendants=descendants(transaction, [record.id]))

    @property
    def ids(self) -> tuple[DocumentId, ...]:
        """Every member's id."""
        return tuple(one.id for one in (*self.ancestors, *self.descendants))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What documents were found in, and what was found in them, as far as somebody may see it."""

    parents: Mapping[DocumentId, DocumentRecord] = field(default_factory=dict)
    children: Mapping[DocumentId, tuple[DocumentId, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, transaction: Transaction, records: Collection[DocumentRecord], scope: Scope) -> "Lineage":
        """Return the lineage of these documents."""
        wanted = {one.parent_id for one in records if one.parent_id is not None}
        parents = filter(None, (transaction.documents.get(one) for one in wanted))
        children: dict[DocumentId, list[DocumentId]] = {}
        for one in transaction.documents.children([record.id for record in records]):
            if one.parent_id is not None and scope.sees(tenant_id=one.tenant_id, groups=one.groups):
                children.setdefault(one.parent_id, []).append(one.id)
        return cls(
            parents={one.id: one for one in parents if scope.sees(tenant_id=one.tenant_id, groups=one.groups)},
            children={parent: tuple(found) for parent, found in children.items()},
        )


def ancestors(transaction: Transaction, record: DocumentRecord) -> tuple[DocumentRecord, ...]:
    """Return what the document was found in, the nearest first."""
    found: list[DocumentRecord] = []
    while record.parent_id is not None:
        parent = transaction.documents.get(record.parent_id)
        if parent is None:
            break
        found.append(parent)
        record = parent
    return tuple(found)


def descendants(transaction: Transaction, document_ids: Collection[DocumentId]) -> tuple[DocumentRecord, ...]:
    """Return what was found in these documents and in what was found there, by ascending id."""
    found: dict[DocumentId, DocumentRecord] = {}
    level: Collection[DocumentId] = document_ids
    while level:
        children = transaction.documents.children(level)
        level = [one.id for one in children if one.id not in found]
        found |= {one.id: one for one in children}
    return tuple(found[one] for one in sorted(found))


def lock_families(transaction: Transaction, document_ids: Collection[DocumentId]) -> None:
    """Lock these documents and what was found in them, by ascending id, as everybody locks several.

    What destroys a document destroys what was found in it. Call it before any of them is locked alone.
    """
    locked: set[DocumentId] = set()
    while missing := {*document_ids, *(one.id for one in descendants(transaction, document_ids))} - locked:
        for document_id in sorted(missing):
            transaction.documents.get(document_id, lock=True)
        locked |= missing


def held_with_families(
    transaction: Transaction, records: Iterable[DocumentRecord], *, lock: bool = False
) -> Mapping[DocumentId, frozenset[MatterId]]:
    """Return the matters that keep each document from being destroyed; what is free is left out.

    Those of what it was found in, whose original would go with it, and of what was found in it. With `lock` nobody
    places a hold until the transaction ends.
    """
    families = {one.id: (one.id, *Family.of(transaction, one).ids) for one in records}
    holds = transaction.holds.on({one for members in families.values() for one in members}, lock=lock)
    found = {
        document_id: frozenset[MatterId]().union(*(holds.get(one, frozenset()) for one in members))
        for document_id, members in families.items()
    }
    return {document_id: matters for document_id, matters in found.items() if matters}


def title_shown(keys: KeyStore, record: DocumentRecord) -> str | None:
    """Return a document's title, None where nobody can read it any more."""
    try:
        key = keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        return key.open(record.title, place=title_place(record.tenant_id, record.id)).decode()
    except (KeyDestroyedError, DamagedError):
        return None
