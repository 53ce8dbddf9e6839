"""The truth: tables of one tenant inside a transaction of that tenant."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from service.policy.access import DocumentId, KeyId, Scope, TenantId
from service.policy.turns import Standing
from service.ports.auditing import AuditTable
from service.ports.conversations import ConversationTable, TurnTable
from service.ports.erasing import ErasureTable, EstateTable
from service.ports.exporting import ExportTable
from service.ports.holding import HoldTable
from service.ports.jobs import IntakeTable, JobKind, JobTable
from service.ports.locating import SubjectTable
from service.ports.policies import PolicyTable
from service.ports.queueing import TallyTable, UsageTable
from service.ports.receipting import ReceiptTable
from service.ports.records import (
    ApiKeyRecord,
    CanaryRecord,
    ChunkRecord,
    DocumentRecord,
    DocumentState,
    LabellingCounts,
    ReviewRecord,
    Tenant,
    Tombstone,
)
from service.ports.refusing import RefusalTable
from service.ports.retaining import RetentionTable
from service.ports.sourcing import SourceItemTable, SourceRunTable, SourceTable
from service.ports.spaces import SpaceTable


class DocumentTable(Protocol):
    """The documents of one tenant."""

    def add(self, record: DocumentRecord) -> None:
        """Insert. Raises ConflictError where the external fingerprint is taken."""
        ...

    def get(self, document_id: DocumentId, *, lock: bool = False) -> DocumentRecord | None:
        """Return the row; with `lock` nobody else locks or changes it until the transaction ends."""
        ...

    def by_external_fingerprint(self, fingerprint: str) -> DocumentRecord | None:
        """Return the document that was uploaded under this external id."""
        ...

    def by_content_fingerprint(self, fingerprint: str) -> DocumentRecord | None:
        """Return a document with this content."""
        ...

    def page(self, *, scope: Scope, limit: int, after: DocumentId | None = None) -> tuple[DocumentRecord, ...]:
        """Return documents inside the scope, newest first, after the given one.

        Raises NotFoundError where that one is not inside the scope (any more): a listing never ends too early.
        """
        ...

    def ids(self, *, states: Collection[DocumentState] | None = None) -> tuple[DocumentId, ...]:
        """Return the ids of every document, or of those in these states, oldest first."""
        ...

    def children(self, parent_ids: Collection[DocumentId]) -> tuple[DocumentRecord, ...]:
        """Return the documents that were found in these, oldest first."""
        ...

    def abandoned(self, *, before: datetime) -> tuple[DocumentRecord, ...]:
        """Return documents registered before then for which no job was ever written: nobody was told of them."""
        ...

    def handed_in_until(
        self, moment: datetime, *, limit: int, after: tuple[datetime, DocumentId] | None = None
    ) -> tuple[DocumentRecord, ...]:
        """Return the oldest documents handed in up to then, after the one with this time and id, which may be gone."""
        ...

    def stale(self, *, version: str, limit: int, failed: bool = False) -> tuple[DocumentRecord, ...]:
        """Return the oldest ready documents that another labeller version labelled and that no open job relabels.

        Those that this version could not label are left out unless `failed`.
        """
        ...

    def labelling(self, *, version: str) -> LabellingCounts:
        """Count the ready documents by what this labeller version did with them."""
        ...

    def counts(self) -> Mapping[DocumentState, int]:
        """Return how many documents are in each state."""
        ...

    def update(self, record: DocumentRecord) -> None:
        """Write every column of an existing row. Raises NotFoundError where it is gone."""
        ...

    def delete(self, document_id: DocumentId) -> None:
        """Remove the row and, with it, its chunks and their reviews; its jobs stay, as history without names."""
        ...


class ChunkTable(Protocol):
    """The chunks of one tenant."""

    def replace(self, document_id: DocumentId, records: Sequence[ChunkRecord]) -> None:
        """Make these the document's only chunks. Raises NotFoundError where the document is gone."""
        ...

    def fetch(self, places: Iterable[tuple[DocumentId, int]]) -> tuple[ChunkRecord, ...]:
        """Return the chunks at (document, ordinal) that belong to documents in state READY."""
        ...

    def of(self, document_id: DocumentId) -> tuple[ChunkRecord, ...]:
        """Return a document's chunks in order."""
        ...

    def count(self, document_id: DocumentId) -> int:
        """Return how many chunks the document has."""
        ...


class ReviewTable(Protocol):
    """What reviewers said of chunks; it goes with the document."""

    def put(self, record: ReviewRecord) -> None:
        """Write the chunk's only review. Raises NotFoundError where the document is gone."""
        ...

    def of(self, document_id: DocumentId) -> tuple[ReviewRecord, ...]:
        """Return the reviews of a document's chunks, in order."""
        ...

    def clear(self, document_id: DocumentId) -> None:
        """Forget the document's reviews: its chunks are other ones now."""
        ...


class TombstoneTable(Protocol):
    """What was erased."""

    def add(self, tombstone: Tombstone) -> None:
        """Insert; erasing twice keeps the first."""
        ...

    def get(self, document_id: DocumentId) -> Tombstone | None:
        """Return the tombstone."""
        ...

    def of_identity(self, identity: str) -> Tombstone | None:
        """Return the tombstone of what was found in another document under this identity."""
        ...

    def all(self) -> tuple[Tombstone, ...]:
        """Return every tombstone, oldest first."""
        ...

    def mark_gone(self, document_id: DocumentId, at: datetime) -> None:
        """Record that every store was found empty at this time."""
        ...


class ApiKeyTable(Protocol):
    """The API keys of one tenant."""

    def add(self, record: ApiKeyRecord) -> None:
        """Insert."""
        ...

    def all(self) -> tuple[ApiKeyRecord, ...]:
        """Return every key, oldest first."""
        ...

    def revoke(self, key_id: KeyId, at: datetime) -> bool:
        """Make the key useless from `at`; say whether there was one."""
        ...


class CanaryTable(Protocol):
    """The canaries of one tenant."""

    def add(self, record: CanaryRecord) -> None:
        """Insert."""
        ...

    def all(self) -> tuple[CanaryRecord, ...]:
        """Return every canary, oldest first."""
        ...

    def remove(self, canary_id: UUID) -> bool:
        """Forget one; say whether there was one."""
        ...


class Transaction(Protocol):
    """One transaction of one tenant: it commits when its block ends well and rolls back otherwise."""

    @property
    def documents(self) -> DocumentTable:
        """The documents."""
        ...

    @property
    def chunks(self) -> ChunkTable:
        """The chunks."""
        ...

    @property
    def reviews(self) -> ReviewTable:
        """What reviewers said of the chunks."""
        ...

    @property
    def jobs(self) -> JobTable:
        """The ledger."""
        ...

    @property
    def intake(self) -> IntakeTable:
        """Whether the tenant's background work goes on."""
        ...

    @property
    def usage(self) -> UsageTable:
        """What the tenant has, for its quota."""
        ...

    @property
    def tallies(self) -> TallyTable:
        """What was counted while work was done."""
        ...

    @property
    def tombstones(self) -> TombstoneTable:
        """What was erased."""
        ...

    @property
    def audit(self) -> AuditTable:
        """The audit log."""
        ...

    @property
    def api_keys(self) -> ApiKeyTable:
        """The API keys."""
        ...

    @property
    def conversations(self) -> ConversationTable:
        """The conversations."""
        ...

    @property
    def turns(self) -> TurnTable:
        """The turns of the conversations."""
        ...

    @property
    def policies(self) -> PolicyTable:
        """What the tenant wants beyond the operator's policy."""
        ...

    @property
    def canaries(self) -> CanaryTable:
        """The canaries."""
        ...

    @property
    def subjects(self) -> SubjectTable:
        """The subject index."""
        ...

    @property
    def refusals(self) -> RefusalTable:
        """What was erased and is not taken in again."""
        ...

    @property
    def erasures(self) -> ErasureTable:
        """The erasure requests."""
        ...

    @property
    def receipts(self) -> ReceiptTable:
        """The receipts of erasures."""
        ...

    @property
    def estate(self) -> EstateTable:
        """Everything of the tenant, for its end."""
        ...

    @property
    def holds(self) -> HoldTable:
        """The legal holds."""
        ...

    @property
    def retention(self) -> RetentionTable:
        """The retention rules."""
        ...

    @property
    def exports(self) -> ExportTable:
        """The exports of persons' data."""
        ...

    @property
    def sources(self) -> SourceTable:
        """Where documents come from."""
        ...

    @property
    def source_runs(self) -> SourceRunTable:
        """The runs of the sources."""
        ...

    @property
    def source_items(self) -> SourceItemTable:
        """What is known of the things at the sources."""
        ...

    @property
    def spaces(self) -> SpaceTable:
        """The vector spaces."""
        ...


class Database(Protocol):
    """The truth. Every row belongs to a tenant, and a transaction sees only its own tenant's rows."""

    def transaction(self, tenant_id: TenantId) -> AbstractContextManager[Transaction]:
        """Open a transaction. Raises PartUnavailableError where the database does not answer."""
        ...

    def add_tenant(self, tenant: Tenant) -> None:
        """Insert. Raises ConflictError where the slug is taken."""
        ...

    def tenants(self) -> tuple[Tenant, ...]:
        """Return every tenant, oldest first."""
        ...

    def api_key(self, secret_sha256: str) -> ApiKeyRecord | None:
        """Return the key with this hash, of whichever tenant, expired and revoked ones too."""
        ...

    def standings(self, kind: JobKind, *, now: datetime) -> tuple[Standing, ...]:
        """Return what each tenant has due and running of a kind of job; nothing is due where work is paused.

        It is counted at one time and may be untrue at the next: who takes a job finds out by taking it.
        """
        ...

    def ready(self) -> bool:
        """Whether the database answers and has the current schema. Never raises."""
        ...
