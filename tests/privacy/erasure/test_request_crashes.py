"""A worker that executes an erasure request dies at any step: another one goes on, and it ends the same (R40, R43).

Every call of every port is a step, before and after, and so are begin and commit of each transaction. After the death
other workers take leases over, sweep and advance; then the request is verified, nothing is left without its owner, and
nothing was done twice.
"""

from collections.abc import Callable
from functools import cache

import pytest

from service.answering import Question
from service.erasure.requests import Asked, Choice
from service.policy.access import ErasureId, Principal
from service.policy.erasures import ErasureAction, ErasureKind, ErasureReason, ErasureState
from service.ports import ItemState
from service.product import Ringfence, assemble
from tests.assembled import LIMITS, World, a_world, adapters_of
from tests.crashing import NOTHING, KilledError, Left, Power, settled, watched, worked
from tests.erasing import about, asked_for, items_of, located, the

MAIL = "margaret.ellison@acme.example"
Opened = tuple[World, Principal, ErasureId]


def documents() -> Opened:
    """Return two documents, and a third that stays."""
    world = a_world()
    who, _ = world.person("acme")
    asked = asked_for(*(world.uploaded(who, f"Plan number {number}.").id for number in range(2)))
    world.uploaded(who, "The garage opens at seven.")
    view = located(world, who, asked)
    world.product.erasures.deciding.approve(who, view.record.id)
    return world, who, view.record.id


def subject() -> Opened:
    """Return a person in a document to redact, in one to erase, and in a turn."""
    world = a_world()
    who, _ = world.person("acme")
    both = world.uploaded(who, f"Write to {MAIL} about the lease. The garage opens at seven.")
    hers = world.uploaded(who, f"{MAIL} rang.")
    world.product.answering.ask(who, Question(text=f"What does {MAIL} want?", opens=True))
    view = located(world, who, about(MAIL))
    wanted = {both.id: ErasureAction.REDACT, hers.id: ErasureAction.ERASE}
    choices = [
        Choice(target=item.target, action=wanted.get(item.target, ErasureAction.ERASE))  # type: ignore[call-overload]
        for item in view.items
    ]
    world.product.erasures.deciding.choose(who, view.record.id, choices)
    world.product.erasures.deciding.approve(who, view.record.id)
    return world, who, view.record.id


def tenant() -> Opened:
    """Return the end of a whole tenant."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "The garage opens at seven.")
    world.product.answering.ask(who, Question(text="What orbits Neptune backwards?", opens=True))
    view = located(world, who, Asked(kind=ErasureKind.TENANT, reason=ErasureReason.OWNER_DECISION))
    for key in (who, world.person("acme")[0]):
        world.product.erasures.deciding.approve(key, view.record.id)
    return world, who, view.record.id


def execute(world: World, product: Ringfence, times: int = 2) -> None:
    """Advance every request and do what was rung for."""
    for _ in range(times):
        product.erasures.executing.advance_all()
        worked(world, product)


KINDS: dict[str, Callable[[], Opened]] = {"documents": documents, "subject": subject, "tenant": tenant}


@cache
def steps_of(kind: str) -> int:
    """Return how many steps an execution takes."""
    world, _, _ = KINDS[kind]()
    power = Power()
    execute(world, watched(world, power), times=3)
    return len(power.steps)


def outcome(kind: str, at: int) -> None:
    """Die at this step, let others work, and look at what became of it."""
    world, who, erasure_id = KINDS[kind]()
    power = Power(at=at)
    with pytest.raises(KilledError):
        execute(world, watched(world, power), times=3)
    settled(world)
    execute(world, assemble(adapters_of(world), LIMITS), times=4)
    ended = the(world, who, erasure_id)
    told = (kind, at, power.steps[-1])
    assert (ended.state, ended.subject, ended.closed_at is not None) == (ErasureState.VERIFIED, None, True), told
    assert {item.state for item in items_of(world, who, erasure_id)} == {ItemState.GONE}, told
    assert Left.of(world, who.tenant_id) == NOTHING, told
    assert len(world.audited(who.tenant_id, "erasure_concluded")) == 1, told
    assert len(world.audited(who.tenant_id, "document_redacted")) == (kind == "subject"), told


_SHARES = 8


@pytest.mark.parametrize("share", range(_SHARES))
@pytest.mark.parametrize("kind", KINDS)
def test_a_request_ends_verified_wherever_its_worker_died(kind: str, share: int) -> None:
    for at in range(share, steps_of(kind), _SHARES):
        outcome(kind, at)
