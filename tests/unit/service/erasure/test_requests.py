"""An erasure request is received, located, decided and executed, and never further than its life allows (R40, R46)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from service.erasure.requests import Asked, Choice, Erasures
from service.errors import ConflictError, InvalidRequestError, NotFoundError, NotPermittedError
from service.policy.access import DocumentId, ErasureId, Principal, Role
from service.policy.erasures import (
    ErasureAction,
    ErasureKind,
    ErasureReason,
    ErasureState,
    ExtensionReason,
    LeaveReason,
    Refusal,
)
from service.policy.tightening import TenantPolicy
from service.ports import ItemState
from tests.assembled import World, a_world
from tests.erasing import about, advanced, asked_for, items_of, located, state_of, the

TEXT = "Salary of Margaret Ellison is high."
S = ErasureState


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    return world.person("acme")[0]


@pytest.fixture
def erasures(world: World) -> Erasures:
    return world.product.erasures


def with_policy(world: World, who: Principal, **wanted: int) -> None:
    world.product.governing.change(who, TenantPolicy(**wanted))  # type: ignore[arg-type]


def test_a_document_is_erased_by_a_request_and_only_then(world: World, who: Principal, erasures: Erasures) -> None:
    document, other = world.uploaded(who, TEXT), world.uploaded(who, "The garage opens at seven.")
    view = located(world, who, asked_for(document.id))
    assert view.record.state is S.LOCATED
    assert advanced(world, who, view.record.id).state is S.LOCATED, "nothing happens before it is approved"
    assert world.product.documents.get(who, document.id).title
    erasures.deciding.approve(who, view.record.id)
    ended = advanced(world, who, view.record.id)
    assert (ended.state, ended.ended_at) == (S.VERIFIED, world.clock.now())
    assert [item.state for item in items_of(world, who, view.record.id)] == [ItemState.GONE]
    assert world.product.documents.get(who, other.id).title
    with pytest.raises(NotFoundError):
        world.product.documents.get(who, document.id)


def test_every_step_of_a_request_is_on_record(world: World, who: Principal, erasures: Erasures) -> None:
    """R50: who decided what when; never a name."""
    document = world.uploaded(who, TEXT)
    view = located(world, who, replace(asked_for(document.id), note="Margaret asked for it by telephone."))
    erasures.deciding.approve(who, view.record.id)
    advanced(world, who, view.record.id)
    for action in ("requested", "located", "approved", "started", "concluded"):
        assert len(world.audited(who.tenant_id, f"erasure_{action}")) == 1, action


def test_a_preview_tells_title_chunks_and_turns_that_go_along(world: World, who: Principal, erasures: Erasures) -> None:
    document = world.uploaded(who, TEXT, title="Payroll")
    view = erasures.receiving.receive(who, asked_for(document.id))
    (shown,) = erasures.previewing.preview(who, view.record.id).documents
    assert (shown.title, shown.item.chunk_count, shown.turns, shown.held_by) == ("Payroll", 1, 0, ())
    assert shown.item.action is ErasureAction.ERASE


def test_a_deletion_is_a_request_approved_at_once(world: World, who: Principal, erasures: Erasures) -> None:
    document = world.uploaded(who, TEXT)
    world.product.erasure.request(who, document.id)
    (view,) = erasures.reading.page(who, limit=9, target=document.id)
    assert (view.record.state, view.record.reason) == (S.EXECUTING, ErasureReason.OWNER_DECISION)
    assert advanced(world, who, view.record.id).state is S.VERIFIED


@pytest.mark.parametrize("wanted", [{"erasure_approvals": 2}, {"cooling_off_hours": 1}], ids=str)
def test_nobody_deletes_at_once_where_the_policy_wants_a_second_look(
    world: World, who: Principal, erasures: Erasures, wanted: dict[str, int]
) -> None:
    with_policy(world, who, **wanted)
    document = world.uploaded(who, TEXT)
    with pytest.raises(ConflictError, match="ringfence erasures open"):
        world.product.erasure.request(who, document.id)
    assert world.product.documents.get(who, document.id).title
    assert erasures.reading.page(who, limit=9) == ()


def test_two_approvals_come_from_two_api_keys(world: World, who: Principal, erasures: Erasures) -> None:
    with_policy(world, who, erasure_approvals=2)
    view = located(world, who, asked_for(world.uploaded(who, TEXT).id))
    assert erasures.deciding.approve(who, view.record.id).record.state is S.LOCATED
    with pytest.raises(ConflictError, match="already"):
        erasures.deciding.approve(who, view.record.id)
    assert advanced(world, who, view.record.id).state is S.LOCATED
    other, _ = world.person("acme", Role.DATA_OWNER)
    assert erasures.deciding.approve(other, view.record.id).record.state is S.APPROVED
    assert advanced(world, who, view.record.id).state is S.VERIFIED


def test_a_request_keeps_the_policy_it_was_received_under(world: World, who: Principal, erasures: Erasures) -> None:
    """Nobody lowers the bar of a request that is under way."""
    with_policy(world, who, erasure_approvals=2)
    view = located(world, who, asked_for(world.uploaded(who, TEXT).id))
    with_policy(world, who, erasure_approvals=1)
    assert erasures.deciding.approve(who, view.record.id).record.state is S.LOCATED


def test_nothing_is_destroyed_while_it_cools_off(world: World, who: Principal, erasures: Erasures) -> None:
    with_policy(world, who, cooling_off_hours=24)
    document = world.uploaded(who, TEXT)
    view = located(world, who, asked_for(document.id))
    erasures.deciding.approve(who, view.record.id)
    world.clock.advance(24 * 3600 - 1)
    assert advanced(world, who, view.record.id).state is S.APPROVED
    assert world.product.documents.get(who, document.id).title
    world.clock.advance(1)
    assert advanced(world, who, view.record.id).state is S.VERIFIED


def test_a_choice_takes_consent_away_that_was_given_to_another(
    world: World, who: Principal, erasures: Erasures
) -> None:
    with_policy(world, who, erasure_approvals=2)
    one, two = world.uploaded(who, TEXT), world.uploaded(who, "The garage opens at seven.")
    view = located(world, who, asked_for(one.id, two.id))
    erasures.deciding.approve(who, view.record.id)
    left = Choice(target=two.id, action=ErasureAction.LEAVE, reason=LeaveReason.LEGAL_OBLIGATION)
    assert erasures.deciding.choose(who, view.record.id, [left]).record.approvals == ()
    for key in (who, world.person("acme")[0]):
        erasures.deciding.approve(key, view.record.id)
    assert advanced(world, who, view.record.id).state is S.VERIFIED
    states = {item.target: item.state for item in items_of(world, who, view.record.id)}
    assert states == {one.id: ItemState.GONE, two.id: ItemState.LEFT}
    assert world.product.documents.get(who, two.id).title


@pytest.mark.parametrize(
    "choice",
    [
        lambda _: Choice(target=uuid4(), action=ErasureAction.ERASE),
        lambda document: Choice(target=document, action=ErasureAction.LEAVE),
        lambda document: Choice(target=document, action=ErasureAction.ERASE, reason=LeaveReason.LEGAL_CLAIMS),
        lambda document: Choice(target=document, action=ErasureAction.REDACT),
    ],
    ids=["no_item", "left_without_a_reason", "erased_with_a_reason", "redacted_without_a_person"],
)
def test_a_choice_that_does_not_fit_is_refused(
    world: World, who: Principal, erasures: Erasures, choice: Callable[[DocumentId], Choice]
) -> None:
    document = world.uploaded(who, TEXT)
    view = located(world, who, asked_for(document.id))
    with pytest.raises(InvalidRequestError):
        erasures.deciding.choose(who, view.record.id, [choice(document.id)])


def test_a_request_that_erases_nothing_is_not_approved(world: World, who: Principal, erasures: Erasures) -> None:
    document = world.uploaded(who, TEXT)
    left = Choice(target=document.id, action=ErasureAction.LEAVE, reason=LeaveReason.LEGAL_CLAIMS)
    view = located(world, who, asked_for(document.id), left)
    with pytest.raises(ConflictError, match="nothing"):
        erasures.deciding.approve(who, view.record.id)


def test_it_is_refused_with_a_code_or_cancelled_and_then_nothing_follows(
    world: World, who: Principal, erasures: Erasures
) -> None:
    document = world.uploaded(who, TEXT)
    refused, cancelled = (located(world, who, asked_for(document.id)).record.id for _ in range(2))
    assert erasures.deciding.refuse(who, refused, Refusal.LEGAL_CLAIMS).record.refusal is Refusal.LEGAL_CLAIMS
    assert erasures.deciding.cancel(who, cancelled).record.state is S.CANCELLED
    for erasure_id in (refused, cancelled):
        for decide in (erasures.deciding.approve, erasures.deciding.cancel):
            with pytest.raises(ConflictError):
                decide(who, erasure_id)
        advanced(world, who, erasure_id)
    assert world.product.documents.get(who, document.id).title


def test_what_is_being_destroyed_is_not_cancelled(world: World, who: Principal, erasures: Erasures) -> None:
    view = located(world, who, asked_for(world.uploaded(who, TEXT).id))
    erasures.deciding.approve(who, view.record.id)
    erasures.executing.advance(who.tenant_id, view.record.id)
    assert state_of(world, who, view.record.id) is S.EXECUTING
    with pytest.raises(ConflictError):
        erasures.deciding.cancel(who, view.record.id)
    with pytest.raises(ConflictError):
        erasures.deciding.refuse(who, view.record.id, Refusal.PUBLIC_HEALTH)


def test_it_is_due_after_a_month_and_extended_once_with_a_reason(
    world: World, who: Principal, erasures: Erasures
) -> None:
    """R46, Art. 12(3): by the clock, without sleeping."""
    world.clock.time = datetime(2027, 1, 31, 9, 0, tzinfo=UTC)
    view = erasures.receiving.receive(who, asked_for(world.uploaded(who, TEXT).id))
    assert view.record.due_at == datetime(2027, 2, 28, 9, 0, tzinfo=UTC)
    extended = erasures.deciding.extend(who, view.record.id, ExtensionReason.COMPLEXITY).record
    assert (extended.due_at, extended.extension) == (datetime(2027, 4, 30, 9, 0, tzinfo=UTC), "complexity")
    with pytest.raises(ConflictError):
        erasures.deciding.extend(who, view.record.id, ExtensionReason.COMPLEXITY)


def test_an_extension_after_the_first_month_is_none(world: World, who: Principal, erasures: Erasures) -> None:
    """R46: the person has to hear of it within a month."""
    view = erasures.receiving.receive(who, asked_for(world.uploaded(who, TEXT).id))
    world.clock.time = view.record.due_at + timedelta(seconds=1)
    with pytest.raises(ConflictError):
        erasures.deciding.extend(who, view.record.id, ExtensionReason.NUMBER_OF_REQUESTS)


def test_the_month_of_a_letter_began_when_it_arrived(world: World, who: Principal, erasures: Erasures) -> None:
    """R46."""
    document = world.uploaded(who, TEXT)
    earlier = world.clock.now() - timedelta(days=9)
    view = erasures.receiving.receive(who, replace(asked_for(document.id), received_at=earlier))
    assert (view.record.received_at, view.record.due_at) == (earlier, datetime(2026, 1, 23, tzinfo=UTC))
    with pytest.raises(InvalidRequestError):
        erasures.receiving.receive(who, replace(asked_for(document.id), received_at=datetime(2027, 1, 1, tzinfo=UTC)))


def test_what_a_person_wrote_is_readable_until_the_request_ends(
    world: World, who: Principal, erasures: Erasures
) -> None:
    view = located(world, who, replace(asked_for(world.uploaded(who, TEXT).id), note="Margaret rang."))
    assert erasures.reading.get(who, view.record.id).note == "Margaret rang."
    auditor, _ = world.person("acme", Role.AUDITOR)
    assert erasures.reading.get(auditor, view.record.id).note is None
    assert b"Margaret" not in (the(world, who, view.record.id).note or b"Margaret")
    erasures.deciding.cancel(who, view.record.id)
    closed = advanced(world, who, view.record.id, times=1)
    assert (closed.note, closed.subject, closed.closed_at) == (None, None, world.clock.now())
    assert erasures.reading.get(who, view.record.id).note is None


def test_a_request_that_could_not_be_written_is_none(who: Principal, erasures: Erasures) -> None:
    with pytest.raises(NotFoundError):
        erasures.receiving.receive(who, replace(asked_for(DocumentId(uuid4())), note="Margaret rang."))
    assert erasures.reading.page(who, limit=9) == ()


@pytest.mark.parametrize(
    "asked",
    [
        asked_for(),
        Asked(kind=ErasureKind.SUBJECT, reason=ErasureReason.OBJECTION),
        Asked(kind=ErasureKind.TENANT, reason=ErasureReason.OBJECTION, documents=(DocumentId(uuid4()),)),
        replace(about("e@x.example"), kind=ErasureKind.TENANT),
        about("abc"),
    ],
    ids=["no_document", "no_person", "a_tenant_and_documents", "a_tenant_and_a_person", "everybody"],
)
def test_a_request_names_what_its_kind_is_about(who: Principal, erasures: Erasures, asked: Asked) -> None:
    with pytest.raises(InvalidRequestError):
        erasures.receiving.receive(who, asked)


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.OPERATOR, Role.AUDITOR])
def test_only_owners_and_admins_decide(world: World, who: Principal, erasures: Erasures, role: Role) -> None:
    """R31."""
    view = located(world, who, asked_for(world.uploaded(who, TEXT).id))
    outsider, _ = world.person("acme", role)
    for call in (
        lambda: erasures.receiving.receive(outsider, asked_for(DocumentId(uuid4()))),
        lambda: erasures.previewing.preview(outsider, view.record.id),
        lambda: erasures.deciding.approve(outsider, view.record.id),
        lambda: erasures.deciding.extend(outsider, view.record.id, ExtensionReason.COMPLEXITY),
    ):
        with pytest.raises(NotPermittedError):
            call()


def test_another_tenants_request_is_not_there(world: World, who: Principal, erasures: Erasures) -> None:
    """R30."""
    view = located(world, who, asked_for(world.uploaded(who, TEXT).id))
    theirs, _ = world.person("lakeside")
    for call in (
        lambda: erasures.reading.get(theirs, view.record.id),
        lambda: erasures.previewing.preview(theirs, view.record.id),
        lambda: erasures.deciding.approve(theirs, view.record.id),
        lambda: erasures.reading.receipt(theirs, ErasureId(view.record.id)),
    ):
        with pytest.raises(NotFoundError):
            call()


@pytest.mark.parametrize(
    "received",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2015, 12, 31, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
    ids=["before the calendar", "its first day", "too long ago", "its last day"],
)
def test_a_request_that_was_received_on_a_day_that_nobody_means_is_refused(
    world: World, who: Principal, erasures: Erasures, received: datetime
) -> None:
    """R46: an overflowing date would be a broken server, and a row that no listing could read any more."""
    document = world.uploaded(who, TEXT)
    with pytest.raises(InvalidRequestError):
        erasures.receiving.receive(who, replace(asked_for(document.id), received_at=received))
    assert erasures.reading.page(who, limit=10) == ()


def test_what_a_revoked_key_approved_counts_no_longer(world: World, who: Principal, erasures: Erasures) -> None:
    """R40: whoever finds a stolen key and revokes it takes back what it agreed to."""
    with_policy(world, who, erasure_approvals=2)
    document = world.uploaded(who, TEXT)
    view = located(world, who, asked_for(document.id))
    thief, second, third = (world.person("acme")[0] for _ in range(3))
    erasures.deciding.approve(thief, view.record.id)
    world.product.principals.revoke(who.tenant_id, thief.key_id)
    after = erasures.deciding.approve(second, view.record.id).record
    assert (after.state, [one.by for one in after.approvals]) == (S.LOCATED, [second.key_id])
    assert erasures.deciding.approve(third, view.record.id).record.state is S.APPROVED
