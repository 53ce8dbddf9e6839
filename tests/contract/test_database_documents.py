"""The promises of ports.DocumentTable and ports.ChunkTable, kept by the twin and by PostgreSQL alike."""

from dataclasses import replace
from uuid import uuid4

import pytest

from ingestion.document import Remark
from service.errors import ConflictError, NotFoundError
from service.policy.access import DocumentId, KeyId, Role, Scope, TenantId
from service.ports import Database, DocumentState, JobFilter, ReleaseReason
from service.sealing import Sealed
from tests.contract.databases import a_scope, database, migrated_database, postgres, tenant, tenant_in
from tests.records import MINUTE, NOON, a_chunk, a_document, a_job, an_injection

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def test_an_external_id_is_taken_once_per_tenant(database: Database, tenant: TenantId) -> None:
    other = tenant_in(database)
    first = a_document(tenant, external="e1")
    with database.transaction(tenant) as transaction:
        transaction.documents.add(first)
        with pytest.raises(ConflictError):
            transaction.documents.add(a_document(tenant, external="e1"))
        # The refusal does not end the transaction: the caller can look who was first.
        assert transaction.documents.by_external_fingerprint("e1") == first
    with database.transaction(other) as transaction:
        transaction.documents.add(a_document(other, external="e1"))


def test_an_update_cannot_take_an_external_id(database: Database, tenant: TenantId) -> None:
    second = a_document(tenant, external="e2")

    def take() -> None:
        with database.transaction(tenant) as transaction:
            transaction.documents.add(a_document(tenant, external="e1"))
            transaction.documents.add(second)
            transaction.documents.update(replace(second, external_fingerprint="e1"))

    with pytest.raises(ConflictError):
        take()


def test_documents_are_found_by_content(database: Database, tenant: TenantId) -> None:
    older = a_document(tenant, content="same", created_at=NOON - MINUTE)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(a_document(tenant, content="same"))
        transaction.documents.add(older)
        assert transaction.documents.by_content_fingerprint("same") == older
        assert transaction.documents.by_content_fingerprint("other") is None


def test_an_update_writes_every_column(database: Database, tenant: TenantId) -> None:
    record = a_document(tenant, state=DocumentState.PROCESSING)
    changed = replace(
        a_document(tenant, groups=frozenset({"legal"}), external="e9", created_at=NOON + MINUTE),
        id=record.id,
        chunk_count=4,
        page_count=2,
        label_counts={"harmless": 4},
        declared=frozenset(),
        injection=an_injection(),
        released_at=NOON,
        released_by=KeyId(uuid4()),
        release_reason=ReleaseReason.ABOUT_INJECTIONS,
        release_note=Sealed(b"\x00sealed note"),
        failure="damaged",
        failure_detail="cut short",
        labeller_version="v1",
        relabel_failed="v2",
        remarks=frozenset({Remark.TEXT_RECOGNISED, Remark.PAGES_UNREAD}),
    )
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        transaction.documents.update(changed)
        assert transaction.documents.get(record.id) == changed


def test_a_document_that_is_gone_cannot_be_updated(database: Database, tenant: TenantId) -> None:
    """R43: what was erased does not come back by a late write."""

    def update() -> None:
        with database.transaction(tenant) as transaction:
            transaction.documents.update(a_document(tenant))

    with pytest.raises(NotFoundError):
        update()


def test_a_page_holds_what_lies_in_thea_scope(database: Database, tenant: TenantId) -> None:
    """R31: groups decide in the query itself."""
    public = a_document(tenant, created_at=NOON)
    legal = a_document(tenant, groups=frozenset({"legal", "board"}), created_at=NOON + MINUTE)
    finance = a_document(tenant, groups=frozenset({"finance"}), created_at=NOON + 2 * MINUTE)
    with database.transaction(tenant) as transaction:
        for record in (finance, public, legal):
            transaction.documents.add(record)

        def seen(scope: Scope) -> list[DocumentId]:
            return [record.id for record in transaction.documents.page(scope=scope, limit=10)]

        assert seen(a_scope(tenant)) == [public.id]
        assert seen(a_scope(tenant, "legal")) == [legal.id, public.id]
        assert seen(a_scope(tenant, role=Role.ADMIN)) == [finance.id, legal.id, public.id]
        assert seen(a_scope(tenant, "legal").narrowed(groups=[])) == []
        assert seen(a_scope(TenantId(uuid4()), role=Role.ADMIN)) == []


def test_pages_follow_one_another_without_gap_or_repetition(database: Database, tenant: TenantId) -> None:
    scope = a_scope(tenant)
    with database.transaction(tenant) as transaction:
        for minute in (0, 1, 1, 1, 2):  # three of the same moment: only their ids tell them apart
            transaction.documents.add(a_document(tenant, created_at=NOON + minute * MINUTE))
        whole = transaction.documents.page(scope=scope, limit=10)
        parts = list(transaction.documents.page(scope=scope, limit=2))
        while more := transaction.documents.page(scope=scope, limit=2, after=parts[-1].id):
            parts += more
    assert [record.created_at for record in whole] == sorted((r.created_at for r in whole), reverse=True)
    assert tuple(parts) == whole


def test_a_page_after_a_document_outside_the_scope_is_refused(database: Database, tenant: TenantId) -> None:
    """A listing that continues after an erased document must not end as if it were complete."""
    hidden = a_document(tenant, groups=frozenset({"board"}))
    with database.transaction(tenant) as transaction:
        transaction.documents.add(hidden)
        for unknown in (hidden.id, DocumentId(uuid4())):
            with pytest.raises(NotFoundError):
                transaction.documents.page(scope=a_scope(tenant), limit=2, after=unknown)


def test_documents_that_no_job_was_written_for_are_found(database: Database, tenant: TenantId) -> None:
    told, early, late = (a_document(tenant, created_at=NOON + minute * MINUTE) for minute in (0, 1, 5))
    with database.transaction(tenant) as transaction:
        for record in (told, early, late):
            transaction.documents.add(record)
        transaction.jobs.add(a_job(tenant, document_id=told.id))
        assert transaction.documents.abandoned(before=NOON + 2 * MINUTE) == (early,)


def test_deleting_a_document_takes_its_chunks_and_leaves_its_jobs(database: Database, tenant: TenantId) -> None:
    record = a_document(tenant)
    job = a_job(tenant, document_id=record.id)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        transaction.chunks.replace(record.id, [a_chunk(record.id, 0)])
        transaction.jobs.add(job)
        transaction.documents.delete(record.id)
        transaction.documents.delete(record.id)
        assert transaction.documents.get(record.id) is None
        assert transaction.chunks.count(record.id) == 0
        assert transaction.jobs.page(limit=10, only=JobFilter(document_id=record.id)) == (job,)


# Chunks


def test_chunks_come_back_as_they_were_written(database: Database, tenant: TenantId) -> None:
    record = a_document(tenant)
    written = [a_chunk(record.id, ordinal) for ordinal in (2, 0, 1)]
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        transaction.chunks.replace(record.id, written)
        assert transaction.chunks.of(record.id) == (written[1], written[2], written[0])
        assert transaction.chunks.count(record.id) == 3


def test_replacing_chunks_leaves_no_old_one(database: Database, tenant: TenantId) -> None:
    record = a_document(tenant)
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        transaction.chunks.replace(record.id, [a_chunk(record.id, ordinal) for ordinal in range(5)])
        transaction.chunks.replace(record.id, [a_chunk(record.id, 0)])
        assert [chunk.ordinal for chunk in transaction.chunks.of(record.id)] == [0]
        transaction.chunks.replace(record.id, [])
        assert transaction.chunks.count(record.id) == 0


def test_only_chunks_of_ready_documents_are_fetched(database: Database, tenant: TenantId) -> None:
    ready = a_document(tenant)
    processing = a_document(tenant, state=DocumentState.PROCESSING)
    kept_back = a_document(tenant, state=DocumentState.QUARANTINED)
    with database.transaction(tenant) as transaction:
        for record in (ready, processing, kept_back):
            transaction.documents.add(record)
            transaction.chunks.replace(record.id, [a_chunk(record.id, ordinal) for ordinal in range(3)])
        places = [
            (ready.id, 1),
            (processing.id, 1),
            (kept_back.id, 1),
            (ready.id, 7),
            (DocumentId(uuid4()), 0),
            (ready.id, 2),
        ]
        found = transaction.chunks.fetch(places)
        assert {(chunk.document_id, chunk.ordinal) for chunk in found} == {(ready.id, 1), (ready.id, 2)}
        assert transaction.chunks.fetch([]) == ()


def test_chunks_of_a_document_that_is_gone_cannot_be_written(database: Database, tenant: TenantId) -> None:
    """R43: an ingestion that lost the race against an erasure cannot write."""
    gone = DocumentId(uuid4())

    def write() -> None:
        with database.transaction(tenant) as transaction:
            transaction.chunks.replace(gone, [a_chunk(gone, 0)])

    with pytest.raises(NotFoundError):
        write()
