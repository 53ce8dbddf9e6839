"""The twin of the database: transactions follow one another, and one that fails leaves no trace."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.audit_log import InMemoryAuditTable
from service.adapters.memory.canaries import InMemoryCanaryTable
from service.adapters.memory.conversations import InMemoryConversationTable, InMemoryTurnTable
from service.adapters.memory.erasures import InMemoryErasureTable
from service.adapters.memory.estate import InMemoryEstateTable
from service.adapters.memory.exporting import InMemoryExportTable
from service.adapters.memory.holding import InMemoryHoldTable
from service.adapters.memory.keeping import InMemoryKeyStore
from service.adapters.memory.ledger import InMemoryIntakeTable, InMemoryJobTable
from service.adapters.memory.locating import InMemorySubjectTable
from service.adapters.memory.policies import InMemoryPolicyTable
from service.adapters.memory.queueing import InMemoryTallyTable, InMemoryUsageTable, standing
from service.adapters.memory.receipts import InMemoryReceiptTable
from service.adapters.memory.refusals import InMemoryRefusalTable
from service.adapters.memory.retaining import InMemoryRetentionTable
from service.adapters.memory.reviews import InMemoryReviewTable
from service.adapters.memory.sourcing import InMemorySourceItemTable, InMemorySourceRunTable, InMemorySourceTable
from service.adapters.memory.spaces import InMemorySpaceTable
from service.adapters.memory.tables import (
    InMemoryApiKeyTable,
    InMemoryChunkTable,
    InMemoryDocumentTable,
    InMemoryTombstoneTable,
    Rows,
)
from service.errors import ConflictError, NotFoundError
from service.policy.access import TenantId
from service.policy.turns import Standing
from service.ports import ApiKeyRecord, Database, JobKind, KeyStore, Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemoryTransaction:
    """The tables of one tenant inside one open transaction."""

    documents: InMemoryDocumentTable
    chunks: InMemoryChunkTable
    reviews: InMemoryReviewTable
    jobs: InMemoryJobTable
    intake: InMemoryIntakeTable
    usage: InMemoryUsageTable
    tallies: InMemoryTallyTable
    tombstones: InMemoryTombstoneTable
    audit: InMemoryAuditTable
    api_keys: InMemoryApiKeyTable
    conversations: InMemoryConversationTable
    turns: InMemoryTurnTable
    policies: InMemoryPolicyTable
    canaries: InMemoryCanaryTable
    subjects: InMemorySubjectTable
    refusals: InMemoryRefusalTable
    erasures: InMemoryErasureTable
    receipts: InMemoryReceiptTable
    estate: InMemoryEstateTable
    holds: InMemoryHoldTable
    retention: InMemoryRetentionTable
    exports: InMemoryExportTable
    sources: InMemorySourceTable
    source_runs: InMemorySourceRunTable
    source_items: InMemorySourceItemTable
    spaces: InMemorySpaceTable

    @classmethod
    def of(cls, rows: Rows, keys: KeyStore, renamed: Callable[[str], None]) -> "InMemoryTransaction":
        """Return the tables over these rows; `renamed` keeps a new name of the tenant until the commit."""
        return cls(
            documents=InMemoryDocumentTable(rows),
            chunks=InMemoryChunkTable(rows),
            reviews=InMemoryReviewTable(rows),
            jobs=InMemoryJobTable(rows),
            intake=InMemoryIntakeTable(rows),
            usage=InMemoryUsageTable(rows),
            tallies=InMemoryTallyTable(rows),
            tombstones=InMemoryTombstoneTable(rows),
            audit=InMemoryAuditTable(rows, keys),
            api_keys=InMemoryApiKeyTable(rows),
            conversations=InMemoryConversationTable(rows),
            turns=InMemoryTurnTable(rows),
            policies=InMemoryPolicyTable(rows),
            canaries=InMemoryCanaryTable(rows),
            subjects=InMemorySubjectTable(rows),
            refusals=InMemoryRefusalTable(rows),
            erasures=InMemoryErasureTable(rows),
            receipts=InMemoryReceiptTable(rows),
            estate=InMemoryEstateTable(rows, renamed),
            holds=InMemoryHoldTable(rows),
            retention=InMemoryRetentionTable(rows),
            exports=InMemoryExportTable(rows),
            sources=InMemorySourceTable(rows),
            source_runs=InMemorySourceRunTable(rows),
            source_items=InMemorySourceItemTable(rows),
            spaces=InMemorySpaceTable(rows),
        )


class InMemoryDatabase(Database):
    """Everything in one process; a transaction works on copies that replace the rows when it ends well."""

    def __init__(self, *, keys: KeyStore | None = None) -> None:
        self._keys = keys or InMemoryKeyStore()
        self._tenants: dict[TenantId, Tenant] = {}
        self._rows: dict[TenantId, Rows] = {}
        self._lock = threading.RLock()
        self._open = False

    @override
    @contextmanager
    def transaction(self, tenant_id: TenantId) -> Iterator[InMemoryTransaction]:
        with self._lock:
            rows = self._rows.get(tenant_id, Rows(tenant_id=tenant_id))
            changed = rows.copied()
            slugs: list[str] = []
            self._begin()
            try:
                yield InMemoryTransaction.of(changed, self._keys, slugs.append)
            finally:
                self._open = False
            if changed != rows:
                self._commit(changed)
            for slug in slugs:
                self._tenants[tenant_id] = replace(self._tenants[tenant_id], slug=slug)

    def rows(self, tenant_id: TenantId) -> Rows:
        """Return what is committed, for whoever inspects the twin."""
        with self._lock:
            return self._rows.get(tenant_id, Rows(tenant_id=tenant_id))

    @override
    def add_tenant(self, tenant: Tenant) -> None:
        with self._lock:
            if tenant.id in self._tenants or any(known.slug == tenant.slug for known in self._tenants.values()):
                raise ConflictError
            self._tenants[tenant.id] = tenant

    @override
    def tenants(self) -> tuple[Tenant, ...]:
        with self._lock:
            return tuple(sorted(self._tenants.values(), key=lambda tenant: (tenant.created_at, tenant.id)))

    @override
    def api_key(self, secret_sha256: str) -> ApiKeyRecord | None:
        with self._lock:
            keys = (key for rows in self._rows.values() for key in rows.api_keys.values())
            return next((key for key in keys if key.secret_sha256 == secret_sha256), None)

    @override
    def standings(self, kind: JobKind, *, now: datetime) -> tuple[Standing, ...]:
        with self._lock:
            living = (tenant.id for tenant in self.tenants() if not tenant.slug.startswith("erased-"))
            return tuple(standing(self.rows(tenant_id), kind=kind, now=now) for tenant_id in living)

    @override
    def ready(self) -> bool:
        return True

    def _begin(self) -> None:
        """Refuse a transaction inside another: with a real pool the two could wait for each other for ever."""
        if self._open:
            message = "a transaction is open in this thread already"
            raise RuntimeError(message)
        self._open = True

    def _commit(self, changed: Rows) -> None:
        if changed.tenant_id not in self._tenants:
            raise NotFoundError
        self._rows[changed.tenant_id] = changed
