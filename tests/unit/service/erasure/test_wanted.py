"""What somebody asked to be erased does not slip away before its erasure (R40, R44)."""

import pytest

from service.amending.editing import Correction
from service.documents import DocumentView, Upload
from service.errors import ConflictError, RefusedError
from service.policy.access import Principal
from service.policy.erasures import ErasureState
from service.policy.retention import RetentionRule
from service.policy.tightening import TenantPolicy
from tests.assembled import World, a_world
from tests.erasing import advanced, asked_for, located, state_of

TEXT = "Visitors park in the garage."
NEWER = Upload(content=b"Visitors park in the yard.", file_name="note.txt", external_id="crm/7")
SAME = Upload(content=TEXT.encode(), file_name="note.txt", external_id="crm/7")
HOURS = 72


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    who, _ = world.person("acme")
    world.product.governing.change(who, TenantPolicy(cooling_off_hours=HOURS))
    return who


@pytest.fixture
def document(world: World, who: Principal) -> DocumentView:
    return world.uploaded(who, TEXT, external_id="crm/7")


def test_what_is_approved_to_be_erased_is_not_replaced_while_it_cools_off(
    world: World, who: Principal, document: DocumentView
) -> None:
    """Otherwise a nightly upload would put its next version beyond the request, which would end as verified."""
    view = located(world, who, asked_for(document.id))
    world.product.erasures.deciding.approve(who, view.record.id)
    with pytest.raises(ConflictError) as refused:
        world.product.documents.register(who, NEWER)
    assert "erased" in refused.value.detail
    with pytest.raises(ConflictError):
        world.product.amending.rectify(who, document.id, Correction(text="Visitors park in the yard."))
    world.clock.advance(HOURS * 3_600)
    assert advanced(world, who, view.record.id).state is ErasureState.VERIFIED
    with pytest.raises(RefusedError):
        world.product.documents.register(who, NEWER)


def test_what_was_replaced_before_anybody_decided_is_refused_when_it_is_handed_in_again(
    world: World, who: Principal, document: DocumentView
) -> None:
    view = located(world, who, asked_for(document.id))
    newer, _ = world.product.documents.register(who, NEWER)
    world.work()
    assert world.product.documents.get(who, newer.id).id == newer.id
    world.product.erasures.deciding.approve(who, view.record.id)
    world.clock.advance(HOURS * 3_600)
    assert advanced(world, who, view.record.id).state is ErasureState.VERIFIED
    with pytest.raises(RefusedError):
        world.product.documents.register(who, SAME)


def test_what_retention_erases_before_a_request_does_is_refused_like_what_the_request_erases(
    world: World, who: Principal, document: DocumentView
) -> None:
    view = located(world, who, asked_for(document.id))
    world.product.erasures.deciding.approve(who, view.record.id)
    world.product.retention.set(who, [RetentionRule(category=None, keep_days=1)])
    world.product.retention.preview(who, limit=10)
    world.product.retention.approve(who, 1)
    world.clock.advance(2 * 86_400)
    assert world.product.expiry.run() == 1
    world.work()
    assert state_of(world, who, view.record.id) is ErasureState.APPROVED
    with pytest.raises(RefusedError):
        world.product.documents.register(who, SAME)


def test_a_request_that_was_cancelled_keeps_nothing_from_being_replaced(
    world: World, who: Principal, document: DocumentView
) -> None:
    view = located(world, who, asked_for(document.id))
    world.product.erasures.deciding.approve(who, view.record.id)
    world.product.erasures.deciding.cancel(who, view.record.id)
    newer, _ = world.product.documents.register(who, NEWER)
    assert newer.id != document.id
    world.work()
    again, _ = world.product.documents.register(who, SAME)
    assert again.id != newer.id
