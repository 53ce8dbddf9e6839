"""A restored dump is held to the erasure ledger before anybody is served (R44)."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient
from typing_extensions import override

from service.adapters.memory.erasure_ledger import InMemoryErasureLedger
from service.adapters.memory.keeping import InMemoryVault
from service.answering import Question
from service.app import application
from service.documents import Upload
from service.errors import (
    KeyDestroyedError,
    NotAuthenticatedError,
    NotFoundError,
    RefusedError,
    RestoreIncompleteError,
    RestorePendingError,
)
from service.policy.access import DocumentId, Principal, Role, TenantId
from service.policy.erasures import ErasureState
from service.policy.tightening import TenantPolicy
from service.ports import DocumentState, ErasedDocument, ErasedTenant, JobState
from service.sealing import Sealed
from service.subjects import Subject
from tests.assembled import World, a_world
from tests.erasing import advanced, asked_for, located, state_of
from tests.picture import Picture, refilled
from tests.records import a_matter, a_refusal

TEXT = "The heron pavilion is let to Marigold Quist."
OTHER = "The canteen serves soup."


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    principal, _ = world.person("acme")
    return principal


def erase(world: World, who: Principal, document: DocumentId) -> None:
    world.product.erasure.request(who, document)
    world.work()


def test_an_erased_document_that_a_dump_brought_back_is_erased_again_everywhere(world: World, who: Principal) -> None:
    gone = world.uploaded(who, TEXT, external_id="crm-7")
    kept = world.uploaded(who, OTHER)
    picture = Picture(world)
    erase(world, who, gone.id)
    picture.restore()
    assert world.product.documents.get(who, gone.id).title == "note.txt"  # it is really back
    replayed = world.product.replaying.run()
    assert (replayed.documents, replayed.revived) == (1, 1)
    with pytest.raises(NotFoundError):
        world.product.documents.get(who, gone.id)
    assert world.product.erasure.remains(who.tenant_id, gone.id).nothing
    with pytest.raises(KeyDestroyedError):
        world.keys.document_key(tenant_id=who.tenant_id, document_id=gone.id)
    assert world.product.documents.get(who, kept.id).state is DocumentState.READY
    with pytest.raises(RefusedError):
        world.product.documents.register(who, Upload(content=TEXT.encode(), file_name="a.txt"))
    with pytest.raises(RefusedError):
        world.product.documents.register(who, Upload(content=b"Else.", file_name="a.txt", external_id="crm-7"))
    assert world.audited(who.tenant_id, "erasure_replayed") == [{"chunks": 1, "revived": True}]


def test_the_tombstone_says_when_it_was_erased_not_when_it_was_restored(world: World, who: Principal) -> None:
    gone = world.uploaded(who, TEXT)
    picture, erased_at = Picture(world), world.clock.now()
    erase(world, who, gone.id)
    picture.restore()
    world.clock.advance(86_400)
    world.product.replaying.run()
    with world.database.transaction(who.tenant_id) as transaction:
        tombstone = transaction.tombstones.get(gone.id)
    assert tombstone is not None
    assert (tombstone.erased_at, tombstone.erased_by, tombstone.gone_at) == (erased_at, who.key_id, world.clock.now())


def test_what_was_handed_in_and_erased_after_the_dump_is_refused_still(world: World, who: Principal) -> None:
    picture = Picture(world)
    gone = world.uploaded(who, TEXT)
    erase(world, who, gone.id)
    picture.restore()
    assert world.product.replaying.run().revived == 0
    with pytest.raises(RefusedError):
        world.product.documents.register(who, Upload(content=TEXT.encode(), file_name="a.txt"))


def test_turns_that_were_forgotten_are_forgotten_again(world: World, who: Principal) -> None:
    conversation = world.product.conversations.open(who).id
    world.product.answering.ask(who, Question(text=TEXT, conversation=conversation))
    picture = Picture(world)
    world.product.conversations.drop(who, conversation, 0)
    picture.restore()
    assert world.product.replaying.run().turns == 1
    assert world.product.conversations.show(who, conversation)[1] == ()
    assert all(key is None for key in _keys(world).turns.values())


def test_a_forgotten_actor_is_forgotten_again(world: World, who: Principal) -> None:
    left, _ = world.person("acme", Role.CONTRIBUTOR)
    world.uploaded(left, OTHER)
    world.product.principals.revoke(left.tenant_id, left.key_id)
    picture = Picture(world)
    world.product.auditing.forget_actor(who, left.key_id)
    picture.restore()
    assert world.product.replaying.run().actors == 1
    with pytest.raises(KeyDestroyedError):
        world.keys.actor_key(tenant_id=who.tenant_id, actor=left.key_id)


def test_jobs_of_the_dump_do_not_bring_it_back(world: World, who: Principal) -> None:
    """R43: an ingestion that waited when the dump was made finds its document erased."""
    view, job = world.product.documents.register(who, Upload(content=TEXT.encode(), file_name="a.txt"))
    picture = Picture(world)
    erase(world, who, view.id)
    picture.restore()
    world.product.replaying.run()
    assert world.product.jobs.get(who, job.id).state is JobState.FAILED
    world.clock.advance(600)
    world.product.jobs.sweep()
    world.work()
    assert world.product.erasure.remains(who.tenant_id, view.id).nothing


def test_a_hold_of_the_dump_does_not_stop_it(world: World, who: Principal) -> None:
    """R45: it was erased after the hold was released; the dump remembers the hold and not its release."""
    gone = world.uploaded(who, TEXT)
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.holds.add(a_matter(who.tenant_id, whole_tenant=True))
    picture = Picture(world)
    picture.restore()
    line = ErasedDocument(
        tenant_id=who.tenant_id,
        document_id=gone.id,
        chunk_count=1,
        erased_at=world.clock.now(),
        erased_by=who.key_id,
        refusal=a_refusal(who.tenant_id, gone.id),
    )
    world.ledger.append([line])
    world.product.replaying.run()
    assert world.product.erasure.remains(who.tenant_id, gone.id).nothing


def test_originals_that_no_row_of_the_dump_knows_are_destroyed(world: World, who: Principal) -> None:
    """Handed in between the dump of the database and the copy of the vault: nobody could ever erase them."""
    picture = Picture(world)
    later = world.uploaded(who, TEXT)
    originals, keys = dict(world.vault.originals), dict(_keys(world).documents)
    picture.restore()
    refilled(world.vault.originals, originals)
    refilled(_keys(world).documents, keys)
    assert world.product.replaying.run().orphans == 1
    assert world.vault.originals == {}
    assert not world.keys.has_document_key(tenant_id=who.tenant_id, document_id=later.id)


def test_no_export_of_a_persons_data_outlives_a_restore(world: World, who: Principal) -> None:
    """R47: it is kept for days, and may hold what was erased since the dump."""
    world.uploaded(who, "Ada Example, ada@example.org, parks in the garage.")
    subject = Subject(identifiers=("ada@example.org",), names=("Ada Example",))
    export = world.product.exports.make(who, subject)
    world.product.replaying.run()
    assert world.product.exports.all(who) == ()
    with pytest.raises(NotFoundError):
        world.product.exports.content(who, export.id)
    assert len(world.vault.originals) == 1


def test_replaying_twice_does_no_harm(world: World, who: Principal) -> None:
    gone = world.uploaded(who, TEXT)
    picture = Picture(world)
    erase(world, who, gone.id)
    picture.restore()
    first = world.product.replaying.run()
    again = world.product.replaying.run()
    assert (first.revived, again.revived) == (1, 0)


def test_lines_of_a_tenant_that_the_dump_does_not_know_destroy_its_keys_only(world: World) -> None:
    tenant, document = TenantId(uuid4()), DocumentId(uuid4())
    world.keys.create_document_key(tenant_id=tenant, document_id=document)
    line = ErasedDocument(
        tenant_id=tenant, document_id=document, chunk_count=1, erased_at=world.clock.now(), erased_by=None, refusal=None
    )
    world.ledger.append([line, ErasedTenant(tenant_id=tenant, erased_at=world.clock.now())])
    replayed = world.product.replaying.run()
    assert (replayed.documents, replayed.tenants) == (1, 1)
    assert not world.keys.has_document_key(tenant_id=tenant, document_id=document)


def test_an_erased_tenant_is_closed_again(world: World, who: Principal) -> None:
    """R40: its API keys do not work, its name is gone, its key is destroyed."""
    _, token = world.person("acme")
    conversation = world.product.conversations.open(who).id
    world.product.answering.ask(who, Question(text=TEXT, conversation=conversation))
    world.ledger.append([ErasedTenant(tenant_id=who.tenant_id, erased_at=world.clock.now())])
    assert world.product.replaying.run().tenants == 1
    with pytest.raises(NotAuthenticatedError):
        world.product.principals.authenticate(token)
    assert [tenant.slug for tenant in world.database.tenants()] == [f"erased-{who.tenant_id}"]
    with pytest.raises(KeyDestroyedError):
        world.keys.tenant_key(who.tenant_id)


class StubbornVault(InMemoryVault):
    """Reports success without acting."""

    @override
    def delete(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        pass

    @override
    def stored(self) -> Iterator[tuple[TenantId, DocumentId]]:
        return iter(())


def test_a_restore_is_not_finished_while_something_is_left() -> None:
    """R42: only the verifier's counts end it."""
    vault = StubbornVault()
    world = a_world(vault=vault)
    who, _ = world.person("acme")
    gone = world.uploaded(who, TEXT)
    picture = Picture(world)
    erase(world, who, gone.id)
    picture.restore()
    vault.put(tenant_id=who.tenant_id, document_id=gone.id, sealed=Sealed(b"sealed"))
    with pytest.raises(RestoreIncompleteError):
        world.product.replaying.run()


def test_tombstones_older_than_the_ledger_get_their_line(world: World, who: Principal) -> None:
    gone = world.uploaded(who, TEXT)
    erase(world, who, gone.id)
    ledger = world.ledger
    assert isinstance(ledger, InMemoryErasureLedger)
    ledger._lines.clear()  # noqa: SLF001 - as if the erasure was older
    assert world.product.replaying.fill() == 1
    assert world.product.replaying.fill() == 0
    (line,) = ledger.entries()
    assert isinstance(line, ErasedDocument)
    assert line.refusal is not None


@pytest.mark.parametrize("path", ["/v1/documents", "/v1/conversations", "/v1/audit/entries"])
def test_while_a_restore_is_pending_the_api_answers_nobody(path: str) -> None:
    """It says why, and comes back by itself once the mark is gone."""
    pending = [True]
    world = a_world(adapted=lambda twins: replace(twins, restore_pending=lambda: pending[0]))
    _, token = world.person("acme")
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(application(world.product, max_upload_bytes=1_000)) as http:
        told = http.get(path, headers=headers)
        assert (told.status_code, told.json()["reason"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "restore_pending")
        assert not http.get("/readyz").json()["parts"]["restore"]
        assert http.get("/healthz").is_success
        pending[0] = False
        assert http.get(path, headers=headers).is_success


def test_while_a_restore_is_pending_no_use_case_of_a_worker_is_run() -> None:
    world = a_world(adapted=lambda twins: replace(twins, restore_pending=lambda: True))
    with pytest.raises(RestorePendingError):
        world.product.check_restored()


def _keys(world: World) -> Any:  # noqa: ANN401 - the twin
    return world.keys


def test_what_was_approved_when_the_backup_was_made_is_not_destroyed_by_that_consent(
    world: World, who: Principal
) -> None:
    """R40, R45: it may have been cancelled since, or held, and neither is in the ledger."""
    world.product.governing.change(who, TenantPolicy(cooling_off_hours=24))
    document = world.uploaded(who, OTHER)
    erasures = world.product.erasures
    view = located(world, who, asked_for(document.id))
    erasures.deciding.approve(who, view.record.id)
    monday = Picture(world)
    erasures.deciding.cancel(who, view.record.id)
    monday.restore()
    assert state_of(world, who, view.record.id) is ErasureState.APPROVED
    world.product.replaying.run()
    world.clock.advance(25 * 3_600)
    after = advanced(world, who, view.record.id)
    assert (after.state, after.approvals, after.approved_at) == (ErasureState.LOCATED, (), None)
    assert world.product.documents.get(who, document.id).id == document.id
    world.product.replaying.run()
    assert len(world.audited(who.tenant_id, "erasure_approval_lapsed")) == 1
