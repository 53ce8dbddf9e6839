"""The audit log of a tenant: sequenced into its tree, shown, exported, proved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from service.auditing import checkpoints, exporting, tree
from service.auditing.entries import entry
from service.auditing.pseudonyms import ERASED, pseudonym_of
from service.errors import (
    AuditDamagedError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    NotPermittedError,
    RingfenceError,
)
from service.policy.access import KeyId, Permission, Principal, TenantId
from service.ports import (
    AuditCheckpoint,
    AuditLeaf,
    AuditRecord,
    Clock,
    Database,
    ErasedActor,
    ErasureLedger,
    KeyStore,
    Signer,
    Transaction,
)

_LEAVES_AT_ONCE = 5_000
"""Leaves of one transaction: each ends with a checkpoint, and whoever dies in between loses nothing."""
_LINES_AT_ONCE = 1_000

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """An entry with the API key behind its pseudonym, None where a worker acted or the actor's key was destroyed."""

    record: AuditRecord
    api_key: KeyId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditing:
    """Makes the tree and hands out what can be verified without this program."""

    database: Database
    keys: KeyStore
    signer: Signer
    clock: Clock
    ledger: ErasureLedger

    def sequence_all(self) -> int:
        """Give every committed entry its leaf; return how many got one. Runs every few seconds.

        A tenant whose log is damaged stops there and nowhere else.
        """
        added = 0
        for tenant in self.database.tenants():
            try:
                added += self.sequence(tenant.id)
            except RingfenceError as error:
                _log.error("audit_sequencing_failed", tenant=str(tenant.id), error=error.code)
        return added

    def sequence(self, tenant_id: TenantId) -> int:
        """Give every committed entry of the tenant its leaf, and sign; return how many got one.

        Raises AuditDamagedError where the newest checkpoint is not the one that was signed.
        """
        added = 0
        while more := self._sequence_some(tenant_id):
            added += more
        return added

    def unsealed(self) -> float:
        """Return for how many seconds the oldest entry of any tenant has waited for a signed checkpoint over it."""
        now = self.clock.now()
        ages = [0.0]
        for tenant in self.database.tenants():
            with self.database.transaction(tenant.id) as transaction:
                since = transaction.audit.unsequenced_since()
            ages += () if since is None else ((now - since).total_seconds(),)
        return max(ages)

    def page(
        self,
        principal: Principal,
        *,
        limit: int,
        action: str | None = None,
        subject: UUID | None = None,
        after: UUID | None = None,
    ) -> tuple[AuditView, ...]:
        """Return entries, newest first, after the one with this id. Raises NotFoundError where that is absent."""
        _check(principal, Permission.SEE_AUDIT)
        with self.database.transaction(principal.tenant_id) as transaction:
            records = transaction.audit.page(limit=limit, action=action, subject=subject, after=after)
            known = transaction.api_keys.all()
        who = {pseudonym_of(self.keys, principal.tenant_id, key.id): key.id for key in known}
        return tuple(
            AuditView(record=record, api_key=None if record.actor in {None, ERASED} else who.get(record.actor))
            for record in records
        )

    def checkpoint(self, principal: Principal) -> bytes:
        """Return the newest checkpoint as a line that can be verified. Raises ConflictError for an empty log."""
        return exporting.checkpoint_line(self._newest(principal), self.signer.public_key)

    def export(
        self, principal: Principal, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[bytes]:
        """Return the lines of an export: every leaf of the newest checkpoint, in order.

        Of entries before `since`, or at or after `until`, only the hashes are given, so that the root can be told.
        Raises ConflictError for an empty log.
        """
        checkpoint = self._newest(principal)
        return self._lines(checkpoint, since, until)

    def proof(self, principal: Principal, entry_id: UUID) -> bytes:
        """Return the proof that the entry is in the newest checkpoint's tree. Raises NotFoundError."""
        checkpoint = self._newest(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            leaf = transaction.audit.leaf_of(entry_id)
            if leaf is None or leaf.leaf_index >= checkpoint.size:
                raise NotFoundError
            ((_, record),) = transaction.audit.sequenced(start=leaf.leaf_index, stop=leaf.leaf_index + 1)
            hashes = _hashes(transaction, checkpoint)
        if record is None:
            raise NotFoundError
        path = tree.inclusion(hashes, leaf.leaf_index)
        return exporting.inclusion_line(leaf, record, checkpoint, path, public_key=self.signer.public_key)

    def consistency(self, principal: Principal, *, size: int) -> bytes:
        """Return the proof that the newest checkpoint's tree begins with that of `size`. Raises NotFoundError."""
        checkpoint = self._newest(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            first = transaction.audit.checkpoint(size=size)
            if first is None:
                raise NotFoundError
            hashes = _hashes(transaction, checkpoint)
        path = tree.consistency(hashes, first.size)
        return exporting.consistency_line(first, checkpoint, path, public_key=self.signer.public_key)

    def forget_actor(self, principal: Principal, key_id: KeyId) -> None:
        """Destroy the key of an actor's pseudonym: the log does not tell any more whose entries these were.

        Rows outside of it (documents, conversations, reviews) still name the key that made them, while they exist.

        Raises NotFoundError for a key of nobody here, InvalidRequestError for one that still works.
        """
        _check(principal, Permission.ERASE)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            found = next((key for key in transaction.api_keys.all() if key.id == key_id), None)
            if found is None:
                raise NotFoundError
            ended = [at for at in (found.revoked_at, found.expires_at) if at is not None and at <= now]
            if not ended:
                message = "this API key still works: revoke it first with `ringfence keys revoke TENANT KEY`"
                raise InvalidRequestError(message)
            transaction.audit.append(
                entry(principal.tenant_id, "actor_forgotten", at=now, actor=principal.key_id, facts={})
            )
        self.ledger.append([ErasedActor(tenant_id=principal.tenant_id, actor=key_id, erased_at=now)])
        self.keys.destroy_actor_key(tenant_id=principal.tenant_id, actor=key_id)

    def _newest(self, principal: Principal) -> AuditCheckpoint:
        """Sequence what is there, and return the checkpoint over it: a damaged one too, for whoever verifies to see."""
        _check(principal, Permission.SEE_AUDIT)
        try:
            self.sequence(principal.tenant_id)
        except AuditDamagedError as error:
            _log.error("audit_sequencing_failed", tenant=str(principal.tenant_id), error=error.code)
        with self.database.transaction(principal.tenant_id) as transaction:
            checkpoint = transaction.audit.checkpoint()
        if checkpoint is None:
            message = "The audit log is empty: nothing was done in this tenant yet."
            raise ConflictError(message)
        return checkpoint

    def _sequence_some(self, tenant_id: TenantId) -> int:
        with self.database.transaction(tenant_id) as transaction:
            if not transaction.audit.unsequenced(limit=1):
                return 0
            transaction.audit.lock()
            waiting = transaction.audit.unsequenced(limit=_LEAVES_AT_ONCE)
            if not waiting:  # another one took them while this one waited
                return 0
            last = transaction.audit.checkpoint()
            hashes = [hashed for _, hashed in waiting]
            start = last.size if last else 0
            leaves = [
                AuditLeaf(tenant_id=tenant_id, leaf_index=index, entry_number=number, leaf_hash=hashed)
                for index, (number, hashed) in enumerate(waiting, start=start)
            ]
            now = self.clock.now()
            grown = checkpoints.grown(last, hashes, tenant_id=tenant_id, at=now, signer=self.signer)
            transaction.audit.seal(leaves, grown)
        return len(leaves)

    def _lines(self, checkpoint: AuditCheckpoint, since: datetime | None, until: datetime | None) -> Iterator[bytes]:
        yield exporting.header(checkpoint, self.signer.public_key)
        for start in range(0, checkpoint.size, _LINES_AT_ONCE):
            stop = min(start + _LINES_AT_ONCE, checkpoint.size)
            with self.database.transaction(checkpoint.tenant_id) as transaction:
                found = transaction.audit.sequenced(start=start, stop=stop)
            for leaf, record in found:
                yield exporting.leaf_line(leaf, record, withheld=_outside(record, since, until))


def _hashes(transaction: Transaction, checkpoint: AuditCheckpoint) -> tuple[bytes, ...]:
    """Return the hashes of the checkpoint's leaves. Raises AuditDamagedError where one is missing."""
    hashes = transaction.audit.leaf_hashes(size=checkpoint.size)
    if len(hashes) != checkpoint.size:
        message = "Leaves are missing from the audit log. Export it and run `ringfence audit verify` to see which."
        raise AuditDamagedError(message)
    return hashes


def _outside(record: AuditRecord | None, since: datetime | None, until: datetime | None) -> bool:
    if record is None:
        return False
    return (since is not None and record.at < since) or (until is not None and record.at >= until)


def _check(principal: Principal, permission: Permission) -> None:
    if not principal.may(permission):
        raise NotPermittedError
