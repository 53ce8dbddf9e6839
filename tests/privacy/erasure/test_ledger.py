"""kill -9 at every step of an erasure: what was destroyed is in the ledger, and stays erased (R44)."""

from typing import Any, cast

import pytest

from service.adapters.memory.keeping import InMemoryKeyStore
from service.errors import NotFoundError
from service.policy.access import Principal
from tests.assembled import World
from tests.crashing import KilledError, Power, settled, watched
from tests.picture import Picture
from tests.privacy.erasure.test_crash_matrix import ACTS, erase, named

STEPS = named(erase)


def _killed(step: int) -> tuple[World, Principal, Picture]:
    """Kill an erasure at a step; return the world with a picture of it from before."""
    world, who = ACTS.prepared(erase)
    picture = Picture(world)
    with pytest.raises(KilledError):
        erase(world, watched(world, Power(at=step)), who)
    return world, who, picture


def _destroyed(store: dict[Any, Any]) -> list[Any]:
    return [subject for (_, subject), key in store.items() if key is None]


@pytest.mark.parametrize(("act", "step"), STEPS)
def test_whatever_was_destroyed_when_the_process_died_is_in_the_ledger(act: object, step: int) -> None:
    del act
    world, who, _ = _killed(step)
    keys = cast("InMemoryKeyStore", world.keys)
    assert world.ledger.missing([*_destroyed(keys.documents), *_destroyed(keys.turns)]) == frozenset()
    settled(world)
    concluded = [one.subject for one in _concluded(world, who) if one.subject is not None]
    assert world.ledger.missing(concluded) == frozenset()


@pytest.mark.parametrize(("act", "step"), STEPS)
def test_a_dump_from_before_is_held_to_whatever_was_concluded(act: object, step: int) -> None:
    """Restored at once after the death, and once other processes have finished what it began."""
    del act
    world, who, picture = _killed(step)
    settled(world)
    erased = [one.subject for one in _concluded(world, who)]
    picture.restore()
    world.product.replaying.run()
    for document in erased:
        with pytest.raises(NotFoundError):
            world.product.documents.get(who, document)
        assert world.product.erasure.remains(who.tenant_id, document).nothing
    settled(world)
    if erased:
        assert world.product.documents.page(who, limit=9) == ()


def _concluded(world: World, who: Principal) -> Any:  # noqa: ANN401 - audit records
    with world.database.transaction(who.tenant_id) as transaction:
        return transaction.audit.page(limit=99, action="erasure_verified")
