"""The vector spaces in use: questions go to the one that serves, documents to that one and the one being built (R63).

The row in SQL says which space serves. It is read with every question and, under a lock that a switch waits for, with
every write: so no process keeps what it knew, and none has to be started anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from typing_extensions import override

from service.chunks import points_of, rowed
from service.errors import PartUnavailableError, SettingsError
from service.policy.access import DocumentId, Scope, TenantId
from service.ports import (
    ChunkIndex,
    ChunkRecord,
    Clock,
    Database,
    DocumentRecord,
    Embedder,
    Hit,
    Point,
    SubjectMark,
    Transaction,
    Vector,
    Vectors,
)
from service.ports.spaces import EmbedderChoice, Embedders, SpaceId, SpaceRecord, SpaceState

Embedded = Mapping[str, Vectors | Sequence[Vector]]
"""A document's vectors by the name of the embedder that made them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A text whose neighbours are wanted, with its vector by the labeller's embedder where that was made already."""

    text: str
    vector: Vector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A document whose points are to be these chunks, with their vectors."""

    record: DocumentRecord
    chunks: Sequence[ChunkRecord]
    embedded: Embedded


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyEmbedder(Embedders):
    """The one embedder that there is."""

    embedder: Embedder

    @property
    @override
    def default(self) -> EmbedderChoice:
        return EmbedderChoice(model=self.embedder.name, precision="")

    @override
    def choice(self, model: str, *, precision: str | None = None) -> EmbedderChoice:
        return EmbedderChoice(model=model, precision=precision or "")

    @override
    def of(self, choice: EmbedderChoice) -> Embedder:
        if choice != self.default:
            message = f"the embedder {choice.model!r} is not on this machine"
            raise SettingsError(message)
        return self.embedder

    @override
    def prepare(self, choice: EmbedderChoice) -> None:
        """Have it here already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spaces:
    """Searches where a tenant is served, and writes wherever its documents belong.

    `embedder` is the labeller's: whoever labelled has its vectors, and they serve for a space of the same name.
    """

    database: Database
    index: ChunkIndex
    embedders: Embedders
    embedder: Embedder
    clock: Clock

    def serving(self, tenant_id: TenantId) -> SpaceRecord:
        """Return the space that serves, as it is now, and begin to load the embedder of one being built.

        Of a tenant for which nothing was written yet it is the one that it would begin with.
        """
        with self.database.transaction(tenant_id) as transaction:
            live = transaction.spaces.live()
        for space in live:
            if space.state is SpaceState.BUILDING:
                self.embedders.prepare(space.choice)
        return live[0] if live and live[0].state is SpaceState.SERVING else self.first(tenant_id)

    def first(self, tenant_id: TenantId) -> SpaceRecord:
        """Return the space that a tenant begins with; it is not stored yet."""
        choice, now = self.embedders.default, self.clock.now()
        embedder = self.embedders.of(choice)
        return SpaceRecord(
            id=SpaceId(uuid4()),
            tenant_id=tenant_id,
            state=SpaceState.SERVING,
            name=embedder.name,
            model=choice.model,
            precision=choice.precision,
            dimensions=embedder.dimensions,
            created_at=now,
            served_at=now,
        )

    def nearest(self, space: SpaceRecord, asked: Asked, *, scope: Scope, limit: int) -> tuple[Hit, ...]:
        """Return the nearest points of this space inside the scope. Raises PartUnavailableError."""
        vector = asked.vector
        if vector is None or space.name != self.embedder.name:
            vector = self._embedder(space).embed([asked.text])[0]
        return self.index.in_space(space.space).search(vector=vector, scope=scope, limit=limit)

    def moved(self, transaction: Transaction, space: SpaceRecord) -> bool:
        """Whether another space serves by now: the one that was searched may have lost its points meanwhile."""
        return any(one.state is SpaceState.SERVING and one.name != space.name for one in transaction.spaces.live())

    def embedded(self, tenant_id: TenantId, texts: Sequence[str], vectors: Vectors | Sequence[Vector]) -> Embedded:
        """Return the texts' vectors for every space that they belong into; `vectors` are the labeller's embedder's.

        A space being built whose embedder is not on this machine is left out: whoever builds it comes to the document.
        Raises PartUnavailableError where that of the serving space is not.
        """
        with self.database.transaction(tenant_id) as transaction:
            live = transaction.spaces.live()
        made: dict[str, Vectors | Sequence[Vector]] = {self.embedder.name: vectors}
        for space in live or (self.first(tenant_id),):
            if space.name not in made:
                try:
                    made[space.name] = self._embedder(space).embed(texts)
                except PartUnavailableError:
                    if space.state is SpaceState.SERVING:
                        raise
        return made

    def made_for(self, space: SpaceRecord, texts: Sequence[str]) -> Embedded:
        """Return the texts' vectors for this space alone. Raises PartUnavailableError."""
        return {space.name: self._embedder(space).embed(texts)}

    def written(
        self,
        transaction: Transaction,
        record: DocumentRecord,
        chunks: Sequence[ChunkRecord],
        embedded: Embedded,
        marks: Collection[SubjectMark],
    ) -> None:
        """Write a document's row, chunks, marks and points. Call it under the document's row lock and the job's fence.

        The index comes last: what SQL refuses is in no index.
        """
        rowed(transaction, record, chunks, marks)
        self.pointed(transaction, record, chunks, embedded)

    def pointed(
        self, transaction: Transaction, record: DocumentRecord, chunks: Sequence[ChunkRecord], embedded: Embedded
    ) -> None:
        """Make these chunks the document's points in every space. Call it under the document's row lock.

        Where there are no vectors for the one being built, the document counts as not built there: what it has there is
        of before. Raises PartUnavailableError where there are none for the one that serves: it began to a moment ago.
        """
        self.all_pointed(transaction, [Placed(record=record, chunks=chunks, embedded=embedded)])

    def all_pointed(self, transaction: Transaction, placed: Sequence[Placed]) -> None:
        """Do so for several documents of a tenant, with one flush of each space. Call it under their row locks."""
        if not placed:
            return
        tenant_id = placed[0].record.tenant_id
        for space in self._live(transaction, tenant_id):
            points: dict[DocumentId, Sequence[Point]] = {}
            for one in placed:
                vectors = one.embedded.get(space.name)
                if vectors is not None:
                    points[one.record.id] = points_of(one.record, one.chunks, vectors)
                elif space.state is not SpaceState.BUILDING:
                    message = "Another vector space serves since a moment ago. The document is written again for it."
                    raise PartUnavailableError(message)
            self.index.in_space(space.space).replace_all(tenant_id=tenant_id, points=points)
            if space.state is SpaceState.BUILDING:
                self._built(transaction, space, placed, points)

    @staticmethod
    def _built(
        transaction: Transaction, space: SpaceRecord, placed: Sequence[Placed], points: Collection[DocumentId]
    ) -> None:
        for one in placed:
            if one.record.id in points:
                transaction.spaces.mark(space.id, one.record.id, verified=False)
            else:
                transaction.spaces.unmark(space.id, one.record.id)

    def emptied(self, transaction: Transaction, record: DocumentRecord) -> None:
        """Leave the document no point in any space. Call it under the document's row lock."""
        live = self._live(transaction, record.tenant_id)
        self.pointed(transaction, record, (), {space.name: () for space in live})

    def begun(self, transaction: Transaction, tenant_id: TenantId) -> SpaceRecord:
        """Return the space that serves, stored now if it was not."""
        live = transaction.spaces.live()
        if not live or live[0].state is not SpaceState.SERVING:
            transaction.spaces.begin(self.first(tenant_id))
            live = transaction.spaces.live()
        return live[0]

    def _live(self, transaction: Transaction, tenant_id: TenantId) -> tuple[SpaceRecord, ...]:
        live = transaction.spaces.live(lock=True)
        if live and live[0].state is SpaceState.SERVING:
            return live
        self.begun(transaction, tenant_id)
        return transaction.spaces.live(lock=True)

    def _embedder(self, space: SpaceRecord) -> Embedder:
        if space.name == self.embedder.name:
            return self.embedder
        try:
            return self.embedders.of(space.choice)
        except SettingsError as error:
            message = f"The embedder {space.name} is not on this machine."
            raise PartUnavailableError(message) from error
