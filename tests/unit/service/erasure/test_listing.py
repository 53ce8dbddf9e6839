"""Every erasure is in the ledger before its first key is destroyed, and none is concluded without (R44)."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import pytest
from typing_extensions import override

from service.adapters.memory.erasure_ledger import InMemoryErasureLedger
from service.adapters.memory.keeping import InMemoryKeyStore
from service.answering import Question
from service.errors import LedgerDamagedError, PartUnavailableError
from service.policy.access import DocumentId, KeyId, Principal, Role, TenantId, TurnId
from service.ports import ErasedActor, ErasedDocument, ErasedTurn, JobState, LedgerEntry
from tests.assembled import World, a_world

TEXT = "Visitors park in the garage."


class WatchedKeyStore(InMemoryKeyStore):
    """Notes what was not in the ledger when its key was destroyed."""

    def __init__(self, ledger: InMemoryErasureLedger) -> None:
        super().__init__()
        self._ledger = ledger
        self.too_early: set[UUID] = set()

    @override
    def destroy_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        self.too_early |= self._ledger.missing([document_id])
        super().destroy_document_key(tenant_id=tenant_id, document_id=document_id)

    @override
    def destroy_turn_keys(self, *, tenant_id: TenantId, turn_ids: Iterable[TurnId]) -> None:
        ids = list(turn_ids)
        self.too_early |= self._ledger.missing(ids)
        super().destroy_turn_keys(tenant_id=tenant_id, turn_ids=ids)

    @override
    def destroy_actor_key(self, *, tenant_id: TenantId, actor: KeyId) -> None:
        self.too_early |= self._ledger.missing([actor])
        super().destroy_actor_key(tenant_id=tenant_id, actor=actor)


class FailingLedger(InMemoryErasureLedger):
    """Cannot be written, or says it was and forgot."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error
        self.failing = True

    @override
    def append(self, entries: Sequence[LedgerEntry]) -> None:
        if not self.failing:
            super().append(entries)
        elif self.error is not None:
            raise self.error

    @override
    def missing(self, subjects: Collection[UUID]) -> frozenset[UUID]:
        return super().missing(subjects)


def a_watched_world() -> tuple[World, WatchedKeyStore, Principal]:
    ledger = InMemoryErasureLedger()
    keys = WatchedKeyStore(ledger)
    world = a_world(keys=keys, ledger=ledger)
    who, _ = world.person("acme")
    return world, keys, who


def test_a_document_and_the_turns_that_rest_on_it_are_listed_before_their_keys_go() -> None:
    world, keys, who = a_watched_world()
    view = world.uploaded(who, TEXT, external_id="crm-7")
    conversation = world.product.conversations.open(who).id
    world.product.answering.ask(who, Question(text=TEXT, conversation=conversation))
    world.product.erasure.request(who, view.id)
    assert world.ledger.entries() == ()
    world.work()
    turn, document = sorted(world.ledger.entries(), key=lambda one: type(one).__name__, reverse=True)
    assert isinstance(turn, ErasedTurn)
    assert isinstance(document, ErasedDocument)
    assert (document.document_id, document.erased_by, document.chunk_count) == (view.id, who.key_id, 1)
    assert document.refusal is not None
    assert document.refusal.external_fingerprint is not None
    assert keys.too_early == set()


def test_what_an_upload_replaces_is_listed_without_a_refusal() -> None:
    world, keys, who = a_watched_world()
    world.uploaded(who, TEXT, external_id="crm-7")
    world.uploaded(who, "Visitors park on the roof.", external_id="crm-7")
    (entry,) = world.ledger.entries()
    assert isinstance(entry, ErasedDocument)
    assert entry.refusal is None
    assert keys.too_early == set()


def test_a_conversation_that_a_person_forgets_is_listed_turn_by_turn() -> None:
    world, keys, who = a_watched_world()
    conversation = world.product.conversations.open(who).id
    for _ in range(2):
        world.product.answering.ask(who, Question(text=TEXT, conversation=conversation))
    world.product.conversations.forget(who, conversation)
    assert [type(one) for one in world.ledger.entries()] == [ErasedTurn, ErasedTurn]
    assert keys.too_early == set()


def test_a_forgotten_actor_is_listed() -> None:
    world, keys, who = a_watched_world()
    left, _ = world.person("acme", Role.READER)
    world.product.principals.revoke(left.tenant_id, left.key_id)
    world.product.auditing.forget_actor(who, left.key_id)
    (entry,) = world.ledger.entries()
    assert isinstance(entry, ErasedActor)
    assert entry.actor == left.key_id
    assert keys.too_early == set()


@pytest.mark.parametrize(
    "error", [PartUnavailableError(), LedgerDamagedError(), None], ids=["not written", "damaged", "forgot"]
)
def test_without_its_line_nothing_is_destroyed_and_nothing_concluded(error: Exception | None) -> None:
    ledger = FailingLedger(error)
    world = a_world(ledger=ledger)
    who, _ = world.person("acme")
    view = world.uploaded(who, TEXT)
    job = world.product.erasure.request(who, view.id)
    with pytest.raises((PartUnavailableError, LedgerDamagedError)):
        world.work()
    assert world.keys.has_document_key(tenant_id=who.tenant_id, document_id=view.id)
    assert world.product.jobs.get(who, job.id).state is not JobState.SUCCEEDED
    ledger.failing = False
    world.clock.advance(60)
    world.product.jobs.sweep()
    world.work()
    assert world.product.jobs.get(who, job.id).state is JobState.SUCCEEDED
    assert world.product.erasure.remains(who.tenant_id, view.id).nothing
