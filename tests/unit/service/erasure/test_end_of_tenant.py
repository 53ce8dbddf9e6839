"""The end of a tenant: two keys approve, everything goes, its key last; the audit stays (R40)."""

import json
from dataclasses import replace

import pytest

from service.answering import Question
from service.erasure.requests import Asked, Choice
from service.errors import ConflictError, KeyDestroyedError, NotAuthenticatedError, NotPermittedError
from service.holding import Cover
from service.policy.access import ErasureId, Principal, Role
from service.policy.erasures import ErasureAction, ErasureKind, ErasureReason, ErasureState
from service.policy.tightening import TenantPolicy
from service.ports import HoldReleaseReason, ItemKind
from service.receipts import verify
from service.subjects import Subject
from tests.assembled import World, a_world
from tests.erasing import about, advanced, asked_for, items_of, located, state_of

S = ErasureState
ALL_OF_IT = Asked(kind=ErasureKind.TENANT, reason=ErasureReason.NO_LONGER_NECESSARY, note="The contract ended.")


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    return world.person("acme")[0]


def asked(world: World, who: Principal) -> ErasureId:
    """Ask for the end of a tenant that has some of everything."""
    world.uploaded(who, "The garage opens at seven.")
    world.uploaded(who, "Salary of Margaret Ellison is high.", groups=frozenset({"board"}))
    world.product.answering.ask(who, Question(text="When does the garage open?", opens=True))
    world.product.answering.ask(who, Question(text="What orbits Neptune backwards?", opens=True))
    world.product.canaries.add(who)
    erasures = world.product.erasures
    view = erasures.receiving.receive(who, ALL_OF_IT)
    erasures.previewing.preview(who, view.record.id)
    return view.record.id


def approved(world: World, who: Principal) -> ErasureId:
    erasure_id = asked(world, who)
    for key in (who, world.person("acme")[0]):
        world.product.erasures.deciding.approve(key, erasure_id)
    return erasure_id


def test_everything_of_a_tenant_goes_and_its_key_last(world: World, who: Principal) -> None:
    _, token = world.person("acme", Role.READER)
    neighbour, _ = world.person("lakeside")
    kept = world.uploaded(neighbour, "The garage opens at seven.")
    erasure_id = approved(world, who)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    with world.database.transaction(who.tenant_id) as transaction:
        counts = transaction.estate.counts()
        assert {key.name for key in transaction.api_keys.all()} == {""}
    assert not any(getattr(counts, name) for name in counts.__slots__)
    with pytest.raises(NotAuthenticatedError):
        world.product.principals.authenticate(token)
    assert world.keys.tenant_erased(who.tenant_id)
    with pytest.raises(KeyDestroyedError):
        world.keys.tenant_key(who.tenant_id)
    slugs = {one.id: one.slug for one in world.database.tenants()}
    assert slugs[who.tenant_id] == f"erased-{who.tenant_id}"
    assert slugs[neighbour.tenant_id] == "lakeside"
    assert world.product.documents.get(neighbour, kept.id).title
    kinds = [item.kind for item in items_of(world, who, erasure_id)]
    assert sorted(kinds) == [ItemKind.DOCUMENT, ItemKind.DOCUMENT, ItemKind.TENANT, ItemKind.TURN, ItemKind.TURN]


def test_the_audit_of_a_tenant_stays_and_still_verifies(world: World, who: Principal) -> None:
    """R50: and the receipt says so."""
    erasure_id = approved(world, who)
    before = len(world.audited(who.tenant_id, "prompt_routed"))
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert len(world.audited(who.tenant_id, "prompt_routed")) == before > 0
    closed = {"documents": 2, "conversations": 2, "turns": 2, "canaries": 1, "policies": 0, "api_keys": 2}
    assert world.audited(who.tenant_id, "tenant_closed") == [{"kind": "tenant"} | closed]
    world.product.auditing.sequence_all()
    assert world.product.auditing.unsealed() == 0.0
    content = world.product.erasures.reading.receipt(who, erasure_id)
    assert verify(content) == ()
    told = json.loads(content)
    assert told["outcome"] == "verified"
    assert told["located"] == {
        "found_by": {"documents": 2, "tenants": 1, "turns": 2},
        "not_searched": ["audit_stays"],
    }


def test_workers_live_on_beside_a_tenant_that_has_ended(world: World, who: Principal) -> None:
    advanced(world, who, approved(world, who))
    world.clock.advance(3_600)
    world.product.jobs.sweep()
    world.work()
    world.product.erasures.executing.advance_all()
    world.product.erasures.deadlines.warn()


def test_it_needs_an_admin_and_two_keys_whatever_the_policy_says(world: World, who: Principal) -> None:
    """R31."""
    owner, _ = world.person("acme", Role.DATA_OWNER)
    with pytest.raises(NotPermittedError):
        world.product.erasures.receiving.receive(owner, ALL_OF_IT)
    erasure_id = asked(world, who)
    with pytest.raises(NotPermittedError):
        world.product.erasures.deciding.approve(owner, erasure_id)
    deciding = world.product.erasures.deciding
    assert deciding.approve(who, erasure_id).record.state is S.LOCATED
    with pytest.raises(ConflictError):
        deciding.approve(who, erasure_id)
    assert advanced(world, who, erasure_id).state is S.LOCATED
    assert not world.keys.tenant_erased(who.tenant_id)


def test_a_hold_on_anything_keeps_the_whole_tenant_and_its_keys(world: World, who: Principal) -> None:
    """R45: whoever is to release it needs an API key."""
    erasure_id = approved(world, who)
    other, _ = world.person("acme")
    matter = world.product.holds.place(other, name="Doe", cover=Cover(groups=frozenset({"board"})))
    assert advanced(world, who, erasure_id).state is S.ON_HOLD
    assert len(world.product.documents.page(who, limit=9)) == 2
    world.product.holds.ask_release(who, matter.id, HoldReleaseReason.COURT_ORDER)
    world.product.holds.confirm_release(other, matter.id)
    assert advanced(world, who, erasure_id).state is S.VERIFIED


def test_a_preview_counts_what_ends(world: World, who: Principal) -> None:
    erasure_id = asked(world, who)
    counts = world.product.erasures.previewing.preview(who, erasure_id).tenant
    assert counts is not None
    assert (counts.documents, counts.conversations, counts.turns, counts.canaries, counts.api_keys) == (2, 2, 2, 1, 1)


def test_a_tenant_without_anything_ends_too(world: World, who: Principal) -> None:
    erasures = world.product.erasures
    view = erasures.receiving.receive(who, ALL_OF_IT)
    erasures.previewing.preview(who, view.record.id)
    for key in (who, world.person("acme")[0]):
        erasures.deciding.approve(key, view.record.id)
    assert advanced(world, who, view.record.id).state is S.VERIFIED
    assert world.keys.tenant_erased(who.tenant_id)


def test_other_requests_of_an_ended_tenant_end_with_it(world: World, who: Principal) -> None:
    """R43: nobody is left who could decide about them, and no key with which a worker could look."""
    world.product.governing.change(who, TenantPolicy(cooling_off_hours=100))
    ellison = world.uploaded(who, "Margaret Ellison wrote m.ellison@example.org.")
    erasures = world.product.erasures
    received = erasures.receiving.receive(who, about("b.other@example.org")).record.id
    choice = Choice(target=ellison.id, action=ErasureAction.ERASE)
    begun = [located(world, who, about("m.ellison@example.org"), choice), located(world, who, asked_for(ellison.id))]
    for view in begun:
        erasures.deciding.approve(who, view.record.id)
    world.product.governing.change(who, TenantPolicy())
    assert advanced(world, who, approved(world, who)).state is S.VERIFIED
    world.clock.advance(200 * 3_600)
    for erasure_id in (received, *(view.record.id for view in begun)):
        ended = advanced(world, who, erasure_id)
        assert (ended.state, ended.subject) == (S.CANCELLED, None)
        assert ended.closed_at is not None
    assert erasures.deadlines.warnings() == ()


def test_a_request_that_is_being_executed_ends_before_its_tenant_loses_the_key(world: World, who: Principal) -> None:
    ellison = world.uploaded(who, "Margaret Ellison wrote m.ellison@example.org.")
    choice = Choice(target=ellison.id, action=ErasureAction.ERASE)
    view = located(world, who, about("m.ellison@example.org"), choice)
    world.product.erasures.deciding.approve(who, view.record.id)
    world.product.erasures.executing.advance(who.tenant_id, view.record.id)
    assert state_of(world, who, view.record.id) is S.EXECUTING
    erasure_id = approved(world, who)
    world.product.erasures.executing.advance(who.tenant_id, erasure_id)
    world.work()
    world.product.erasures.executing.advance(who.tenant_id, erasure_id)
    assert not world.keys.tenant_erased(who.tenant_id)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert state_of(world, who, view.record.id) is S.VERIFIED


def test_a_request_of_which_something_remained_ends_before_its_tenant_loses_the_key(
    world: World, who: Principal
) -> None:
    """R42: what remained of it goes with the tenant, and it can be told so only while there is a key to look with."""
    hers = world.uploaded(who, "Margaret Ellison wrote m.ellison@example.org. The garage opens at seven.")
    view = located(world, who, about("m.ellison@example.org"), Choice(target=hers.id, action=ErasureAction.REDACT))
    world.product.erasures.deciding.approve(who, view.record.id)
    world.product.erasures.executing.advance_all()
    (item,) = items_of(world, who, view.record.id)
    world.work()
    again = world.uploaded(who, "m.ellison@example.org again")
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.erasures.put_items([replace(item, replaced_by=again.id)])
    assert advanced(world, who, view.record.id).state is S.PARTIAL
    erasure_id = approved(world, who)
    assert advanced(world, who, erasure_id).state is S.VERIFIED
    assert state_of(world, who, view.record.id) is S.VERIFIED
    assert world.keys.tenant_erased(who.tenant_id)


def test_an_export_that_rests_on_nothing_goes_with_its_tenant(world: World, who: Principal) -> None:
    """R41, R47: it says whom somebody looked for."""
    world.product.exports.make(who, Subject(names=("Nobody Nowhere",)))
    assert advanced(world, who, approved(world, who)).state is S.VERIFIED
    assert list(world.vault.stored()) == []
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.exports.all() == ()
