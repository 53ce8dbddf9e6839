"""Matters: whatever they cover is held, and only two people release it (R45)."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from service.errors import ConflictError, HeldError, InvalidRequestError, NotFoundError, NotPermittedError
from service.holding import Cover, MatterView
from service.policy.access import DocumentId, MatterId, Principal, Role
from service.ports import HoldReleaseReason
from tests.assembled import World, a_world

TEXT = "Visitors park in the garage."
CLOSED = HoldReleaseReason.MATTER_CLOSED


def placed(world: World, who: Principal, **cover: object) -> MatterView:
    return world.product.holds.place(who, name="Doe v. Acme", note="ask Ms Roe", cover=Cover(**cover))  # type: ignore[arg-type]


def test_a_matter_is_called_what_it_is_called_and_nobody_reads_that_outside_the_ciphertext() -> None:
    world = a_world()
    who, _ = world.person("acme")
    matter = placed(world, who, whole_tenant=True)
    shown = world.product.holds.get(who, matter.id)
    assert (shown.name, shown.note, shown.stands, shown.release) == ("Doe v. Acme", "ask Ms Roe", True, None)
    assert world.product.holds.all(who) == (shown,)
    with world.database.transaction(who.tenant_id) as transaction:
        stored = str(transaction.holds.all()) + str(transaction.audit.page(limit=100))
    assert "Doe" not in stored
    assert "Roe" not in stored


def test_a_document_tells_who_may_know_for_which_matters_it_is_held() -> None:
    world = a_world()
    who, _ = world.person("acme")
    reader, _ = world.person("acme", Role.READER)
    document = world.uploaded(who, TEXT)
    assert document.held_by == ()
    matter = placed(world, who, documents=frozenset({document.id}))
    assert world.product.documents.get(who, document.id).held_by == (matter.id,)
    assert [one.held_by for one in world.product.documents.page(who, limit=5)] == [(matter.id,)]
    assert world.product.documents.get(reader, document.id).held_by == ()


def test_a_document_handed_in_later_is_held_with_its_group() -> None:
    world = a_world()
    who, _ = world.person("acme")
    matter = placed(world, who, groups=frozenset({"hr"}))
    document = world.uploaded(who, TEXT, groups=frozenset({"hr", "sales"}))
    assert document.held_by == (matter.id,)
    with pytest.raises(HeldError) as refused:
        world.product.erasure.request(who, document.id)
    assert refused.value.matters == (matter.id,)


def test_a_refused_erasure_is_on_record_and_changed_nothing() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    matter = placed(world, who, whole_tenant=True)
    with pytest.raises(HeldError):
        world.product.erasure.request(who, document.id)
    assert world.audited(who.tenant_id, "erasure_refused_held") == [{"matters": [str(matter.id)]}]
    assert world.audited(who.tenant_id, "document_erased") == []
    assert world.queue.rings == []


def test_what_was_erased_before_is_held_by_nothing() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    world.product.erasure.request(who, document.id)
    with pytest.raises(NotFoundError):
        placed(world, who, documents=frozenset({document.id}))
    assert world.product.holds.all(who) == ()


def test_a_hold_is_released_by_two_keys() -> None:
    world = a_world()
    first, second = world.person("acme")[0], world.person("acme", Role.DATA_OWNER)[0]
    document = world.uploaded(first, TEXT)
    matter = placed(world, first, documents=frozenset({document.id}))
    asked = world.product.holds.ask_release(first, matter.id, CLOSED)
    assert asked.release is not None
    assert asked.release.confirmed_by is None
    with pytest.raises(HeldError):
        world.product.erasure.request(second, document.id)
    released = world.product.holds.confirm_release(second, matter.id)
    assert not released.stands
    assert released.release is not None
    assert (released.release.asked_by, released.release.confirmed_by) == (first.key_id, second.key_id)
    world.product.erasure.request(second, document.id)
    actions = ["hold_placed", "hold_release_asked", "hold_released"]
    assert [len(world.audited(first.tenant_id, action)) for action in actions] == [1, 1, 1]


def test_the_key_that_asked_cannot_confirm() -> None:
    world = a_world()
    who, _ = world.person("acme")
    matter = placed(world, who, whole_tenant=True)
    world.product.holds.ask_release(who, matter.id, CLOSED)
    with pytest.raises(NotPermittedError, match="two people"):
        world.product.holds.confirm_release(who, matter.id)
    assert world.product.holds.get(who, matter.id).stands


def test_two_keys_that_both_ask_release_nothing() -> None:
    world = a_world()
    first, second = world.person("acme")[0], world.person("acme")[0]
    matter = placed(world, first, whole_tenant=True)
    for who in (first, second):
        world.product.holds.ask_release(who, matter.id, CLOSED)
    with pytest.raises(NotPermittedError):
        world.product.holds.confirm_release(second, matter.id)
    assert not world.product.holds.confirm_release(first, matter.id).stands


def test_a_release_that_nobody_may_ask_for_any_more_cannot_be_confirmed() -> None:
    """Neither a revoked key's nor an expired one's."""
    world = a_world()
    left, _ = world.person("acme")
    who, _ = world.person("acme")
    matter = placed(world, who, whole_tenant=True)
    world.product.holds.ask_release(left, matter.id, CLOSED)
    world.product.principals.revoke(left.tenant_id, left.key_id)
    with pytest.raises(ConflictError):
        world.product.holds.confirm_release(who, matter.id)
    assert world.product.holds.get(who, matter.id).stands


def test_what_is_held_beyond_what_was_asked_takes_the_request_back() -> None:
    """Who confirms releases what was asked for, and nothing that came after it."""
    world = a_world()
    first, second = world.person("acme")[0], world.person("acme")[0]
    matter = placed(world, first, groups=frozenset({"hr"}))
    world.product.holds.ask_release(first, matter.id, CLOSED)
    widened = world.product.holds.add(second, matter.id, Cover(groups=frozenset({"sales"})))
    assert (widened.groups, widened.release) == (("hr", "sales"), None)
    with pytest.raises(ConflictError, match="Nobody"):
        world.product.holds.confirm_release(second, matter.id)


def test_a_release_is_taken_back() -> None:
    world = a_world()
    first, second = world.person("acme")[0], world.person("acme")[0]
    matter = placed(world, first, whole_tenant=True)
    with pytest.raises(ConflictError):
        world.product.holds.take_back(second, matter.id)
    world.product.holds.ask_release(first, matter.id, CLOSED)
    assert world.product.holds.take_back(second, matter.id).release is None
    with pytest.raises(ConflictError):
        world.product.holds.confirm_release(second, matter.id)


def test_a_released_hold_is_not_brought_back() -> None:
    world = a_world()
    first, second = world.person("acme")[0], world.person("acme")[0]
    matter = placed(world, first, whole_tenant=True)
    world.product.holds.ask_release(first, matter.id, CLOSED)
    world.product.holds.confirm_release(second, matter.id)
    calls: tuple[Callable[[], object], ...] = (
        lambda: world.product.holds.add(first, matter.id, Cover(whole_tenant=True)),
        lambda: world.product.holds.ask_release(first, matter.id, CLOSED),
        lambda: world.product.holds.confirm_release(second, matter.id),
    )
    for call in calls:
        with pytest.raises(ConflictError):
            call()


@pytest.mark.parametrize(
    "cover",
    [
        Cover(),
        Cover(documents=frozenset(DocumentId(uuid4()) for _ in range(1001))),
        Cover(groups=frozenset({""})),
        Cover(groups=frozenset({"g" * 1_001})),
        Cover(groups=frozenset({"hr", "h\x00r"})),  # PostgreSQL keeps no NUL
    ],
)
def test_a_hold_says_what_it_covers_within_bounds(cover: Cover) -> None:
    world = a_world()
    who, _ = world.person("acme")
    with pytest.raises(InvalidRequestError):
        world.product.holds.place(who, name="Doe", cover=cover)


@pytest.mark.parametrize("name", ["", "  ", "x" * 301])
def test_a_matter_has_a_name_of_some_length(name: str) -> None:
    world = a_world()
    who, _ = world.person("acme")
    with pytest.raises(InvalidRequestError):
        world.product.holds.place(who, name=name, cover=Cover(whole_tenant=True))


def test_a_foreign_tenant_neither_sees_nor_touches_a_hold() -> None:
    """R30."""
    world = a_world()
    ours, theirs = world.person("acme")[0], world.person("lakeside")[0]
    matter = placed(world, ours, whole_tenant=True)
    calls: tuple[Callable[[], object], ...] = (
        lambda: world.product.holds.get(theirs, matter.id),
        lambda: world.product.holds.add(theirs, matter.id, Cover(whole_tenant=True)),
        lambda: world.product.holds.ask_release(theirs, matter.id, CLOSED),
        lambda: world.product.holds.confirm_release(theirs, matter.id),
    )
    for call in calls:
        with pytest.raises(NotFoundError):
            call()
    assert world.product.holds.all(theirs) == ()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN, Role.DATA_OWNER}))
def test_only_data_owners_and_admins_place_and_release(role: Role) -> None:
    """R31: an auditor sees holds and changes none."""
    world = a_world()
    who = replace(world.person("acme")[0], role=role)
    matter = MatterId(uuid4())
    calls: list[Callable[[], object]] = [
        lambda: world.product.holds.place(who, name="x", cover=Cover(whole_tenant=True)),
        lambda: world.product.holds.add(who, matter, Cover(whole_tenant=True)),
        lambda: world.product.holds.ask_release(who, matter, CLOSED),
        lambda: world.product.holds.take_back(who, matter),
        lambda: world.product.holds.confirm_release(who, matter),
        *([] if role is Role.AUDITOR else [lambda: world.product.holds.all(who)]),
        *([] if role is Role.AUDITOR else [lambda: world.product.holds.get(who, matter)]),
    ]
    for call in calls:
        with pytest.raises(NotPermittedError):
            call()
