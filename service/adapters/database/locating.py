"""The subject index in PostgreSQL."""

from collections.abc import Collection

from sqlalchemy import delete, func, insert, select
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import documents, jobs, subject_marks, turn_marks, turns
from service.policy.access import ConversationId, DocumentId, TenantId, TurnId
from service.ports import (
    DocumentRecord,
    DocumentState,
    JobKind,
    JobState,
    SubjectMark,
    SubjectTable,
    TurnMark,
)

_MARK = subject_marks.c
_OPEN = (JobState.QUEUED, JobState.RUNNING)


class SqlSubjectTable(SubjectTable):
    """The subject index of the session's tenant."""

    def __init__(self, session: Session, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant = {"tenant_id": tenant_id}

    @override
    def replace(self, document_id: DocumentId, marks: Collection[SubjectMark]) -> None:
        self._session.run(delete(subject_marks).where(_MARK.document_id == document_id))
        rows = [row_of(one) | self._tenant for one in frozenset(marks)]
        if rows:
            self._session.run(insert(subject_marks), rows)

    @override
    def keep(self, marks: Collection[TurnMark]) -> None:
        rows = [row_of(one) | self._tenant for one in frozenset(marks)]
        if rows:
            self._session.run(insert(turn_marks), rows)

    @override
    def marked(self, marks: Collection[bytes]) -> tuple[SubjectMark, ...]:
        found = select(subject_marks).where(_MARK.mark.in_(list(marks)))
        return self._session.many(found.order_by(_MARK.document_id, _MARK.ordinal, _MARK.mark), SubjectMark)

    @override
    def marked_turns(self, marks: Collection[bytes]) -> tuple[TurnMark, ...]:
        found = (
            select(turn_marks)
            .join(turns, turns.c.id == turn_marks.c.turn_id)
            .where(turn_marks.c.mark.in_(list(marks)), turns.c.erased_at.is_(None))
        )
        return self._session.many(found.order_by(turn_marks.c.turn_id, turn_marks.c.mark), TurnMark)

    @override
    def count(self, document_id: DocumentId) -> int:
        return self._session.number(
            select(func.count()).select_from(subject_marks).where(_MARK.document_id == document_id)
        )

    @override
    def count_of_turn(self, turn_id: TurnId) -> int:
        return self._session.number(select(func.count()).select_from(turn_marks).where(turn_marks.c.turn_id == turn_id))

    @override
    def documents(self) -> tuple[DocumentId, ...]:
        oldest = select(documents.c.id).order_by(documents.c.created_at, documents.c.id)
        return tuple(DocumentId(one) for one in self._session.run(oldest).scalars())

    @override
    def turns(self) -> tuple[tuple[TurnId, ConversationId], ...]:
        living = select(turns.c.id, turns.c.conversation_id).where(turns.c.erased_at.is_(None)).order_by(turns.c.id)
        return tuple((TurnId(one), ConversationId(other)) for one, other in self._session.run(living))

    @override
    def unmarked(self, *, version: str, labeller: str, limit: int) -> tuple[DocumentRecord, ...]:
        being_done = (
            select(jobs.c.id)
            .where(jobs.c.document_id == documents.c.id, jobs.c.kind == JobKind.RELABEL, jobs.c.state.in_(_OPEN))
            .exists()
        )
        found = select(documents).where(
            documents.c.state == DocumentState.READY,
            documents.c.subjects_version.is_distinct_from(version),
            documents.c.relabel_failed.is_distinct_from(labeller),
            ~being_done,
        )
        oldest = found.order_by(documents.c.created_at, documents.c.id).limit(limit)
        return self._session.many(oldest, DocumentRecord)
