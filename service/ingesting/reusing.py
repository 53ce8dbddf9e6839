"""Vectors of chunks that a tenant already has, so that the same text is embedded once.

A vector is kept in memory, sealed under the key of the document that it was made from, and found by a fingerprint of
the text under the tenant's key. So no tenant finds another's, and an erasure, which destroys the document's key, makes
the vector unreadable in every process at that moment: the key is asked for anew each time.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingestion.pipeline import LabelledChunk
from service.errors import KeyDestroyedError
from service.ingesting.work import Work
from service.policy.access import DocumentId, TenantId
from service.ports import Embedder, KeyStore, Vector, Vectors
from service.sealing import Key, Sealed

_PURPOSE = "embedding"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Which vector is meant: the tenant, the vector space, and HMAC-SHA-256 of the text with the tenant's key."""

    tenant_id: TenantId
    space: str
    digest: str


class KnownVectors:
    """The most recently used vectors of one process, at most `size`, each sealed under its document's key."""

    def __init__(self, *, size: int) -> None:
        self._size = size
        self._known: OrderedDict[Fingerprint, tuple[DocumentId, Sealed]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, fingerprint: Fingerprint) -> tuple[DocumentId, Sealed] | None:
        """Return a sealed vector and the document whose key opens it."""
        with self._lock:
            found = self._known.get(fingerprint)
            if found is not None:
                self._known.move_to_end(fingerprint)
        return found

    def put(self, fingerprint: Fingerprint, document_id: DocumentId, sealed: Sealed) -> None:
        """Remember a sealed vector."""
        with self._lock:
            self._known[fingerprint] = (document_id, sealed)
            self._known.move_to_end(fingerprint)
            while len(self._known) > self._size:
                self._known.popitem(last=False)

    def drop(self, fingerprint: Fingerprint) -> None:
        """Forget a vector."""
        with self._lock:
            self._known.pop(fingerprint, None)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reusing:
    """Embeds texts of a tenant, each different one once."""

    keys: KeyStore
    embedder: Embedder
    known: KnownVectors

    def embed(self, tenant_id: TenantId, texts: Sequence[str]) -> Vectors:
        """Return one vector per text, in the order given, as the embedder does."""
        fingerprints = self._fingerprints(tenant_id, texts)
        different = dict(zip(fingerprints, texts, strict=True))
        keys: dict[DocumentId, Key | None] = {}
        vectors = {one: vector for one in different if (vector := self._reused(one, keys)) is not None}
        missing = [one for one in different if one not in vectors]
        if missing or not vectors:
            made = self.embedder.embed([different[one] for one in missing])
            if not texts:
                return made
            vectors |= dict(zip(missing, made, strict=True))
        return np.stack([vectors[one] for one in fingerprints])

    def remember(self, work: Work, chunks: Sequence[LabelledChunk]) -> None:
        """Remember the vectors of a document that was written just now, sealed under its key."""
        fingerprints = self._fingerprints(work.job.tenant_id, [one.chunk.text for one in chunks])
        for fingerprint, one in zip(fingerprints, chunks, strict=True):
            if self.known.get(fingerprint) is None:
                place = _place(fingerprint, work.record.id)
                self.known.put(
                    fingerprint, work.record.id, work.key.seal(one.vector.astype("<f4").tobytes(), place=place)
                )

    def _reused(self, fingerprint: Fingerprint, keys: dict[DocumentId, Key | None]) -> Vector | None:
        found = self.known.get(fingerprint)
        if found is None:
            return None
        document_id, sealed = found
        if document_id not in keys:
            keys[document_id] = self._key(fingerprint.tenant_id, document_id)
        key = keys[document_id]
        if key is None:
            self.known.drop(fingerprint)
            return None
        return np.frombuffer(key.open(sealed, place=_place(fingerprint, document_id)), dtype="<f4").astype(np.float32)

    def _key(self, tenant_id: TenantId, document_id: DocumentId) -> Key | None:
        try:
            return self.keys.document_key(tenant_id=tenant_id, document_id=document_id)
        except KeyDestroyedError:
            return None

    def _fingerprints(self, tenant_id: TenantId, texts: Sequence[str]) -> list[Fingerprint]:
        key, space = self.keys.tenant_key(tenant_id), self.embedder.name
        return [Fingerprint(tenant_id, space, key.fingerprint(_bytes(text), purpose=_PURPOSE)) for text in texts]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _place(fingerprint: Fingerprint, document_id: DocumentId) -> str:
    return f"{fingerprint.tenant_id}|{document_id}|vector|{fingerprint.space}|{fingerprint.digest}"
