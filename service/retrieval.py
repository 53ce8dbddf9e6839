"""Finds the chunks that answer a question, inside a scope, twice checked: in the engine and in SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from ingestion.sensitivity import Label
from service.errors import DamagedError, KeyDestroyedError, NotFoundError
from service.families import title_shown
from service.places import chunk_place, title_place
from service.policy.access import DocumentId, Scope
from service.ports import ChunkIndex, ChunkRecord, Database, DocumentRecord, Hit, KeyStore, Vector
from service.tracing import traced

_OVERFETCH = 3
_LOWEST_SCORE = 0.2
"""Cosine below which MiniLM's neighbours are noise: better to find nothing than to have a model make do with them."""
_SHARE_OF_BEST = 0.6
"""A hit much weaker than the best is not shown to a model: it would only add sensitivity, not an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """A chunk that the asker may see, with its text, label and where it stands.

    `parent_title` is what the archive or message is called that the document was found in. It is for the asker alone:
    no label covers it, so no model is ever shown it.
    """

    document_id: DocumentId
    ordinal: int
    score: float
    title: str
    first_page: int
    last_page: int
    text: str
    label: Label
    parent_id: DocumentId | None = None
    parent_title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retriever:
    """Searches the index and lets SQL have the last word."""

    index: ChunkIndex
    database: Database
    keys: KeyStore

    @traced("retrieve")
    def retrieve(self, vector: Vector, *, scope: Scope, labeller_version: str, limit: int) -> tuple[Retrieved, ...]:
        """Return at most `limit` chunks inside the scope, best first.

        A hit whose row is missing, out of scope, or unreadable is dropped (R30); with a scope of harmless
        chunks only, so is one whose stored label is not harmless or not of the labeller in force (R21).
        """
        hits = self.index.search(vector=vector, scope=scope, limit=limit * _OVERFETCH)
        found: list[Retrieved] = []
        with self.database.transaction(scope.tenant_id) as transaction:
            places = [(hit.document_id, hit.ordinal) for hit in hits]
            chunks = {(chunk.document_id, chunk.ordinal): chunk for chunk in transaction.chunks.fetch(places)}
            document = cache(transaction.documents.get)
            for hit in hits:
                chunk = chunks.get((hit.document_id, hit.ordinal))
                if hit.score < _LOWEST_SCORE or len(found) == limit:
                    break
                if chunk is not None and _in_scope(document(hit.document_id), chunk, scope, labeller_version):
                    record = document(hit.document_id)
                    found += self._read(record, chunk, hit, self._parent(record, document, scope))
        return tuple(hit for hit in found if hit.score >= found[0].score * _SHARE_OF_BEST)

    def read(
        self, scores: Mapping[tuple[DocumentId, int], float], *, scope: Scope
    ) -> dict[tuple[DocumentId, int], Retrieved]:
        """Return chunks that were found before, under their scores of then.

        Raises NotFoundError where one of them is gone, or outside the scope by now.
        """
        found: dict[tuple[DocumentId, int], Retrieved] = {}
        with self.database.transaction(scope.tenant_id) as transaction:
            document = cache(transaction.documents.get)
            for chunk in transaction.chunks.fetch(scores):
                place = (chunk.document_id, chunk.ordinal)
                record = document(chunk.document_id)
                if record is not None and scope.sees(tenant_id=record.tenant_id, groups=record.groups):
                    hit = Hit(document_id=place[0], ordinal=place[1], score=scores[place])
                    parent = self._parent(record, document, scope)
                    found.update((place, one) for one in self._read(record, chunk, hit, parent))
        if len(found) < len(scores):
            raise NotFoundError
        return found

    @staticmethod
    def _parent(
        record: DocumentRecord | None, document: Callable[[DocumentId], DocumentRecord | None], scope: Scope
    ) -> DocumentRecord | None:
        """Return what the document was found in, where the asker may see that."""
        parent = document(record.parent_id) if record is not None and record.parent_id is not None else None
        if parent is None or not scope.sees(tenant_id=parent.tenant_id, groups=parent.groups):
            return None
        return parent

    def _read(
        self, document: DocumentRecord | None, chunk: ChunkRecord, hit: Hit, parent: DocumentRecord | None
    ) -> tuple[Retrieved, ...]:
        """Return the chunk decrypted, or nothing where nobody may read it any more."""
        if document is None:
            return ()
        try:
            key = self.keys.document_key(tenant_id=document.tenant_id, document_id=document.id)
            text = key.open(chunk.text, place=chunk_place(document.tenant_id, document.id, chunk.ordinal))
            title = key.open(document.title, place=title_place(document.tenant_id, document.id))
            above = title_shown(self.keys, parent) if parent is not None else None
        except (KeyDestroyedError, DamagedError):
            return ()  # being erased, or tampered with
        found = Retrieved(
            document_id=document.id,
            ordinal=chunk.ordinal,
            score=hit.score,
            title=title.decode(),
            first_page=chunk.first_page,
            last_page=chunk.last_page,
            text=text.decode(),
            label=chunk.label,
            parent_id=parent.id if parent is not None else None,
            parent_title=above,
        )
        return (found,)


def _in_scope(document: DocumentRecord | None, chunk: ChunkRecord, scope: Scope, labeller_version: str) -> bool:
    """Whether SQL, too, says that this chunk may be shown."""
    if document is None or not scope.sees(tenant_id=document.tenant_id, groups=document.groups):
        return False
    return not scope.harmless_only or (chunk.label.harmless and chunk.label.labeller_version == labeller_version)
