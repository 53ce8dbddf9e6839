"""Holds a restored dump to the erasure ledger: what was erased since is erased again, before anybody may ask."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from service.auditing import entry
from service.conversations import Forgetting
from service.erasure.listing import lines_of
from service.erasure.requests.changing import locked, moved
from service.errors import RestoreIncompleteError
from service.originals import counterpart
from service.policy.access import DocumentId, TenantId
from service.policy.erasures import ErasureState
from service.policy.failing import Setback
from service.ports import (
    ChunkIndex,
    Clock,
    Database,
    ErasedActor,
    ErasedDocument,
    ErasedRequest,
    ErasedTenant,
    ErasedTurn,
    ErasureLedger,
    JobKind,
    JobState,
    KeyStore,
    LedgerEntry,
    Tombstone,
    Transaction,
    Vault,
)
from service.ports.inspecting import Target
from service.verifying import Verifier

Tell = Callable[[int, int], None]
"""Told of how many lines are done, of how many."""
_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What the ledger held the dump to: how many lines of each kind, and how many of the documents were in the dump."""

    documents: int
    revived: int
    turns: int
    actors: int
    requests: int
    tenants: int
    orphans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaying:
    """Erases again whatever the ledger names. It asks no hold and no permission: it was erased already."""

    database: Database
    index: ChunkIndex
    keys: KeyStore
    vault: Vault
    ledger: ErasureLedger
    forgetting: Forgetting
    verifier: Verifier
    clock: Clock

    def run(self, *, tell: Tell = lambda _, __: None) -> Replayed:
        """Replay every line, then look whether anything is left. Twice does no harm.

        Raises RestoreIncompleteError where something of the ledger is still there, LedgerDamagedError.
        """
        entries = self.ledger.entries()
        known = {tenant.id for tenant in self.database.tenants()}
        for tenant in known:
            self._without_exports(tenant)
        done, revived, orphans = 0, 0, self._without_row(known)
        for tenant_id, lines in _by_tenant(entries):
            for start in range(0, len(lines), _BATCH):
                batch = lines[start : start + _BATCH]
                revived += self._replayed(tenant_id, batch, known=tenant_id in known)
                done += len(batch)
                tell(done, len(entries))
        for tenant_id in known:
            self._reconsidered(tenant_id)
        return Replayed(
            documents=_count(entries, ErasedDocument),
            revived=revived,
            turns=_count(entries, ErasedTurn),
            actors=_count(entries, ErasedActor),
            requests=_count(entries, ErasedRequest),
            tenants=_count(entries, ErasedTenant),
            orphans=orphans,
        )

    def fill(self) -> int:
        """Give every tombstone its line, those made before there was a ledger; return how many had none."""
        added = 0
        for tenant in self.database.tenants():
            with self.database.transaction(tenant.id) as transaction:
                tombstones = transaction.tombstones.all()
                lines = [line for one in tombstones for line in lines_of(transaction, one)]
            added += len(self.ledger.missing([line.document_id for line in lines]))
            self.ledger.append(lines)
        return added

    def _replayed(self, tenant_id: TenantId, lines: Sequence[LedgerEntry], *, known: bool) -> int:
        """Replay some lines of one tenant; return how many documents the dump had brought back."""
        documents = [line for line in lines if isinstance(line, ErasedDocument)]
        turns = [line for line in lines if isinstance(line, ErasedTurn)]
        revived = self._entombed(tenant_id, documents, turns) if known else 0
        for document in documents:
            self.keys.destroy_document_key(tenant_id=tenant_id, document_id=document.document_id)
        self.keys.destroy_turn_keys(tenant_id=tenant_id, turn_ids=[line.turn_id for line in turns])
        if known:
            self.forgetting.finish(tenant_id)
        self.index.erase(tenant_id=tenant_id, document_ids=[line.document_id for line in documents])
        for document in documents:
            self.vault.delete(tenant_id=tenant_id, document_id=document.document_id)
        for line in lines:
            self._keyless(line, known=known)
        self._verify(tenant_id, documents, turns, known=known)
        return revived

    def _reconsidered(self, tenant_id: TenantId) -> None:
        """Have people look again at what was approved and not begun: it may have been cancelled, or held, since then.

        The ledger tells of erasures only. What it does not tell of must not be destroyed by an old consent.
        """
        with self.database.transaction(tenant_id) as transaction:
            for found in transaction.erasures.in_state([ErasureState.APPROVED]):
                undone = replace(locked(transaction, found.id), approvals=(), approved_at=None)
                action, now = "erasure_approval_lapsed", self.clock.now()
                moved(transaction, undone, ErasureState.LOCATED, action=action, now=now, facts={"restored": True})

    def _keyless(self, line: LedgerEntry, *, known: bool) -> None:
        """Destroy what a line of another kind names: an actor's key, a request's, all that a tenant has left."""
        if isinstance(line, ErasedActor):
            self.keys.destroy_actor_key(tenant_id=line.tenant_id, actor=line.actor)
        elif isinstance(line, ErasedRequest):
            self.keys.destroy_request_key(tenant_id=line.tenant_id, request_id=line.request_id)
        elif isinstance(line, ErasedTenant):
            if known:
                self._end(line)
            self.keys.destroy_tenant_key(line.tenant_id)

    def _end(self, line: ErasedTenant) -> None:
        """Close a tenant again: no API key works, nothing is left of its conversations, and its name is gone."""
        with self.database.transaction(line.tenant_id) as transaction:
            transaction.estate.end_api_keys(line.erased_at)
            transaction.sources.clear()
            transaction.estate.hide_conversations(line.erased_at)
        self.forgetting.finish(line.tenant_id)
        with self.database.transaction(line.tenant_id) as transaction:
            transaction.estate.rename(f"erased-{line.tenant_id}")
            transaction.estate.clear()

    def _entombed(self, tenant_id: TenantId, documents: Iterable[ErasedDocument], turns: Iterable[ErasedTurn]) -> int:
        """Put tombstones, refusals and marks as the ledger says; return how many documents were there again."""
        revived = 0
        with self.database.transaction(tenant_id) as transaction:
            for line in documents:
                back = transaction.documents.get(line.document_id, lock=True) is not None
                revived += back
                transaction.source_items.let_go([line.document_id], forget=line.refusal is not None)
                transaction.documents.delete(line.document_id)
                self._end_jobs(transaction, line.document_id)
                transaction.turns.erase_of(line.document_id, line.erased_at)
                transaction.tombstones.add(_tombstone(line))
                if line.refusal is not None:
                    transaction.refusals.add(line.refusal)
                facts = {"chunks": line.chunk_count, "revived": back}
                transaction.audit.append(
                    entry(tenant_id, "erasure_replayed", at=self.clock.now(), subject=line.document_id, facts=facts)
                )
            for turn in turns:
                transaction.turns.erase(turn.turn_id, turn.erased_at)
        return revived

    def _end_jobs(self, transaction: Transaction, document_id: DocumentId) -> None:
        """End every job of the document: whoever held one belongs to the past that the dump is a picture of."""
        now = self.clock.now()
        for kind in JobKind:
            for job in transaction.jobs.open(kind, document_id=document_id):
                ended = replace(
                    job, state=JobState.FAILED, lease_until=None, updated_at=now, failure=Setback.ERASED.value
                )
                transaction.jobs.update(replace(ended, failure_detail="The document was erased."))

    def _verify(
        self, tenant_id: TenantId, documents: Sequence[ErasedDocument], turns: Sequence[ErasedTurn], *, known: bool
    ) -> None:
        """Look everywhere; mark what is gone. Raises RestoreIncompleteError where something is left."""
        targets = [Target(document_id=line.document_id, chunk_count=line.chunk_count) for line in documents]
        left = any(self.keys.has_turn_key(tenant_id=tenant_id, turn_id=line.turn_id) for line in turns)
        if left or (targets and not self.verifier.verify(tenant_id, targets).nothing):
            raise RestoreIncompleteError
        if known:
            now = self.clock.now()
            with self.database.transaction(tenant_id) as transaction:
                for line in documents:
                    transaction.tombstones.mark_gone(line.document_id, now)

    def _without_exports(self, tenant_id: TenantId) -> None:
        """Destroy every export of a person's data: it is kept for days, and may hold what was erased since."""
        with self.database.transaction(tenant_id) as transaction:
            exports = [record.id for record in transaction.exports.all()]
        for export_id in exports:
            self.keys.destroy_export_key(tenant_id=tenant_id, export_id=export_id)
            self.vault.delete(tenant_id=tenant_id, document_id=DocumentId(export_id))
        with self.database.transaction(tenant_id) as transaction:
            transaction.exports.remove(exports)

    def _without_row(self, known: Iterable[TenantId]) -> int:
        """Destroy originals and their keys that no row of the dump knows: handed in while the backup was made."""
        rows = {tenant_id: self._ids(tenant_id) for tenant_id in known}
        strangers = [place for place in self.vault.stored() if place[1] not in rows.get(place[0], frozenset())]
        for tenant_id, document_id in strangers:
            self.keys.destroy_document_key(tenant_id=tenant_id, document_id=document_id)
            self.vault.delete(tenant_id=tenant_id, document_id=document_id)
        return len(strangers)

    def _ids(self, tenant_id: TenantId) -> frozenset[UUID]:
        with self.database.transaction(tenant_id) as transaction:
            ids = transaction.documents.ids()
        return frozenset((*ids, *map(counterpart, ids)))


def _by_tenant(entries: Iterable[LedgerEntry]) -> Iterable[tuple[TenantId, list[LedgerEntry]]]:
    """Yield each tenant's lines, in order, an erased tenant's own line last: it takes the other keys with it."""
    found: dict[TenantId, list[LedgerEntry]] = {}
    for line in sorted(entries, key=lambda one: isinstance(one, ErasedTenant)):
        found.setdefault(line.tenant_id, []).append(line)
    return found.items()


def _count(entries: Iterable[LedgerEntry], kind: type[LedgerEntry]) -> int:
    return sum(isinstance(line, kind) for line in entries)


def _tombstone(line: ErasedDocument) -> Tombstone:
    return Tombstone(
        document_id=DocumentId(line.document_id),
        tenant_id=line.tenant_id,
        chunk_count=line.chunk_count,
        erased_at=line.erased_at,
        erased_by=line.erased_by,
    )
