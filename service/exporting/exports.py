"""Makes, lists, hands out and removes exports. Each is sealed under a key of its own and expires."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from service.auditing import entry
from service.discarding import Discarding
from service.errors import (
    InvalidRequestError,
    KeyDestroyedError,
    NotFoundError,
    NotPermittedError,
    RingfenceError,
    SourceErasedError,
)
from service.exporting.gathering import Gathered, Gathering
from service.exporting.writing import zipped
from service.places import export_place, export_subject_place
from service.policy.access import DocumentId, ExportId, KeyId, Permission, Principal
from service.ports import Clock, Database, ExportRecord, KeyStore, Transaction, Vault
from service.sealing import Key
from service.subjects import Subject

DEFAULT_DAYS, MOST_DAYS = 7, 31


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportView:
    """An export as a data owner sees it in a list."""

    id: ExportId
    identifiers: tuple[str, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    made_at: datetime
    made_by: KeyId
    expires_at: datetime
    size: int
    fetches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """Exports of what is kept about a person (Art. 15 GDPR)."""

    database: Database
    keys: KeyStore
    vault: Vault
    clock: Clock
    gathering: Gathering
    discarding: Discarding

    def make(
        self,
        principal: Principal,
        subject: Subject,
        *,
        days: int = DEFAULT_DAYS,
        only: Collection[DocumentId] = (),
    ) -> ExportView:
        """Gather what surely names the person, seal it, and keep it for some days.

        Raises NotPermittedError, InvalidRequestError; SourceErasedError where something was erased meanwhile.
        """
        _check(principal)
        if not 1 <= days <= MOST_DAYS:
            message = f"an export is kept for 1 to {MOST_DAYS} days"
            raise InvalidRequestError(message)
        gathered = self.gathering.gather(principal, subject, only=only)
        export_id = ExportId(uuid4())
        key = self.keys.create_export_key(tenant_id=principal.tenant_id, export_id=export_id)
        record = self._begun(principal, export_id, key, subject, gathered, days)
        try:
            return self._finished(principal, record, key, gathered)
        except RingfenceError:
            self.keys.destroy_export_key(tenant_id=principal.tenant_id, export_id=export_id)
            raise  # the row is discarded with what reached the vault

    def all(self, principal: Principal) -> tuple[ExportView, ...]:
        """Return the exports that can be read, oldest first."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            records = [one for one in transaction.exports.all() if self._readable(transaction, one)]
        views = []
        for record in records:
            try:
                views.append(self._view(record))
            except KeyDestroyedError:
                continue  # destroyed since the rows were read
        return tuple(views)

    def get(self, principal: Principal, export_id: ExportId) -> ExportView:
        """Return one export that can be read. Raises NotFoundError otherwise."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            record = self._known(transaction, export_id)
        return self._view(record)

    def content(self, principal: Principal, export_id: ExportId) -> bytes:
        """Return the zip, on record. Raises NotFoundError where it expired, was removed, or holds something erased."""
        _check(principal)
        tenant_id, now = principal.tenant_id, self.clock.now()
        key = self._key(principal, export_id)
        sealed = self.vault.get(tenant_id=tenant_id, document_id=DocumentId(export_id))
        plain = key.open(sealed, place=export_place(tenant_id, export_id))
        # Last, in one transaction with its record: what was erased while the file was read is not handed out.
        with self.database.transaction(tenant_id) as transaction:
            record = self._known(transaction, export_id)
            transaction.exports.update(replace(record, fetches=record.fetches + 1))
            _audit(transaction, principal, "export_fetched", export_id, now, {"size": len(plain)})
        return plain

    def remove(self, principal: Principal, export_id: ExportId) -> None:
        """Destroy an export now: key, file, rows."""
        _check(principal)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            record = self._known(transaction, export_id)
            transaction.exports.update(replace(record, removed_at=now))
            _audit(transaction, principal, "export_removed", export_id, now, {})
        self.discarding.finish(principal.tenant_id)

    def _begun(
        self,
        principal: Principal,
        export_id: ExportId,
        key: Key,
        subject: Subject,
        gathered: Gathered,
        days: int,
    ) -> ExportRecord:
        """Write the row before the file, so that nobody who dies leaves a file that no row tells of.

        The documents are locked while it is written: an erasure comes before, or finds the export.
        """
        tenant_id, now = principal.tenant_id, self.clock.now()
        whom = msgspec.json.encode({"identifiers": subject.identifiers, "names": subject.names})
        record = ExportRecord(
            id=export_id,
            tenant_id=tenant_id,
            subject=key.seal(whom, place=export_subject_place(tenant_id, export_id)),
            made_at=now,
            made_by=principal.key_id,
            expires_at=now + timedelta(days=days),
        )
        with self.database.transaction(tenant_id) as transaction:
            for document_id in sorted(gathered.documents):
                if transaction.documents.get(document_id, lock=True) is None:
                    raise SourceErasedError
            if transaction.turns.alive(gathered.turns) != gathered.turns:
                raise SourceErasedError
            transaction.exports.add(record, documents=gathered.documents, turns=gathered.turns)
        return record

    def _finished(self, principal: Principal, record: ExportRecord, key: Key, gathered: Gathered) -> ExportView:
        content = zipped(gathered.export)
        sealed = key.seal(content, place=export_place(record.tenant_id, record.id))
        self.vault.put(tenant_id=record.tenant_id, document_id=DocumentId(record.id), sealed=sealed)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            if record.id in transaction.exports.broken():
                raise SourceErasedError
            ready = replace(record, ready_at=now, size=len(content))
            transaction.exports.update(ready)
            export = gathered.export
            facts = {
                "documents": len(export.documents),
                "passages": sum(len(one.passages) for one in export.documents),
                "turns": len(export.turns),
                "uncertain": export.uncertain_documents + export.uncertain_turns,
                "expires_at": record.expires_at,
            }
            _audit(transaction, principal, "export_made", record.id, now, facts)
        return self._view(ready)

    def _known(self, transaction: Transaction, export_id: ExportId) -> ExportRecord:
        record = transaction.exports.get(export_id)
        if record is None or not self._readable(transaction, record):
            raise NotFoundError
        return record

    def _readable(self, transaction: Transaction, record: ExportRecord) -> bool:
        """Whether it may be told of: not after a commit that erases a source of it, nor from its last second on."""
        now, whole = self.clock.now(), record.id not in transaction.exports.broken()
        return record.ready_at is not None and record.discarded(whole=whole, now=now, begun_before=now) is None

    def _key(self, principal: Principal, export_id: ExportId) -> Key:
        with self.database.transaction(principal.tenant_id) as transaction:
            self._known(transaction, export_id)
        return self.keys.export_key(tenant_id=principal.tenant_id, export_id=export_id)

    def _view(self, record: ExportRecord) -> ExportView:
        key = self.keys.export_key(tenant_id=record.tenant_id, export_id=record.id)
        whom = msgspec.json.decode(
            key.open(record.subject, place=export_subject_place(record.tenant_id, record.id)),
            type=dict[str, tuple[str, ...]],
        )
        return ExportView(
            id=record.id,
            identifiers=whom["identifiers"],
            names=whom["names"],
            made_at=record.made_at,
            made_by=record.made_by,
            expires_at=record.expires_at,
            size=record.size,
            fetches=record.fetches,
        )


def _check(principal: Principal) -> None:
    if not principal.may(Permission.EXPORT):
        raise NotPermittedError


def _audit(  # who did what with which export
    transaction: Transaction,
    principal: Principal,
    action: str,
    export_id: ExportId,
    now: datetime,
    facts: Mapping[str, object],
) -> None:
    transaction.audit.append(
        entry(principal.tenant_id, action, at=now, actor=principal.key_id, subject=export_id, facts=facts)
    )
