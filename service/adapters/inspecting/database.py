"""PostgreSQL, asked what it still holds: the schema itself says which tables can name a document."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from service.policy.access import DocumentId, TenantId
from service.ports.inspecting import MAY_STAY, Inspection, Inspector, Sighting, Target

_Column = tuple[str, str, str, str]
"""Schema, table, column, type."""

_COLUMNS = """
    select space.nspname, class.relname, attribute.attname, kind.typname
    from pg_catalog.pg_attribute attribute
    join pg_catalog.pg_class class on class.oid = attribute.attrelid
    join pg_catalog.pg_namespace space on space.oid = class.relnamespace
    join pg_catalog.pg_type kind on kind.oid = attribute.atttypid
    where class.relkind in ('r', 'p', 'm') and not attribute.attisdropped and attribute.attnum > 0
      and space.nspname not in ('pg_catalog', 'information_schema') and space.nspname not like 'pg\\_%'
      and kind.typname in ('uuid', '_uuid')
      and (attribute.attname like '%document%' or attribute.attname like '%turn\\_id%'
           or attribute.attname = 'parent_id'
           or (attribute.attname = 'id' and class.relname in ('documents', 'turns')))
    order by 1, 2, 3
"""
"""Every column that can hold the id of a document or a turn, in tables of today and tables to come."""
_OPEN = SQL(" and state in ('queued', 'running') and kind <> 'documents.erase'")
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class SqlInspector(Inspector):
    """Counts with statements of its own, on a connection of its own that can only read.

    It asks as the application's role, so it sees the rows of the tenant and no others.
    """

    url: str = field(repr=False)
    store: str = "database"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count the rows that name a target, by table. Raises psycopg.Error, and ValueError for an empty schema."""
        documents = [target.document_id for target in targets]
        turns = [turn for target in targets for turn in target.turn_ids]
        counts: dict[tuple[UUID, str], dict[bool, int]] = {}
        with self._reading(tenant_id) as connection:
            columns = connection.execute(_COLUMNS).fetchall()
            if not columns:
                message = "there is no table that names a document: this is not the schema"
                raise ValueError(message)
            for column in (column for column in columns if _is_counted(column)):
                of_turns = _is_of_turns(column)
                wanted: Sequence[UUID] = turns if of_turns else documents
                found = dict(connection.execute(_count(column), (list(wanted),)).fetchall())
                for target in targets:
                    named = target.turn_ids if of_turns else (target.document_id,)
                    kept = counts.setdefault((target.document_id, column[1]), {})
                    kept[of_turns] = kept.get(of_turns, 0) + sum(found.get(one, 0) for one in named)
        return Inspection(
            sightings=tuple(
                # A row may name the document and a turn that rests on it, each in a column of its own: it is one row.
                Sighting(document_id=DocumentId(document), thing=table, method="sql_count", found=max(kept.values()))
                for (document, table), kept in counts.items()
            )
        )

    @contextmanager
    def _reading(self, tenant_id: TenantId) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """Open a transaction that the server holds to this tenant and to reading."""
        address = self.url.replace("postgresql+psycopg://", "postgresql://", 1)
        options = f"-c statement_timeout={_SECONDS * 1000} -c default_transaction_read_only=on"
        with psycopg.connect(address, connect_timeout=5, options=options) as connection:
            connection.execute("select set_config('app.tenant', %s, true)", (str(tenant_id),))
            yield connection
            connection.rollback()


def _is_counted(column: _Column) -> bool:
    return column[1] == "jobs" or column[1] not in MAY_STAY


def _is_of_turns(column: _Column) -> bool:
    _, table, name, _ = column
    return "document" not in name and name != "parent_id" and (name != "id" or table == "turns")


def _count(column: _Column) -> Composed:
    """Return the statement that counts rows by the id that they hold, of those asked for."""
    schema, table, name, kind = column
    held = SQL("unnest({})") if kind.startswith("_") else SQL("{}")
    place = SQL("{}.{}").format(Identifier(schema), Identifier(table))
    only = _OPEN if table == "jobs" else SQL("")
    inner = SQL("select {} as held from {} where true{}").format(held.format(Identifier(name)), place, only)
    return SQL("select held, count(*) from ({}) rows where held = any(%s) group by held").format(inner)
