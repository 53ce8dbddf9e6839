"""Rebuilds the index from SQL: opens every chunk, embeds it, writes its point. Restored indexes are never trusted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.chunks import text_of
from service.errors import DamagedError, KeyDestroyedError
from service.policy.access import DocumentId, TenantId
from service.ports import Database, DocumentRecord, DocumentState, KeyStore
from service.ports.spaces import SpaceRecord
from service.spaces import Spaces

Tell = Callable[[int, int], None]
"""Told of how many documents are done, of how many."""
_INDEXED = frozenset({DocumentState.READY, DocumentState.QUARANTINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """Makes the space that serves what SQL says. Interrupted, it goes on: a document with all its points is left.

    A space being built is not trusted either: what was written anew counts as not built there, and the rest is counted
    before the switch.
    """

    database: Database
    spaces: Spaces
    keys: KeyStore

    def run(self, *, every: bool = False, tell: Tell = lambda _, __: None) -> int:
        """Write the points of each document that lacks some, or of `every` one; return of how many."""
        documents = list(self._documents())
        written = 0
        for done, (tenant_id, document_id) in enumerate(documents):
            tell(done, len(documents))
            written += self._rebuilt(tenant_id, document_id, every=every)
        tell(len(documents), len(documents))
        return written

    def _documents(self) -> Iterator[tuple[TenantId, DocumentId]]:
        for tenant in self.database.tenants():
            with self.database.transaction(tenant.id) as transaction:
                yield from [(tenant.id, document_id) for document_id in transaction.documents.ids(states=_INDEXED)]

    def _rebuilt(self, tenant_id: TenantId, document_id: DocumentId, *, every: bool) -> bool:
        """Write one document's points; say whether it needed them. One that cannot be opened any more has none."""
        with self.database.transaction(tenant_id) as transaction:
            record = transaction.documents.get(document_id)
            chunks = transaction.chunks.of(document_id)
        if record is None:
            return False
        space = self.spaces.serving(tenant_id)
        if not every and self._whole(record, space):
            return False
        try:
            key = self.keys.document_key(tenant_id=tenant_id, document_id=document_id)
            embedded = self.spaces.made_for(space, [text_of(key, record, chunk) for chunk in chunks])
        except (KeyDestroyedError, DamagedError):
            return False
        with self.database.transaction(tenant_id) as transaction:
            # Under the lock, and as the row is now: an erasure waits, or has won; a review is in it, or comes after.
            current = transaction.documents.get(document_id, lock=True)
            stored = transaction.chunks.of(document_id)
            if current is None or [one.text for one in stored] != [one.text for one in chunks]:
                return False
            self.spaces.pointed(transaction, current, stored, embedded)
        return True

    def _whole(self, record: DocumentRecord, space: SpaceRecord) -> bool:
        wanted = 0 if record.state is DocumentState.QUARANTINED else record.chunk_count
        index = self.spaces.index.in_space(space.space)
        return index.held(tenant_id=record.tenant_id, document_id=record.id) == wanted
