"""The store itself: keys by kind and owner, wrapped by their tenant's, which the master key wraps."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from typing_extensions import override

from service.adapters.keystore.kinds import (
    ACTOR,
    DOCUMENT,
    EXPORT,
    MADE,
    NO_TENANT,
    REQUEST,
    SETTLED,
    TABLES,
    TURN,
    UNSETTLED,
    Kind,
)
from service.adapters.storage import full, read_only
from service.errors import DamagedError, KeyDestroyedError, PartUnavailableError, SettingsError
from service.policy.access import DocumentId, ErasureId, ExportId, KeyId, TenantId, TurnId
from service.ports import KeyStore, UnsettledKeys
from service.sealing import Key, Sealed

_FILE = "keys.sqlite"
_CHECK_PLACE = "check"
_BUSY_SECONDS = 30.0
_PRIMARY = 0xFF
"""Masks the extended part of an error code of SQLite."""

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
            for table in TABLES:
                connection.execute(table)
            self._check_master(connection)

    @override
    def document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        return self._kept(DOCUMENT, tenant_id, document_id)

    @override
    def create_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        return self._created(DOCUMENT, tenant_id, document_id)

    @override
    def destroy_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        self._destroy(DOCUMENT, tenant_id, [document_id])

    @override
    def has_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> bool:
        return self._has(DOCUMENT, tenant_id, document_id)

    @override
    def turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        return self._kept(TURN, tenant_id, turn_id)

    @override
    def create_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> Key:
        return self._created(TURN, tenant_id, turn_id)

    @override
    def destroy_turn_keys(self, *, tenant_id: TenantId, turn_ids: Iterable[TurnId]) -> None:
        self._destroy(TURN, tenant_id, turn_ids)

    @override
    def has_turn_key(self, *, tenant_id: TenantId, turn_id: TurnId) -> bool:
        return self._has(TURN, tenant_id, turn_id)

    @override
    def request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        return self._kept(REQUEST, tenant_id, request_id)

    @override
    def create_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> Key:
        return self._created(REQUEST, tenant_id, request_id)

    @override
    def destroy_request_key(self, *, tenant_id: TenantId, request_id: ErasureId) -> None:
        self._destroy(REQUEST, tenant_id, [request_id])

    @override
    def export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        return self._kept(EXPORT, tenant_id, export_id)

    @override
    def create_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> Key:
        return self._created(EXPORT, tenant_id, export_id)

    @override
    def destroy_export_key(self, *, tenant_id: TenantId, export_id: ExportId) -> None:
        self._destroy(EXPORT, tenant_id, [export_id])

    @override
    def actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> Key:
        with self._connected() as connection:
            found = self._found(connection, ACTOR, tenant_id, actor)
        return found or self._created(ACTOR, tenant_id, actor)

    @override
    def destroy_actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> None:
        self._destroy(ACTOR, tenant_id, [actor])

    @override
    def unsettled(self, tenant_id: TenantId, *, made_before: datetime) -> UnsettledKeys:
        with self._connected() as connection:
            found = connection.execute(UNSETTLED, (str(tenant_id), made_before.timestamp())).fetchall()
        return UnsettledKeys(
            documents=tuple(DocumentId(UUID(owner)) for owner, kind in found if kind == DOCUMENT.name),
            turns=tuple(TurnId(UUID(owner)) for owner, kind in found if kind == TURN.name),
        )

    @override
    def settle(self, tenant_id: TenantId, keys: UnsettledKeys) -> None:
        with self._writing() as connection:
            owners = [(str(tenant_id), str(owner)) for owner in (*keys.documents, *keys.turns)]
            connection.executemany(SETTLED, owners)

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
            for statement in NO_TENANT:
                connection.execute(statement, (str(tenant_id),))

    @override
    def tenant_erased(self, tenant_id: TenantId) -> bool:
        with self._connected() as connection:
            return self._erased(connection, tenant_id)

    def _kept(self, kind: Kind, tenant_id: TenantId, owner: UUID) -> Key:
        with self._connected() as connection:
            found = self._found(connection, kind, tenant_id, owner)
        if found is None:
            raise KeyDestroyedError
        return found

    def _has(self, kind: Kind, tenant_id: TenantId, owner: UUID) -> bool:
        try:
            self._kept(kind, tenant_id, owner)
        except KeyDestroyedError:
            return False
        return True

    def _created(self, kind: Kind, tenant_id: TenantId, owner: UUID) -> Key:
        with self._writing() as connection:
            found = self._found(connection, kind, tenant_id, owner)
            if found is not None:
                return found
            fresh = Key.fresh()
            tenant = self._tenant_key(connection, tenant_id) or self._new_tenant_key(connection, tenant_id)
            wrapped = tenant.seal(fresh.secret, place=kind.place_of(tenant_id, owner))
            connection.execute(kind.add, (str(tenant_id), str(owner), wrapped))
            if kind.settles:
                connection.execute(MADE, (str(tenant_id), str(owner), kind.name, self._now().timestamp()))
        return fresh

    def _destroy(self, kind: Kind, tenant_id: TenantId, owners: Iterable[UUID]) -> None:
        """Destroy all of these keys, or none."""
        rows = [(str(tenant_id), str(owner)) for owner in owners]
        with self._writing() as connection:
            connection.executemany(kind.destroy, rows)
            if kind.settles:
                connection.executemany(SETTLED, rows)

    def _found(self, connection: sqlite3.Connection, kind: Kind, tenant_id: TenantId, owner: UUID) -> Key | None:
        """Return the key, None where there never was one. Raises KeyDestroyedError where it was destroyed."""
        row = connection.execute(kind.look, (str(tenant_id), str(owner))).fetchone()
        if row is None:
            return None
        if row[0] is None:
            raise KeyDestroyedError
        tenant = self._tenant_key(connection, tenant_id)
        if tenant is None:
            raise DamagedError
        return Key(tenant.open(row[0], place=kind.place_of(tenant_id, owner)))

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
        except sqlite3.OperationalError as error:
            raise _meaning(error) from None
        except sqlite3.DatabaseError:
            message = f"{self.path} is damaged or no key store"
            raise SettingsError(message) from None


def _meaning(error: sqlite3.OperationalError) -> PartUnavailableError:
    match error.sqlite_errorcode & _PRIMARY:
        case sqlite3.SQLITE_FULL:
            return full(store="keys")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN:
            return read_only(store="keys")
        case _:
            return PartUnavailableError("The key store does not answer. Nothing was lost; try again shortly.")


def _tenant_place(tenant_id: TenantId) -> str:
    return f"{tenant_id}|key"
