"""Builds a vector space from SQL, document by document, and counts what it built: in small steps, under a lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.chunks import pointed, text_of
from service.errors import DamagedError, KeyDestroyedError, LeaseLostError, PartUnavailableError
from service.policy.access import DocumentId, TenantId
from service.ports import (
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    DocumentState,
    KeyStore,
    Transaction,
    Vectors,
)
from service.ports.spaces import SpaceRecord, SpaceState
from service.reembedding.switching import Switching
from service.sealing import Key
from service.spaces import Spaces

_DOCUMENTS = 16
"""Documents whose chunks are embedded together."""
_TEXTS = 64
"""Texts embedded in one call: the lease is renewed and a cancellation is seen between two."""
_COUNTED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A document as it was read, its chunks' texts in order."""

    record: DocumentRecord
    chunks: tuple[ChunkRecord, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """Takes the space that a tenant builds a little further.

    Whoever dies leaves marks of what is built; the next one goes on when the lease has run out. Every write is under
    the document's row lock, so an erasure waits or has won, and what a job writes meanwhile is not written over.
    `lease_seconds`: how long a space stays with a builder that is silent.
    """

    database: Database
    spaces: Spaces
    keys: KeyStore
    clock: Clock
    switching: Switching
    lease_seconds: float

    def advance(self, tenant_id: TenantId, *, until: datetime | None = None, steps: int | None = None) -> bool:
        """Build, count and switch until then, at most so many steps; return whether there is more to do.

        Does nothing where no space is built, or another one builds it. Raises PartUnavailableError.
        """
        space = self._claimed(tenant_id)
        if space is None:
            return False
        more, done = True, 0
        try:
            while more and (steps is None or done < steps) and (until is None or self.clock.now() < until or not done):
                more, done = self._step(space), done + 1
        except LeaseLostError:
            return False
        finally:
            self._renew(space, None)
        return more

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    def _claimed(self, tenant_id: TenantId) -> SpaceRecord | None:
        now = self.clock.now()
        with self.database.transaction(tenant_id) as transaction:
            building = [one for one in transaction.spaces.live() if one.state is SpaceState.BUILDING]
            return (
                transaction.spaces.claim(building[0].id, now=now, lease_until=now + self._lease) if building else None
            )

    def _renew(self, space: SpaceRecord, until: datetime | None) -> bool:
        with self.database.transaction(space.tenant_id) as transaction:
            return transaction.spaces.renew(space.id, space.fence, lease_until=until)

    def _step(self, space: SpaceRecord) -> bool:
        """Build some documents; where all are built, count some; where all are counted, switch."""
        if not self._renew(space, self.clock.now() + self._lease):
            raise LeaseLostError
        with self.database.transaction(space.tenant_id) as transaction:
            unbuilt = transaction.spaces.unbuilt(space.id, limit=_DOCUMENTS)
            uncounted = () if unbuilt else transaction.spaces.unverified(space.id, limit=_COUNTED)
        if unbuilt:
            self._build(space, unbuilt)
        for document_id in uncounted:
            self._count(space, document_id)
        return bool(unbuilt or uncounted) or self.switching.switch(space)

    def _build(self, space: SpaceRecord, document_ids: Sequence[DocumentId]) -> None:
        opened = [one for document_id in document_ids if (one := self._open(space, document_id)) is not None]
        texts = [text for one in opened for text in one.texts]
        vectors = self._embedded(space, texts)
        start = 0
        for one in opened:
            self._write(space, one, vectors[start : start + len(one.texts)])
            start += len(one.texts)

    def _open(self, space: SpaceRecord, document_id: DocumentId) -> _Opened | None:
        """Read a document. One whose text cannot be opened any more is found by nobody: it counts as built, empty."""
        with self.database.transaction(space.tenant_id) as transaction:
            record = transaction.documents.get(document_id)
            chunks = transaction.chunks.of(document_id)
        if record is None:
            return None
        if record.state is DocumentState.QUARANTINED:
            return _Opened(record=record, chunks=chunks, texts=())
        try:
            key = self.keys.document_key(tenant_id=space.tenant_id, document_id=document_id)
            return _Opened(record=record, chunks=chunks, texts=_texts(key, record, chunks))
        except (KeyDestroyedError, DamagedError):
            self._pass_over(space, document_id)
            return None

    def _pass_over(self, space: SpaceRecord, document_id: DocumentId) -> None:
        with self.database.transaction(space.tenant_id) as transaction:
            if transaction.documents.get(document_id, lock=True) is not None:
                self._hold(transaction, space)
                index = self.spaces.index.in_space(space.space)
                index.replace(tenant_id=space.tenant_id, document_id=document_id, points=[])
                transaction.spaces.mark(space.id, document_id, verified=True)

    def _embedded(self, space: SpaceRecord, texts: Sequence[str]) -> list[Vectors]:
        vectors: list[Vectors] = []
        for start in range(0, len(texts), _TEXTS):
            if start and not self._renew(space, self.clock.now() + self._lease):
                raise LeaseLostError
            some = texts[start : start + _TEXTS]
            vectors += list(self.spaces.made_for(space, some)[space.name])
        return vectors

    def _write(self, space: SpaceRecord, opened: _Opened, vectors: Sequence[Vectors]) -> None:
        """Write the points as the row and its chunks are now; where those are others by now, leave it for later."""
        tenant_id, document_id = space.tenant_id, opened.record.id
        try:
            with self.database.transaction(tenant_id) as transaction:
                current = transaction.documents.get(document_id, lock=True)
                stored = transaction.chunks.of(document_id)
                if current is None or _sealed(stored) != _sealed(opened.chunks):
                    return
                shown = current.state is not DocumentState.QUARANTINED
                if shown and len(vectors) != len(stored):
                    return  # released from quarantine since it was read
                self._hold(transaction, space)
                pointed(self.spaces.index.in_space(space.space), current, stored if shown else (), vectors)
                transaction.spaces.mark(space.id, document_id, verified=False)
        except PartUnavailableError:
            self._look_once_more(space, document_id)
            raise

    def _look_once_more(self, space: SpaceRecord, document_id: DocumentId) -> None:
        """Take out what was written under a lock that the database lost: of an erased document, or a cancelled space.

        Where a part is still away this raises, and the document's erasure counts in every space before it is done.
        """
        with self.database.transaction(space.tenant_id) as transaction:
            gone = transaction.documents.get(document_id) is None
            now = transaction.spaces.get(space.id)
        if gone:
            self.spaces.index.erase(tenant_id=space.tenant_id, document_ids=[document_id])
        if now is None or now.state not in {SpaceState.BUILDING, SpaceState.SERVING}:
            self.spaces.index.in_space(space.space).drop(tenant_id=space.tenant_id)

    def _count(self, space: SpaceRecord, document_id: DocumentId) -> None:
        """Count a document's points in the space, under its row lock: as many as its chunks, or it is built anew."""
        with self.database.transaction(space.tenant_id) as transaction:
            record = transaction.documents.get(document_id, lock=True)
            if record is None:
                return
            self._hold(transaction, space)
            wanted = transaction.chunks.count(document_id) if record.state is DocumentState.READY else 0
            index = self.spaces.index.in_space(space.space)
            if index.held(tenant_id=space.tenant_id, document_id=document_id) == wanted:
                transaction.spaces.mark(space.id, document_id, verified=True)
            else:
                transaction.spaces.unmark(space.id, document_id)

    def _hold(self, transaction: Transaction, space: SpaceRecord) -> None:
        """Keep the space being built until this transaction ends. Raises LeaseLostError where it is no more."""
        live = transaction.spaces.live(lock=True)
        if not any(one.id == space.id and one.state is SpaceState.BUILDING for one in live):
            raise LeaseLostError


def _texts(key: Key, record: DocumentRecord, chunks: Sequence[ChunkRecord]) -> tuple[str, ...]:
    return tuple(text_of(key, record, chunk) for chunk in chunks)


def _sealed(chunks: Sequence[ChunkRecord]) -> list[tuple[int, bytes]]:
    return [(chunk.ordinal, chunk.text) for chunk in chunks]
