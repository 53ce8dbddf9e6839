"""The subject index in memory."""

from collections.abc import Collection
from itertools import islice

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import NotFoundError
from service.policy.access import ConversationId, DocumentId, TurnId
from service.ports import (
    DocumentRecord,
    DocumentState,
    JobKind,
    JobState,
    SubjectMark,
    SubjectTable,
    TurnMark,
)


class InMemorySubjectTable(SubjectTable):
    """The subject index."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def replace(self, document_id: DocumentId, marks: Collection[SubjectMark]) -> None:
        if marks and document_id not in self._rows.documents:
            raise NotFoundError
        self._rows.subject_marks[document_id] = frozenset(marks)

    @override
    def keep(self, marks: Collection[TurnMark]) -> None:
        for one in marks:
            if one.turn_id not in self._rows.turns:
                raise NotFoundError
            known = self._rows.turn_marks.get(one.turn_id, frozenset())
            self._rows.turn_marks[one.turn_id] = known | {one}

    @override
    def marked(self, marks: Collection[bytes]) -> tuple[SubjectMark, ...]:
        wanted = frozenset(marks)
        found = (one for kept in self._rows.subject_marks.values() for one in kept if one.mark in wanted)
        return tuple(sorted(found, key=lambda one: (one.document_id, one.ordinal, one.mark)))

    @override
    def marked_turns(self, marks: Collection[bytes]) -> tuple[TurnMark, ...]:
        wanted = frozenset(marks)
        found = (one for kept in self._rows.turn_marks.values() for one in kept if one.mark in wanted)
        living = (one for one in found if one.turn_id not in self._rows.hidden)
        return tuple(sorted(living, key=lambda one: (one.turn_id, one.mark)))

    @override
    def count(self, document_id: DocumentId) -> int:
        return len(self._rows.subject_marks.get(document_id, ()))

    @override
    def count_of_turn(self, turn_id: TurnId) -> int:
        return len(self._rows.turn_marks.get(turn_id, ()))

    @override
    def documents(self) -> tuple[DocumentId, ...]:
        return tuple(record.id for record in self._oldest_first())

    @override
    def turns(self) -> tuple[tuple[TurnId, ConversationId], ...]:
        living = (one for one in self._rows.turns.values() if one.id not in self._rows.hidden)
        return tuple(sorted((one.id, one.conversation_id) for one in living))

    @override
    def unmarked(self, *, version: str, labeller: str, limit: int) -> tuple[DocumentRecord, ...]:
        being_done = {
            job.document_id
            for job in self._rows.jobs.values()
            if job.kind is JobKind.RELABEL and job.state in {JobState.QUEUED, JobState.RUNNING}
        }
        found = (
            record
            for record in self._oldest_first()
            if record.state is DocumentState.READY
            and record.subjects_version != version
            and record.relabel_failed != labeller
            and record.id not in being_done
        )
        return tuple(islice(found, limit))

    def _oldest_first(self) -> list[DocumentRecord]:
        return sorted(self._rows.documents.values(), key=lambda record: (record.created_at, record.id))
