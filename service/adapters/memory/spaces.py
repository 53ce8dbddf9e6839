"""Vector spaces and embedders, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import ConflictError, NotFoundError, SettingsError
from service.policy.access import DocumentId
from service.ports import DocumentState, Embedder
from service.ports.spaces import EmbedderChoice, Embedders, SpaceCounts, SpaceId, SpaceRecord, SpaceState, SpaceTable

_INDEXED = frozenset({DocumentState.READY, DocumentState.QUARANTINED})
_LIVE = (SpaceState.SERVING, SpaceState.BUILDING)


class InMemorySpaceTable(SpaceTable):
    """The spaces."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def begin(self, record: SpaceRecord) -> bool:
        self._rows.admit(record.tenant_id)
        if self._in_the_way(record):
            return False
        self._rows.vector_spaces[record.id] = record
        return True

    @override
    def live(self, *, lock: bool = False) -> tuple[SpaceRecord, ...]:
        live = (one for one in self._rows.vector_spaces.values() if one.state in _LIVE)
        return tuple(sorted(live, key=lambda one: _LIVE.index(one.state)))

    @override
    def get(self, space_id: SpaceId, *, lock: bool = False) -> SpaceRecord | None:
        return self._rows.vector_spaces.get(space_id)

    @override
    def all(self) -> tuple[SpaceRecord, ...]:
        newest = sorted(self._rows.vector_spaces.values(), key=lambda one: (one.created_at, one.id), reverse=True)
        return tuple(newest)

    @override
    def leaving(self) -> tuple[SpaceRecord, ...]:
        return tuple(one for one in reversed(self.all()) if one.state not in _LIVE and one.dropped_at is None)

    @override
    def update(self, record: SpaceRecord) -> None:
        if record.id not in self._rows.vector_spaces:
            raise NotFoundError
        if self._in_the_way(record):
            raise ConflictError
        self._rows.vector_spaces[record.id] = record

    @override
    def claim(self, space_id: SpaceId, *, now: datetime, lease_until: datetime) -> SpaceRecord | None:
        found = self.get(space_id)
        if found is None or found.state is not SpaceState.BUILDING:
            return None
        if found.lease_until is not None and found.lease_until >= now:
            return None
        self._rows.vector_spaces[space_id] = replace(found, fence=found.fence + 1, lease_until=lease_until)
        return self._rows.vector_spaces[space_id]

    @override
    def renew(self, space_id: SpaceId, fence: int, *, lease_until: datetime | None) -> bool:
        found = self.get(space_id)
        if found is None or found.fence != fence or found.state is not SpaceState.BUILDING:
            return False
        self._rows.vector_spaces[space_id] = replace(found, lease_until=lease_until)
        return True

    @override
    def mark(self, space_id: SpaceId, document_id: DocumentId, *, verified: bool) -> None:
        if document_id not in self._rows.documents or space_id not in self._rows.vector_spaces:
            raise NotFoundError
        self._rows.space_documents[space_id, document_id] = verified

    @override
    def unmark(self, space_id: SpaceId, document_id: DocumentId | None = None) -> None:
        for place in [one for one in self._rows.space_documents if one[0] == space_id]:
            if document_id in {None, place[1]}:
                del self._rows.space_documents[place]

    @override
    def unbuilt(self, space_id: SpaceId, *, limit: int) -> Sequence[DocumentId]:
        missing = [one for one in self._indexed() if (space_id, one) not in self._rows.space_documents]
        return tuple(missing[:limit])

    @override
    def unverified(self, space_id: SpaceId, *, limit: int) -> Sequence[DocumentId]:
        marks = self._rows.space_documents.items()
        return tuple(sorted(place[1] for place, verified in marks if place[0] == space_id and not verified))[:limit]

    @override
    def counts(self, space_id: SpaceId) -> SpaceCounts:
        indexed = self._indexed()
        marks = [self._rows.space_documents.get((space_id, one)) for one in indexed]
        built = sum(one is not None for one in marks)
        return SpaceCounts(documents=len(indexed), built=built, verified=sum(map(bool, marks)))

    def _indexed(self) -> list[DocumentId]:
        rows = sorted(self._rows.documents.values(), key=lambda one: (one.created_at, one.id))
        return [one.id for one in rows if one.state in _INDEXED]

    def _in_the_way(self, record: SpaceRecord) -> bool:
        others = [one for one in self._rows.vector_spaces.values() if one.id != record.id]
        same_state = record.state in _LIVE and any(one.state is record.state for one in others)
        undropped = record.dropped_at is None
        return same_state or (undropped and any(one.name == record.name and one.dropped_at is None for one in others))


@dataclass(slots=True)
class InMemoryEmbedders(Embedders):
    """The twins by their name. One in `lost` is on this machine no more."""

    known: dict[str, Embedder]
    first: str
    lost: set[str] = field(default_factory=set)

    @property
    @override
    def default(self) -> EmbedderChoice:
        return self.choice(self.first)

    @override
    def choice(self, model: str, *, precision: str | None = None) -> EmbedderChoice:
        return EmbedderChoice(model=model, precision=precision or "float32")

    @override
    def of(self, choice: EmbedderChoice) -> Embedder:
        if choice.model not in self.known or choice.model in self.lost:
            message = f"the embedder {choice.model!r} is not on this machine"
            raise SettingsError(message)
        return self.known[choice.model]

    @override
    def prepare(self, choice: EmbedderChoice) -> None:
        """Have nothing to load."""
