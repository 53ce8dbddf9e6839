"""An erasure is unreachable at once, gone after its job, and never called done before the counts are zero."""

from collections.abc import Sequence
from typing import cast

import pytest

from service.adapters.memory.index import InMemoryChunkIndex
from service.answering import Question
from service.documents import Upload
from service.errors import NotFoundError, NotPermittedError
from service.policy.access import DocumentId, Principal, Role, TenantId
from service.ports import JobState
from tests.assembled import World, a_world

TEXT = "Salary of Margaret Ellison is high."


def found(world: World, who: Principal) -> int:
    return len(world.product.searching.search(who, TEXT, limit=5))


def counts(facts: dict[str, object]) -> dict[str, dict[str, int]]:
    return cast("dict[str, dict[str, int]]", facts["counts"])


def test_an_erased_document_is_unreachable_before_its_job_ran() -> None:
    """R41: unreachable at the commit."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    assert found(world, who) == 1
    world.product.erasure.request(who, document.id)
    assert found(world, who) == 0
    assert world.product.answering.ask(who, Question(text=TEXT)).sources == ()
    with pytest.raises(NotFoundError):
        world.product.documents.get(who, document.id)


def test_after_the_job_every_store_is_empty_and_the_tombstone_says_when() -> None:
    """R41, R42."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    job = world.product.erasure.request(who, document.id)
    assert not world.product.erasure.remains(who.tenant_id, document.id).nothing
    world.work()
    assert world.product.erasure.remains(who.tenant_id, document.id).nothing
    assert world.product.jobs.get(who, job.id).state is JobState.SUCCEEDED
    with world.database.transaction(who.tenant_id) as transaction:
        tombstone = transaction.tombstones.get(document.id)
    assert tombstone is not None
    assert tombstone.gone_at == world.clock.now()
    (facts,) = world.audited(who.tenant_id, "erasure_verified")
    assert counts(facts).keys() == {"broker", "database", "index", "keys", "vault"}
    assert not any(number for things in counts(facts).values() for number in things.values())


def test_an_index_that_only_claims_to_erase_is_found_out() -> None:
    """R42: done only by the counts."""

    class Lazy(InMemoryChunkIndex):
        def erase(self, *, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
            """Report success without acting."""

    world = a_world(index=Lazy())
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    job = world.product.erasure.request(who, document.id)
    world.work()
    assert world.product.jobs.get(who, job.id).state is JobState.QUEUED
    assert world.audited(who.tenant_id, "erasure_verified") == []
    (facts,) = world.audited(who.tenant_id, "erasure_incomplete")
    found = {thing: number for things in counts(facts).values() for thing, number in things.items() if number}
    assert found == {"points": 1}


def test_an_erasure_wins_against_an_ingestion_that_comes_later() -> None:
    """R43: a duplicate delivery brings nothing back."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    rings = [job for job in world.product.jobs.page(who, limit=5) if job.document_id == document.id]
    world.product.erasure.request(who, document.id)
    world.work()
    for job in rings:
        world.product.ingestion.run(who.tenant_id, job.id)
    assert world.product.erasure.remains(who.tenant_id, document.id).nothing


def test_a_document_erased_before_its_ingestion_never_appears() -> None:
    """R43."""
    world = a_world()
    who, _ = world.person("acme")
    view, job = world.product.documents.register(who, Upload(content=TEXT.encode(), file_name="a.txt"))
    world.product.erasure.request(who, view.id)
    world.work()
    assert world.product.jobs.get(who, job.id).failure == "erased"
    assert world.product.erasure.remains(who.tenant_id, view.id).nothing


def test_many_erasures_share_one_rewrite_of_the_index() -> None:
    class Counting(InMemoryChunkIndex):
        calls = 0

        def erase(self, *, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
            self.calls += 1
            super().erase(tenant_id=tenant_id, document_ids=document_ids)

    index = Counting()
    world = a_world(index=index)
    who, _ = world.person("acme")
    documents = [world.uploaded(who, f"{TEXT} {number}") for number in range(5)]
    for document in documents:
        world.product.erasure.request(who, document.id)
    world.work()
    assert index.calls == 1
    assert found(world, who) == 0


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.OPERATOR, Role.AUDITOR])
def test_only_who_may_erase_erases(role: Role) -> None:
    """R31."""
    world = a_world()
    admin, _ = world.person("acme")
    document = world.uploaded(admin, TEXT)
    who, _ = world.person("acme", role)
    with pytest.raises(NotPermittedError):
        world.product.erasure.request(who, document.id)


def test_a_tenant_cannot_erase_what_belongs_to_another() -> None:
    """R30."""
    world = a_world()
    ours, _ = world.person("acme")
    theirs, _ = world.person("lakeside")
    document = world.uploaded(ours, TEXT)
    with pytest.raises(NotFoundError):
        world.product.erasure.request(theirs, document.id)
    assert found(world, ours) == 1
