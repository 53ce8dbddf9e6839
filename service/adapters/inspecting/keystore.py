"""The key store, read without opening a key: which wrapped keys are there, and which marks of destroyed ones."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from service.policy.access import TenantId
from service.ports.inspecting import Inspection, Inspector, Sighting, Target

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class SqliteKeyInspector(Inspector):
    """Reads the file of the key store as it lies there, and can only read."""

    path: Path
    store: str = "keys"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count wrapped keys, of whichever tenant, and documents without the mark of a destroyed key.

        Without that mark a late ingestion could make a new key. Raises sqlite3.Error where there is no key store.
        """
        sightings: list[Sighting] = []
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=_SECONDS)) as store:
            for target in targets:
                things = {
                    "document_keys": _wrapped(store, "document_keys", "document_id", [target.document_id]),
                    "turn_keys": _wrapped(store, "turn_keys", "turn_id", target.turn_ids),
                    "documents_without_mark": int(not target.is_turn and not _marked(store, target.document_id)),
                }
                sightings += (
                    Sighting(document_id=target.document_id, thing=thing, method="own_read", found=found)
                    for thing, found in things.items()
                )
        return Inspection(sightings=tuple(sightings))


def _wrapped(store: sqlite3.Connection, table: str, column: str, ids: Iterable[UUID]) -> int:
    statement = f"select count(*) from {table} where {column} = ? and wrapped is not null"  # noqa: S608 - our names
    return sum(int(store.execute(statement, (str(one),)).fetchone()[0]) for one in ids)


def _marked(store: sqlite3.Connection, document: UUID) -> bool:
    statement = "select count(*) from document_keys where document_id = ? and wrapped is null"
    return bool(store.execute(statement, (str(document),)).fetchone()[0])
