"""An approved request is carried out item by item, under holds, and ends by the verifier's counts alone (R40, R42)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from typing_extensions import override

from service.adapters.memory.index import InMemoryChunkIndex
from service.answering import Question
from service.documents import DocumentView
from service.erasure.requests import Choice, ErasureView
from service.errors import ConflictError, InvalidRequestError, NotFoundError
from service.holding import Cover
from service.policy.access import DocumentId, ErasureId, Principal, TenantId, TurnId
from service.policy.erasures import ErasureAction, ErasureState, LeaveReason, Refusal
from service.ports import DocumentState, HoldReleaseReason, ItemKind, ItemState
from service.receipts import verify
from service.subjects import Subject
from tests.assembled import World, a_world
from tests.erasing import about, advanced, asked_for, items_of, located, state_of, the

S = ErasureState
MAIL = "margaret.ellison@acme.example"
ABOUT_HER = f"Margaret Ellison ({MAIL}) earns much. The garage opens at seven."
ONLY_HER = f"Write to {MAIL} about the parking lot."
HARMLESS = "The garage opens at seven."


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    return world.person("acme")[0]


def approved(world: World, who: Principal, view: ErasureView) -> ErasureId:
    world.product.erasures.deciding.approve(who, view.record.id)
    return view.record.id


def states(world: World, who: Principal, erasure_id: ErasureId) -> dict[object, ItemState]:
    return {item.target: item.state for item in items_of(world, who, erasure_id)}


def hold(world: World, who: Principal, *documents: DocumentView) -> object:
    cover = Cover(documents=frozenset(one.id for one in documents))
    return world.product.holds.place(who, name="Doe v. Acme", cover=cover).id


def lift(world: World, who: Principal, matter: object) -> None:
    world.product.holds.ask_release(who, matter, HoldReleaseReason.MATTER_CLOSED)  # type: ignore[arg-type]
    other, _ = world.person("acme")
    world.product.holds.confirm_release(other, matter)  # type: ignore[arg-type]


def test_a_person_is_erased_and_redacted_as_the_owner_chose(world: World, who: Principal) -> None:
    both, hers, other = (world.uploaded(who, text) for text in (ABOUT_HER, ONLY_HER, HARMLESS))
    view = located(
        world,
        who,
        about(MAIL, names=("Margaret Ellison",)),
        Choice(target=both.id, action=ErasureAction.REDACT),
        Choice(target=hers.id, action=ErasureAction.ERASE),
    )
    erasure_id = approved(world, who, view)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert set(states(world, who, erasure_id).values()) == {ItemState.GONE}
    kept = world.product.documents.page(who, limit=9)
    assert {one.id for one in kept} - {other.id} == {
        item.replaced_by for item in items_of(world, who, erasure_id) if item.replaced_by
    }
    assert {one.state for one in kept} == {DocumentState.READY}
    found = world.product.locating.locate(who, Subject(identifiers=(MAIL,), names=("Margaret Ellison",)))
    assert found.documents == ()


def receipt_of(world: World, who: Principal, erasure_id: ErasureId) -> dict[str, Any]:
    """Return the newest receipt, checked as anybody can check it."""
    content = world.product.erasures.reading.receipt(who, erasure_id)
    assert verify(content) == ()
    assert MAIL.encode() not in content
    told: dict[str, Any] = json.loads(content)
    return told


def test_the_receipt_tells_what_was_asked_and_what_became_of_each_thing(world: World, who: Principal) -> None:
    """R42."""
    both, hers = (world.uploaded(who, text) for text in (ABOUT_HER, ONLY_HER))
    leave = Choice(target=both.id, action=ErasureAction.LEAVE, reason=LeaveReason.LEGAL_OBLIGATION)
    view = located(world, who, about(MAIL), leave, Choice(target=hers.id, action=ErasureAction.ERASE))
    with pytest.raises(ConflictError, match="no receipt"):
        world.product.erasures.reading.receipt(who, view.record.id)
    erasure_id = approved(world, who, view)
    advanced(world, who, erasure_id)
    told = receipt_of(world, who, erasure_id)
    assert (told["outcome"], told["about"]) == ("verified", str(erasure_id))
    assert (told["request"]["reason"], told["request"]["approvals"]) == ("consent_withdrawn", 1)
    assert told["located"] == {"found_by": {"certain": 2}, "not_searched": []}
    outcomes = {item["target"]: (item["outcome"], item["left_because"]) for item in told["items"]}
    assert outcomes == {str(hers.id): ("gone", None), str(both.id): ("left", "legal_obligation")}
    assert world.product.erasures.reading.get(who, erasure_id).has_receipt


def test_a_preview_shows_masked_places_and_decides_nothing(world: World, who: Principal) -> None:
    document = world.uploaded(who, ONLY_HER)
    erasures = world.product.erasures
    view = erasures.receiving.receive(who, about(MAIL))
    preview = erasures.previewing.preview(who, view.record.id)
    (shown,) = preview.documents
    assert (shown.item.target, shown.item.action, shown.item.certain) == (document.id, None, True)
    assert shown.hits
    assert all(MAIL not in hit.snippet for hit in shown.hits)
    assert MAIL not in repr(preview)
    with pytest.raises(Exception, match="not decided"):
        erasures.deciding.approve(who, view.record.id)


def test_a_turn_that_names_the_person_goes_too(world: World, who: Principal) -> None:
    world.uploaded(who, HARMLESS)
    answer = world.product.answering.ask(who, Question(text=f"Who is {MAIL} and when opens the garage?", opens=True))
    view = located(world, who, about(MAIL))
    (turn,) = view.items
    assert turn.kind is ItemKind.TURN
    erase = Choice(target=turn.target, action=ErasureAction.ERASE)
    world.product.erasures.deciding.choose(who, view.record.id, [erase])
    erasure_id = approved(world, who, view)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    turn_id = TurnId(answer.id)
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.turns.alive([turn_id]) == frozenset()
    assert not world.keys.has_turn_key(tenant_id=who.tenant_id, turn_id=turn_id)


def test_what_came_since_the_preview_and_is_certain_is_redacted_and_shown(world: World, who: Principal) -> None:
    """Not missed, and nothing that nobody saw is destroyed beyond the person."""
    first = world.uploaded(who, ONLY_HER)
    view = located(world, who, about(MAIL), Choice(target=first.id, action=ErasureAction.ERASE))
    erasure_id = approved(world, who, view)
    later = world.uploaded(who, ABOUT_HER)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    found = {item.target: item for item in items_of(world, who, erasure_id)}[later.id]
    assert (found.added_later, found.action, found.state) == (True, ErasureAction.REDACT, ItemState.GONE)
    assert world.audited(who.tenant_id, "erasure_started")[0]["later"] == {"documents": 1, "turns": 0}


def test_what_came_since_the_preview_and_may_be_another_person_goes_back_to_the_owner(
    world: World, who: Principal
) -> None:
    first = world.uploaded(who, "Margaret Ellison signs the lease.")
    view = located(world, who, about(names=("Margaret Ellison",)), Choice(target=first.id, action=ErasureAction.ERASE))
    erasure_id = approved(world, who, view)
    later = world.uploaded(who, "Ellison called about the lease.")
    waiting = advanced(world, who, erasure_id)
    items = {item.target: item for item in items_of(world, who, erasure_id)}
    assert items[later.id].certain is False, "a bare family name may be anybody's"
    assert (waiting.state, waiting.approvals) == (S.LOCATED, ())
    assert world.product.documents.get(who, first.id).title, "nothing was destroyed yet"
    leave = Choice(target=later.id, action=ErasureAction.LEAVE, reason=LeaveReason.NOT_ABOUT_THE_PERSON)
    world.product.erasures.deciding.choose(who, erasure_id, [leave])
    world.product.erasures.deciding.approve(who, erasure_id)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert states(world, who, erasure_id) == {first.id: ItemState.GONE, later.id: ItemState.LEFT}


def test_a_hold_blocks_its_item_alone_and_visibly_and_lifting_it_lets_the_request_go_on(
    world: World, who: Principal
) -> None:
    """R45."""
    held, free = world.uploaded(who, ABOUT_HER), world.uploaded(who, HARMLESS)
    matter = hold(world, who, held)
    view = located(world, who, asked_for(held.id, free.id))
    shown = world.product.erasures.previewing.preview(who, view.record.id).documents
    assert {one.item.target: one.held_by for one in shown} == {held.id: (matter,), free.id: ()}
    erasure_id = approved(world, who, view)
    assert advanced(world, who, erasure_id).state is S.ON_HOLD
    assert states(world, who, erasure_id) == {held.id: ItemState.HELD, free.id: ItemState.GONE}
    assert world.product.documents.get(who, held.id).title
    told = receipt_of(world, who, erasure_id)
    assert told["outcome"] == "partial"
    assert {item["target"]: item["held_by"] for item in told["items"]}[str(held.id)] == [str(matter)]
    lift(world, who, matter)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert set(states(world, who, erasure_id).values()) == {ItemState.GONE}


def test_a_hold_that_comes_after_the_approval_still_holds(world: World, who: Principal) -> None:
    """R45: read anew at every step."""
    document = world.uploaded(who, ABOUT_HER)
    erasure_id = approved(world, who, located(world, who, asked_for(document.id)))
    hold(world, who, document)
    assert advanced(world, who, erasure_id).state is S.ON_HOLD
    assert world.product.documents.get(who, document.id).title


def test_what_is_held_for_good_ends_in_a_refusal_and_can_be_left_instead(world: World, who: Principal) -> None:
    """R45: Art. 17(3)(e), on record; or the owner says of the held document that it stays."""
    held, free = world.uploaded(who, ABOUT_HER), world.uploaded(who, HARMLESS)
    hold(world, who, held)
    refused = approved(world, who, located(world, who, asked_for(held.id)))
    other = approved(world, who, located(world, who, asked_for(held.id, free.id)))
    advanced(world, who, refused)
    ended = world.product.erasures.deciding.refuse(who, refused, Refusal.LEGAL_CLAIMS).record
    assert (ended.state, ended.refusal) == (S.REFUSED, Refusal.LEGAL_CLAIMS)
    assert state_of(world, who, other) is S.ON_HOLD
    leave = Choice(target=held.id, action=ErasureAction.LEAVE, reason=LeaveReason.LEGAL_CLAIMS)
    view = world.product.erasures.deciding.choose(who, other, [leave])
    assert (view.record.state, view.record.approvals) == (S.LOCATED, ())
    with pytest.raises(ConflictError, match="destroyed already"):
        world.product.erasures.deciding.cancel(who, other)
    world.product.erasures.deciding.approve(who, other)
    assert advanced(world, who, other).state is S.VERIFIED
    assert states(world, who, other) == {held.id: ItemState.LEFT, free.id: ItemState.GONE}
    assert world.product.documents.get(who, held.id).title


def test_a_held_document_is_not_redacted_either(world: World, who: Principal) -> None:
    """R45."""
    document = world.uploaded(who, ABOUT_HER)
    hold(world, who, document)
    view = located(world, who, about(MAIL), Choice(target=document.id, action=ErasureAction.REDACT))
    erasure_id = approved(world, who, view)
    assert advanced(world, who, erasure_id).state is S.ON_HOLD
    assert world.product.documents.get(who, document.id).title


class Lazy(InMemoryChunkIndex):
    """An index that forgets nothing while it is lazy."""

    lazy = True

    @override
    def erase(self, *, tenant_id: TenantId, document_ids: Sequence[DocumentId]) -> None:
        if not self.lazy:
            super().erase(tenant_id=tenant_id, document_ids=document_ids)


def test_what_remains_is_partial_and_verified_only_when_it_is_gone() -> None:
    """R42: never on a deleter's word."""
    index = Lazy()
    world = a_world(index=index)
    who, _ = world.person("acme")
    erasure_id = approved(world, who, located(world, who, asked_for(world.uploaded(who, HARMLESS).id)))
    partial = advanced(world, who, erasure_id)
    assert (partial.state, partial.ended_at, partial.tried_at) == (S.PARTIAL, None, world.clock.now())
    assert set(states(world, who, erasure_id).values()) == {ItemState.REMAINS}
    assert len(world.audited(who.tenant_id, "erasure_partial")) == 1, "not told again at every beat"
    assert receipt_of(world, who, erasure_id)["outcome"] == "partial"
    world.clock.advance(timedelta(minutes=16).total_seconds())
    assert advanced(world, who, erasure_id).state is S.PARTIAL
    assert len(world.audited(who.tenant_id, "receipt_issued")) == 1
    index.lazy = False
    world.clock.advance(timedelta(minutes=16).total_seconds())
    world.product.jobs.sweep()
    world.work()
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert receipt_of(world, who, erasure_id)["outcome"] == "verified"


def test_a_document_that_somebody_else_erased_meanwhile_is_gone_all_the_same(world: World, who: Principal) -> None:
    document = world.uploaded(who, HARMLESS)
    erasure_id = approved(world, who, located(world, who, asked_for(document.id)))
    world.product.erasure.request(who, document.id)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert len(world.audited(who.tenant_id, "document_erased")) == 1


def test_executing_again_and_again_changes_nothing(world: World, who: Principal) -> None:
    both, hers = world.uploaded(who, ABOUT_HER), world.uploaded(who, ONLY_HER)
    view = located(
        world,
        who,
        about(MAIL, names=("Margaret Ellison",)),
        Choice(target=both.id, action=ErasureAction.REDACT),
        Choice(target=hers.id, action=ErasureAction.ERASE),
    )
    erasure_id = approved(world, who, view)
    for _ in range(5):
        world.product.erasures.executing.advance(who.tenant_id, erasure_id)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    before = (the(world, who, erasure_id), items_of(world, who, erasure_id))
    advanced(world, who, erasure_id)
    assert (the(world, who, erasure_id), items_of(world, who, erasure_id)) == before
    assert len(world.audited(who.tenant_id, "document_redacted")) == 1
    assert len(world.audited(who.tenant_id, "erasure_concluded")) == 1


def test_what_still_names_the_person_after_a_redaction_is_never_verified() -> None:
    """R42: the version that took the document's place is looked into, whatever the redaction said."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, ABOUT_HER)
    view = located(world, who, about(MAIL), Choice(target=document.id, action=ErasureAction.REDACT))
    erasure_id = approved(world, who, view)
    world.product.erasures.executing.advance_all()
    (item,) = items_of(world, who, erasure_id)
    world.work()
    again = world.uploaded(who, ONLY_HER)
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.erasures.put_items([replace(item, replaced_by=again.id)])
    assert advanced(world, who, erasure_id).state is S.PARTIAL
    told = receipt_of(world, who, erasure_id)
    assert told["outcome"] == "partial"
    outcomes = {item["target"]: item["outcome"] for item in told["items"]}
    assert outcomes == {str(document.id): "gone", str(again.id): "remains"}
    assert len(world.audited(who.tenant_id, "erasure_partial")) == 1
    assert world.product.documents.get(who, again.id).title, "nobody has decided about it"
    world.product.erasures.deciding.choose(who, erasure_id, [Choice(target=again.id, action=ErasureAction.ERASE)])
    world.product.erasures.deciding.approve(who, erasure_id)
    assert advanced(world, who, erasure_id).state is S.VERIFIED


def test_one_request_that_cannot_go_on_keeps_no_other_back(world: World, who: Principal) -> None:
    stuck = approved(
        world,
        who,
        located(
            world,
            who,
            about(MAIL),
            Choice(target=world.uploaded(who, ONLY_HER).id, action=ErasureAction.ERASE),
        ),
    )
    other = approved(world, who, located(world, who, asked_for(world.uploaded(who, HARMLESS).id)))
    world.keys.destroy_request_key(tenant_id=who.tenant_id, request_id=stuck)
    assert advanced(world, who, other).state is S.VERIFIED
    assert state_of(world, who, stuck) is S.APPROVED


def test_nothing_is_chosen_any_more_about_what_is_gone(world: World, who: Principal) -> None:
    held, free = world.uploaded(who, ABOUT_HER), world.uploaded(who, HARMLESS)
    hold(world, who, held)
    erasure_id = approved(world, who, located(world, who, asked_for(held.id, free.id)))
    advanced(world, who, erasure_id)
    leave = Choice(target=free.id, action=ErasureAction.LEAVE, reason=LeaveReason.LEGAL_CLAIMS)
    with pytest.raises(InvalidRequestError):
        world.product.erasures.deciding.choose(who, erasure_id, [leave])
    with pytest.raises(NotFoundError):
        world.product.documents.get(who, free.id)
