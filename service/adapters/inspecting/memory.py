"""The inspectors of the twins: they read the twins' dictionaries and ask them nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from uuid import UUID

from service.policy.access import DocumentId, TenantId, TurnId
from service.ports.inspecting import MAY_STAY, Inspection, Inspector, Sighting, Target

_OPEN = frozenset({"queued", "running"})
_ERASING = "documents.erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemoryDatabaseInspector(Inspector):
    """Looks through every table of the twin of the database, whichever there are."""

    rows: Callable[[TenantId], object]
    store: str = "database"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count the records that name a target, by table."""
        rows = self.rows(tenant_id)
        tables = {field.name: _records(getattr(rows, field.name)) for field in fields(rows)}  # type: ignore[arg-type]
        del tables["tenant_id"]
        return Inspection(
            sightings=tuple(
                Sighting(
                    document_id=target.document_id, thing=name, method="read", found=_counted(name, records, target)
                )
                for target in targets
                for name, records in tables.items()
                if name == "jobs" or name not in MAY_STAY
            )
        )


_ById = (
    Mapping[tuple[TenantId, DocumentId], object]
    | Mapping[tuple[TenantId, TurnId], object]
    | Mapping[tuple[str, DocumentId], object]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemoryKeyInspector(Inspector):
    """Looks into the twin of the key store, where a destroyed key is None."""

    documents: _ById
    turns: _ById
    store: str = "keys"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count keys that are there, and documents without the mark of a destroyed key."""
        found = []
        for target in targets:
            documents = [key for (_, owner), key in self.documents.items() if owner == target.document_id]
            turns = [key for (_, owner), key in self.turns.items() if owner in target.turn_ids]
            things = {
                "document_keys": sum(key is not None for key in documents),
                "turn_keys": sum(key is not None for key in turns),
                "documents_without_mark": int(None not in documents and not target.is_turn),
            }
            found += _sighted(target, things)
        return Inspection(sightings=tuple(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemoryPlacesInspector(Inspector):
    """Looks into a twin that keeps things by tenant and document: the index and the vault."""

    store: str
    thing: str
    kept: Callable[[], _ById]

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count what is kept of each target, of whichever tenant."""
        kept = tuple(self.kept().items())
        return Inspection(
            sightings=tuple(
                Sighting(
                    document_id=target.document_id,
                    thing=self.thing,
                    method="read",
                    found=sum(_size(value) for (_, owner), value in kept if owner == target.document_id),
                )
                for target in targets
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemoryBrokerInspector(Inspector):
    """Looks through what the twin of the doorbell was told."""

    rings: Sequence[object]
    store: str = "broker"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count messages that name a target."""
        told = [str(ring) for ring in self.rings]
        return Inspection(
            sightings=tuple(
                Sighting(
                    document_id=target.document_id,
                    thing="messages",
                    method="read",
                    found=sum(str(target.document_id) in one for one in told),
                )
                for target in targets
            )
        )


def _sighted(target: Target, things: Mapping[str, int]) -> list[Sighting]:
    return [
        Sighting(document_id=target.document_id, thing=thing, method="read", found=found)
        for thing, found in things.items()
    ]


def _size(value: object) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _records(table: object) -> list[object]:
    """Return the records of a table; what stands under a key is a pair with it."""
    if not isinstance(table, Mapping):
        return list(table) if isinstance(table, Iterable) else []
    several = (tuple, list, set, frozenset)
    return [(key, one) for key, value in table.items() for one in (value if isinstance(value, several) else (value,))]


def _counted(name: str, records: Iterable[object], target: Target) -> int:
    ids = frozenset({target.document_id, *target.turn_ids})
    return sum(_names(one, ids) for one in records if name != "jobs" or _is_open(one))


def _is_open(pair: object) -> bool:
    _, job = pair if isinstance(pair, tuple) else (None, pair)
    return getattr(job, "state", None) in _OPEN and getattr(job, "kind", None) != _ERASING


def _names(value: object, ids: frozenset[UUID]) -> bool:
    """Whether a value is one of these ids, or holds one: of a record's own ids, those of documents count."""
    if isinstance(value, UUID):
        return value in ids
    if is_dataclass(value):
        return any(_names(getattr(value, name), ids) for name in _telling(value))
    if isinstance(value, Mapping):
        return any(_names(pair, ids) for pair in value.items())
    return isinstance(value, tuple | list | set | frozenset) and any(_names(each, ids) for each in value)


def _telling(record: object) -> Iterable[str]:
    """Return the fields of a record that may say which document it is of: not who made it, or in which conversation."""
    for field in fields(record):  # type: ignore[arg-type]
        plain = isinstance(getattr(record, field.name), UUID)
        if not plain or field.name in {"id", "parent_id"} or "document" in field.name:
            yield field.name
