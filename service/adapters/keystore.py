"""The keys, in a small SQLite file apart from everything else; a destroyed key leaves no byte in it."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from typing_extensions import override

from service.adapters.secret_file import read_secret, write_secret
from service.errors import DamagedError, KeyDestroyedError, PartUnavailableError, SettingsError
from service.policy.access import DocumentId, ErasureId, ExportId, KeyId, TenantId, TurnId
from service.ports import KeyStore, UnsettledKeys
from service.sealing import KEY_BYTES, Key, Sealed

_FILE = "keys.sqlite"
_CHECK_PLACE = "check"
_BUSY_SECONDS = 30.0

# A destroyed key keeps its row without the key, so that nobody makes a new one for an erased document.
_TABLES = (
    "create table if not exists checks (one integer primary key check (one = 1), sealed blob not null)",
    "create table if not exists tenant_keys (tenant_id text primary key, wrapped blob not null) without rowid",
    """
    create table if not exists document_keys (
        tenant_id text not null, document_id text not null, wrapped blob, primary key (tenant_id, document_id)
    ) without rowid
    """,
    """
    create table if not exists turn_keys (
        tenant_id text not null, turn_id text not null, wrapped blob, primary key (tenant_id, turn_id)
    ) without rowid
    """,
    """
    create table if not exists actor_keys (
        tenant_id text not null, actor text not null, wrapped blob, primary key (tenant_id, actor)
    ) without rowid
    """,
    # Keys are made before the rows that they are for: whoever dies in between leaves a key that nobody will destroy.
    """
    create table if not exists unsettled_keys (
        tenant_id text not null, owner text not null, kind text not null, made_at real not null,
        primary key (tenant_id, owner)
    ) without rowid
    """,
    """
    create table if not exists request_keys (
        tenant_id text not null, request_id text not null, wrapped blob, primary key (tenant_id, request_id)
    ) without rowid
    """,
    """
    create table if not exists export_keys (
        tenant_id text not null, export_id text not null, wrapped blob, primary key (tenant_id, export_id)
    ) without rowid
    """,
    "create table if not exists erased_tenants (tenant_id text primary key) without rowid",
)
_DOCUMENT = "select wrapped from document_keys where tenant_id = ? and document_id = ?"
_ACTOR = "select wrapped from actor_keys where tenant_id = ? and actor = ?"
_TURN = "select wrapped from turn_keys where tenant_id = ? and turn_id = ?"
_REQUEST = "select wrapped from request_keys where tenant_id = ? and request_id = ?"
_EXPORT = "select wrapped from export_keys where tenant_id = ? and export_id = ?"
_NEW_EXPORT = "insert into export_keys values (?, ?, ?)"
_NO_EXPORT = "insert into export_keys values (?, ?, null) on conflict do update set wrapped = null"
_NEW_DOCUMENT = "insert into document_keys values (?, ?, ?)"
_NEW_ACTOR = "insert into actor_keys values (?, ?, ?)"
_NEW_TURN = "insert into turn_keys values (?, ?, ?)"
_NEW_REQUEST = "insert into request_keys values (?, ?, ?)"
_NO_DOCUMENT = "insert into document_keys values (?, ?, null) on conflict do update set wrapped = null"
_NO_ACTOR = "insert into actor_keys values (?, ?, null) on conflict do update set wrapped = null"
_NO_TURN = "insert into turn_keys values (?, ?, null) on conflict do update set wrapped = null"
_UNSETTLED = "select owner, kind from unsettled_keys where tenant_id = ? and made_at < ? order by made_at, owner"
_MADE = "insert or replace into unsettled_keys values (?, ?, ?, ?)"
_SETTLED = "delete from unsettled_keys where tenant_id = ? and owner = ?"
_OF_DOCUMENT, _OF_TURN = "document", "turn"
_NO_REQUEST = "insert into request_keys values (?, ?, null) on conflict do update set wrapped = null"
_NO_TENANT = (
    "insert into erased_tenants values (?) on conflict do nothing",
    "delete from tenant_keys where tenant_id = ?",
    "update document_keys set wrapped = null where tenant_id = ?",
    "update turn_keys set wrapped = null where tenant_id = ?",
    "update actor_keys set wrapped = null where tenant_id = ?",
    "update request_keys set wrapped = null where tenant_id = ?",
    "update export_keys set wrapped = null where tenant_id = ?",
    "delete from unsettled_keys where tenant_id = ?",
)
"""A tenant's key goes with everything it wraps, and is never made again."""
# The rollback journal holds the page as it was before, wrapped keys included, and is cut to nothing by each commit.
# A write-ahead log would keep them until no reader is left that could hinder its checkpoint.
_SAFETY = ("pragma secure_delete = on", "pragma journal_mode = truncate", "pragma synchronous = full")


class SqliteKeyStore(KeyStore):
    """The master key wraps a key per tenant, which wraps a key per document and per turn of a conversation.

    Holds no connection between calls, so threads, processes and forks may share it.
    """

    def __init__(self, folder: Path, master: Key, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open the store in the folder, made now if there is none. Raises SettingsError for another master key."""
        self._now = now
        self.path = folder / _FILE
        self._uri = f"{self.path.absolute().as_uri()}?mode=rw"  # never make a new, empty store in silence
        self._master = master
        self._create_file(folder)
        with self._writing() as connection:
            for table in _TABLES:
                connection.execute(table)
            self._check_master(connection)

    @override
    def document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        return self._kept(_DOCUMENT, tenant_id, document_id, _document_place(tenant_id, document_id))

    @override
    def create_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        place = _document_place(tenant_id, document_id)
        return self._created((_DOCUMENT, _NEW_DOCUMENT), tenant_id, document_id, place, kind=_OF_DOCUMENT)

    @override
    def destroy_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        with self._writing() as connection:
            connection.execute(_NO_DOCUMENT, (str(tenant_id), str(document_id)))
            connection.execute(_SETTLED, (str(tenant_id), str(document_id)))

    @override
    def has_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        try:
            self.document_key(tenant_id=tenant_id, document_id=document_id)
        except KeyDestroyedError:
            return False
        return True

    @override
    def turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        return self._kept(_TURN, tenant_id, turn_id, _turn_place(tenant_id, turn_id))

    @override
    def create_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        place = _turn_place(tenant_id, turn_id)
        return self._created((_TURN, _NEW_TURN), tenant_id, turn_id, place, kind=_OF_TURN)

    @override
    def destroy_turn_keys(self, *, tenant_id: TenantId, turn_ids: Iterable[TurnId]) -> None:
        owners = [(str(tenant_id), str(turn_id)) for turn_id in turn_ids]
        with self._writing() as connection:
            connection.executemany(_NO_TURN, owners)
            connection.executemany(_SETTLED, owners)

    @override
    def has_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> bool:
        try:
            self.turn_key(tenant_id=tenant_id, turn_id=turn_id)
        except KeyDestroyedError:
            return False
        return True

    @override
    def unsettled(self, tenant_id: TenantId, *, made_before: datetime) -> UnsettledKeys:
        with self._connected() as connection:
            found = connection.execute(_UNSETTLED, (str(tenant_id), made_before.timestamp())).fetchall()
        return UnsettledKeys(
            documents=tuple(DocumentId(UUID(owner)) for owner, kind in found if kind == _OF_DOCUMENT),
            turns=tuple(TurnId(UUID(owner)) for owner, kind in found if kind == _OF_TURN),
        )

    @override
    def settle(self, tenant_id: TenantId, keys: UnsettledKeys) -> None:
        with self._writing() as connection:
            owners = [(str(tenant_id), str(owner)) for owner in (*keys.documents, *keys.turns)]
            connection.executemany(_SETTLED, owners)

    @override
    def request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        return self._kept(_REQUEST, tenant_id, request_id, _request_place(tenant_id, request_id))

    @override
    def create_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        place = _request_place(tenant_id, request_id)
        return self._created((_REQUEST, _NEW_REQUEST), tenant_id, request_id, place)

    @override
    def destroy_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> None:
        with self._writing() as connection:
            connection.execute(_NO_REQUEST, (str(tenant_id), str(request_id)))

    @override
    def export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        return self._kept(_EXPORT, tenant_id, export_id, _export_place(tenant_id, export_id))

    @override
    def create_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        return self._created((_EXPORT, _NEW_EXPORT), tenant_id, export_id, _export_place(tenant_id, export_id))

    @override
    def destroy_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> None:
        with self._writing() as connection:
            connection.execute(_NO_EXPORT, (str(tenant_id), str(export_id)))

    @override
    def tenant_key(self, tenant_id: TenantId) -> Key:
        with self._connected() as connection:
            found = self._tenant_key(connection, tenant_id)
        if found is not None:
            return found
        with self._writing() as connection:
            return self._tenant_key(connection, tenant_id) or self._new_tenant_key(connection, tenant_id)

    @override
    def destroy_tenant_key(self, tenant_id: TenantId) -> None:
        with self._writing() as connection:
            for statement in _NO_TENANT:
                connection.execute(statement, (str(tenant_id),))

    @override
    def tenant_erased(self, tenant_id: TenantId) -> bool:
        with self._connected() as connection:
            return self._erased(connection, tenant_id)

    @override
    def actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> Key:
        place = _actor_place(tenant_id, actor)
        with self._connected() as connection:
            found = self._found(connection, _ACTOR, tenant_id, actor, place)
        return found or self._created((_ACTOR, _NEW_ACTOR), tenant_id, actor, place)

    @override
    def destroy_actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> None:
        with self._writing() as connection:
            connection.execute(_NO_ACTOR, (str(tenant_id), str(actor)))

    def _kept(self, look: str, tenant_id: TenantId, owner: UUID, place: str) -> Key:
        with self._connected() as connection:
            found = self._found(connection, look, tenant_id, owner, place)
        if found is None:
            raise KeyDestroyedError
        return found

    def _created(
        self, statements: tuple[str, str], tenant_id: TenantId, owner: UUID, place: str, *, kind: str | None = None
    ) -> Key:
        look, add = statements
        with self._writing() as connection:
            found = self._found(connection, look, tenant_id, owner, place)
            if found is not None:
                return found
            fresh = Key.fresh()
            tenant = self._tenant_key(connection, tenant_id) or self._new_tenant_key(connection, tenant_id)
            connection.execute(add, (str(tenant_id), str(owner), tenant.seal(fresh.secret, place=place)))
            if kind is not None:
                connection.execute(_MADE, (str(tenant_id), str(owner), kind, self._now().timestamp()))
        return fresh

    def _found(
        self, connection: sqlite3.Connection, look: str, tenant_id: TenantId, owner: UUID, place: str
    ) -> Key | None:
        """Return the key, None where there never was one. Raises KeyDestroyedError where it was destroyed."""
        row = connection.execute(look, (str(tenant_id), str(owner))).fetchone()
        if row is None:
            return None
        if row[0] is None:
            raise KeyDestroyedError
        tenant = self._tenant_key(connection, tenant_id)
        if tenant is None:
            raise DamagedError
        return Key(tenant.open(row[0], place=place))

    def _tenant_key(self, connection: sqlite3.Connection, tenant_id: TenantId) -> Key | None:
        row = connection.execute("select wrapped from tenant_keys where tenant_id = ?", (str(tenant_id),)).fetchone()
        return None if row is None else Key(self._master.open(row[0], place=_tenant_place(tenant_id)))

    def _new_tenant_key(self, connection: sqlite3.Connection, tenant_id: TenantId) -> Key:
        if self._erased(connection, tenant_id):
            raise KeyDestroyedError
        fresh = Key.fresh()
        wrapped = self._master.seal(fresh.secret, place=_tenant_place(tenant_id))
        connection.execute("insert into tenant_keys values (?, ?)", (str(tenant_id), wrapped))
        return fresh

    @staticmethod
    def _erased(connection: sqlite3.Connection, tenant_id: TenantId) -> bool:
        found = connection.execute("select 1 from erased_tenants where tenant_id = ?", (str(tenant_id),))
        return found.fetchone() is not None

    def _create_file(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            # SQLite would make it readable to others first; its journal takes over the file's mode.
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            message = f"the key store {self.path} cannot be opened: {error.strerror}"
            raise SettingsError(message) from None

    def _check_master(self, connection: sqlite3.Connection) -> None:
        row = connection.execute("select sealed from checks").fetchone()
        if row is None:
            connection.execute("insert into checks values (1, ?)", (self._master.seal(b"", place=_CHECK_PLACE),))
            return
        try:
            self._master.open(Sealed(row[0]), place=_CHECK_PLACE)
        except DamagedError:
            message = f"the master key is not the one that the key store {self.path} was made with"
            raise SettingsError(message) from None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that holds the write lock from its first statement."""
        with self._connected() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(
                sqlite3.connect(self._uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
            ) as connection:
                for pragma in _SAFETY:
                    connection.execute(pragma)
                yield connection
        except sqlite3.OperationalError:
            message = "The key store does not answer. Nothing was lost; try again shortly."
            raise PartUnavailableError(message) from None
        except sqlite3.DatabaseError:
            message = f"{self.path} is damaged or no key store"
            raise SettingsError(message) from None


def create_master_key(path: Path) -> Key:
    """Write a new master key, readable by its owner only. Raises SettingsError where there is a file already."""
    key = Key.fresh()
    write_secret(path, key.secret, name="master key", loss="everything sealed under it would be lost")
    return key


def load_master_key(path: Path) -> Key:
    """Read the master key. Raises SettingsError where it is missing, too short or long, or open to others."""
    return Key(read_secret(path, size=KEY_BYTES, name="master key"))


def _tenant_place(tenant_id: TenantId) -> str:
    return f"{tenant_id}|key"


def _turn_place(tenant_id: TenantId, turn_id: TurnId) -> str:
    return f"{tenant_id}|{turn_id}|turn|key"


def _document_place(tenant_id: TenantId, document_id: DocumentId) -> str:
    return f"{tenant_id}|{document_id}|key"


def _request_place(tenant_id: TenantId, request_id: ErasureId) -> str:
    return f"{tenant_id}|request|{request_id}|key"


def _actor_place(tenant_id: TenantId, actor: KeyId) -> str:
    return f"{tenant_id}|actor|{actor}|key"


def _export_place(tenant_id: TenantId, export_id: ExportId) -> str:
    return f"{tenant_id}|{export_id}|export|key"
