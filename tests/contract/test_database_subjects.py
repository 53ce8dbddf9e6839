"""The promises of the subject index, kept by the twin and by PostgreSQL alike (R30, R40, R41)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import NotFoundError
from service.policy.access import DocumentId, TenantId, TurnId
from service.ports import (
    IN_NAME,
    Database,
    DocumentRecord,
    DocumentState,
    JobKind,
    SubjectMark,
    TurnMark,
    TurnRecord,
    TurnSource,
)
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_conversation, a_document, a_job, a_turn

__all__ = ["database", "migrated_database", "postgres", "tenant"]

ONE, OTHER = b"1" * 32, b"2" * 32


def _stored(database: Database, tenant: TenantId) -> tuple[DocumentRecord, TurnRecord]:
    document, conversation = a_document(tenant), a_conversation(tenant)
    turn = a_turn(conversation, TurnSource(document_id=document.id, ordinal=0, number=1))
    with database.transaction(tenant) as transaction:
        transaction.documents.add(document)
        transaction.conversations.add(conversation)
        transaction.turns.add(turn)
    return document, turn


def test_marks_of_chunks_and_names_are_found_by_their_hash(database: Database, tenant: TenantId) -> None:
    document, _ = _stored(database, tenant)
    named = SubjectMark(document_id=document.id, ordinal=IN_NAME, mark=ONE)
    said = SubjectMark(document_id=document.id, ordinal=3, mark=ONE)
    beside = SubjectMark(document_id=document.id, ordinal=3, mark=OTHER)
    with database.transaction(tenant) as transaction:
        transaction.subjects.replace(document.id, [said, named, beside, said])
    with database.transaction(tenant) as transaction:
        assert transaction.subjects.marked([ONE]) == (named, said)
        assert transaction.subjects.marked([]) == ()
        assert transaction.subjects.count(document.id) == 3
        transaction.subjects.replace(document.id, [beside])
        assert transaction.subjects.marked([ONE, OTHER]) == (beside,)


def test_marks_go_with_their_document(database: Database, tenant: TenantId) -> None:
    """R41."""
    document, _ = _stored(database, tenant)
    with database.transaction(tenant) as transaction:
        transaction.subjects.replace(document.id, [SubjectMark(document_id=document.id, ordinal=0, mark=ONE)])
        transaction.documents.delete(document.id)
        assert transaction.subjects.marked([ONE]) == ()
        assert transaction.subjects.count(document.id) == 0


def test_marks_of_a_hidden_turn_are_not_found_and_go_when_it_is_removed(database: Database, tenant: TenantId) -> None:
    """R41."""
    _, turn = _stored(database, tenant)
    mark = TurnMark(turn_id=turn.id, mark=ONE)
    with database.transaction(tenant) as transaction:
        transaction.subjects.keep([mark, mark])
    with database.transaction(tenant) as transaction:
        assert transaction.subjects.marked_turns([ONE, OTHER]) == (mark,)
        assert transaction.subjects.turns() == ((turn.id, turn.conversation_id),)
        transaction.turns.erase(turn.id, NOON)
        assert transaction.subjects.marked_turns([ONE]) == ()
        assert transaction.subjects.turns() == ()
        assert transaction.subjects.count_of_turn(turn.id) == 1
        transaction.turns.remove([turn.id])
        assert transaction.subjects.count_of_turn(turn.id) == 0


def test_what_is_gone_takes_no_marks(database: Database, tenant: TenantId) -> None:
    gone, never = DocumentId(uuid4()), TurnId(uuid4())
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.subjects.replace(gone, [SubjectMark(document_id=gone, ordinal=0, mark=ONE)])
    with pytest.raises(NotFoundError), database.transaction(tenant) as transaction:
        transaction.subjects.keep([TurnMark(turn_id=never, mark=ONE)])


def test_marks_of_another_tenant_never_meet(database: Database, tenant: TenantId) -> None:
    """R30."""
    document, turn = _stored(database, tenant)
    with database.transaction(tenant) as transaction:
        transaction.subjects.replace(document.id, [SubjectMark(document_id=document.id, ordinal=0, mark=ONE)])
        transaction.subjects.keep([TurnMark(turn_id=turn.id, mark=ONE)])
    with database.transaction(tenant_in(database)) as transaction:
        assert transaction.subjects.marked([ONE]) == ()
        assert transaction.subjects.marked_turns([ONE]) == ()
        assert transaction.subjects.documents() == ()
        assert transaction.subjects.turns() == ()
        assert transaction.subjects.count(document.id) == 0
        assert transaction.subjects.unmarked(version="v", labeller="l", limit=9) == ()


def test_every_document_is_to_be_searched_oldest_first(database: Database, tenant: TenantId) -> None:
    newer, older = a_document(tenant, created_at=NOON + MINUTE), a_document(tenant, state=DocumentState.FAILED)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(newer)
        transaction.documents.add(older)
        assert transaction.subjects.documents() == (older.id, newer.id)


def test_ready_documents_without_marks_of_this_version_are_told_once(database: Database, tenant: TenantId) -> None:
    old, marked, failed, unread, asked = (a_document(tenant, created_at=NOON + place * MINUTE) for place in range(5))
    marked = replace(marked, subjects_version="v2")
    failed, unread = replace(failed, relabel_failed="l"), replace(unread, state=DocumentState.PROCESSING)
    job = replace(a_job(tenant, document_id=asked.id), kind=JobKind.RELABEL)
    with database.transaction(tenant) as transaction:
        for one in (marked, failed, unread, asked, old):
            transaction.documents.add(one)
        transaction.jobs.add(job)
        assert transaction.subjects.unmarked(version="v2", labeller="l", limit=9) == (old,)
        assert transaction.subjects.unmarked(version="v2", labeller="l2", limit=9) == (old, failed)
        assert transaction.subjects.unmarked(version="v2", labeller="l", limit=0) == ()
