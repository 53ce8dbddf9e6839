"""Canaries: told once, stored as keyed hashes, recognised however they are written (R19, R54)."""

from uuid import uuid4

import pytest

from service.errors import NotFoundError, NotPermittedError
from service.policy.access import Role
from tests.assembled import a_world


def test_a_token_is_told_once_and_stored_as_keyed_hashes() -> None:
    world = a_world()
    who, _ = world.person("acme")
    record, token = world.product.canaries.add(who)
    stored = str(world.product.canaries.all(who)) + str(world.audited(who.tenant_id, "canary_added"))
    assert record.length == len(token.replace("-", ""))
    assert not any(part in stored for part in token.split("-"))


def test_two_tenants_hash_one_token_differently() -> None:
    """Each under its own key: nobody can compare."""
    world = a_world()
    ours, theirs = world.person("acme")[0], world.person("lakeside")[0]
    _, token = world.product.canaries.add(ours)
    assert len(world.product.canaries.found_in(ours, token)) == 1
    assert world.product.canaries.found_in(theirs, token) == ()


def test_every_canary_of_a_text_is_found() -> None:
    world = a_world()
    who, _ = world.person("acme", Role.OPERATOR)
    made = [world.product.canaries.add(who) for _ in range(3)]
    text = f"a {made[2][1]} b {made[0][1].upper()} c {made[2][1]}"
    assert set(world.product.canaries.found_in(who, text)) == {made[2][0].id, made[0][0].id}
    assert world.product.canaries.found_in(who, "nothing of the kind") == ()


def test_what_is_removed_is_not_watched_for_any_more() -> None:
    world = a_world()
    who, _ = world.person("acme")
    record, token = world.product.canaries.add(who)
    world.product.canaries.remove(who, record.id)
    assert world.product.canaries.found_in(who, token) == ()
    assert len(world.audited(who.tenant_id, "canary_removed")) == 1
    with pytest.raises(NotFoundError):
        world.product.canaries.remove(who, uuid4())


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN, Role.OPERATOR}))
def test_only_operators_and_admins_keep_canaries(role: Role) -> None:
    """R31."""
    world = a_world()
    who, _ = world.person("acme", role)
    calls = (
        lambda: world.product.canaries.add(who),
        lambda: world.product.canaries.all(who),
        lambda: world.product.canaries.remove(who, uuid4()),
        lambda: world.product.canaries.found_in(who, "text"),
    )
    for call in calls:
        with pytest.raises(NotPermittedError):
            call()
