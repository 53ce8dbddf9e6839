"""What the key store's file holds: a table per kind of key, and what is read and written in each."""

from dataclasses import dataclass
from uuid import UUID

from service.policy.access import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of key: the table it lies in, the column of whose it is, and where it is bound to (`place`).

    `settles` where the key is made before the row that it is for: whoever dies in between leaves one for the sweep.
    """

    name: str
    column: str
    place: str
    settles: bool = False

    @property
    def table(self) -> str:
        """The statement that makes the table. A destroyed key keeps its row: nobody makes a new one for its owner."""
        return (
            f"create table if not exists {self.name}_keys (tenant_id text not null, {self.column} text not null, "
            f"wrapped blob, primary key (tenant_id, {self.column})) without rowid"
        )

    @property
    def look(self) -> str:
        """The statement that reads a key."""
        return f"select wrapped from {self.name}_keys where tenant_id = ? and {self.column} = ?"  # noqa: S608 - constants

    @property
    def add(self) -> str:
        """The statement that writes a new key."""
        return f"insert into {self.name}_keys values (?, ?, ?)"  # noqa: S608 - constants

    @property
    def destroy(self) -> str:
        """The statement that destroys a key, or forbids one that was never made."""
        return f"insert into {self.name}_keys values (?, ?, null) on conflict do update set wrapped = null"  # noqa: S608 - constants

    @property
    def destroy_all(self) -> str:
        """The statement that destroys every key of a tenant."""
        return f"update {self.name}_keys set wrapped = null where tenant_id = ?"  # noqa: S608 - constants

    def place_of(self, tenant_id: TenantId, owner: UUID) -> str:
        """Return what a wrapped key is bound to."""
        return self.place.format(tenant=tenant_id, owner=owner)


DOCUMENT = Kind(name="document", column="document_id", place="{tenant}|{owner}|key", settles=True)
TURN = Kind(name="turn", column="turn_id", place="{tenant}|{owner}|turn|key", settles=True)
REQUEST = Kind(name="request", column="request_id", place="{tenant}|request|{owner}|key")
EXPORT = Kind(name="export", column="export_id", place="{tenant}|{owner}|export|key")
ACTOR = Kind(name="actor", column="actor", place="{tenant}|actor|{owner}|key")
KINDS = (DOCUMENT, TURN, REQUEST, EXPORT, ACTOR)

TABLES = (
    "create table if not exists checks (one integer primary key check (one = 1), sealed blob not null)",
    "create table if not exists tenant_keys (tenant_id text primary key, wrapped blob not null) without rowid",
    "create table if not exists erased_tenants (tenant_id text primary key) without rowid",
    """
    create table if not exists unsettled_keys (
        tenant_id text not null, owner text not null, kind text not null, made_at real not null,
        primary key (tenant_id, owner)
    ) without rowid
    """,
    *(kind.table for kind in KINDS),
)
UNSETTLED = "select owner, kind from unsettled_keys where tenant_id = ? and made_at < ? order by made_at, owner"
MADE = "insert or replace into unsettled_keys values (?, ?, ?, ?)"
SETTLED = "delete from unsettled_keys where tenant_id = ? and owner = ?"
NO_TENANT = (
    "insert into erased_tenants values (?) on conflict do nothing",
    "delete from tenant_keys where tenant_id = ?",
    "delete from unsettled_keys where tenant_id = ?",
    *(kind.destroy_all for kind in KINDS),
)
"""A tenant's key goes with everything it wraps, and is never made again."""
