"""Whichever deleter is broken, and however: no erasure request is called verified, nor is its receipt (R42)."""

import json
from contextlib import suppress

import pytest

from service.answering import Question
from service.errors import RingfenceError
from service.policy.access import ErasureId, Principal
from service.policy.erasures import ErasureState
from tests.assembled import World
from tests.broken import DELETERS, BrokenError, Fault, Way
from tests.erasing import asked_for, located, state_of
from tests.privacy.erasure.test_broken_deleters import TEXT, UNMENDABLE, broken_world

_LATER = 400.0
"""Seconds: longer than any lease, and than a request waits before it is tried again."""


def _tried(world: World, who: Principal, erasure_id: ErasureId) -> set[ErasureState]:
    """Have everything tried again and again; return every state that the request was in."""
    seen = set[ErasureState]()
    for _ in range(8):
        for step in (world.product.erasures.executing.advance_all, world.work, world.product.jobs.sweep, world.work):
            with suppress(BrokenError, RingfenceError):
                step()
        seen.add(state_of(world, who, erasure_id))
        world.clock.advance(_LATER)
    return seen


@pytest.mark.parametrize("way", list(Way), ids=[way.name.lower() for way in Way])
@pytest.mark.parametrize(("part", "method"), list(DELETERS), ids=[".".join(one) for one in DELETERS])
def test_with_a_broken_deleter_no_request_becomes_verified(part: str, method: str, way: Way) -> None:
    fault = Fault(part, method, way)
    world = broken_world(fault)
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    world.product.answering.ask(who, Question(text="What is the salary of Ellison canarius?", opens=True))
    request = located(world, who, asked_for(document.id)).record.id
    world.product.erasures.deciding.approve(who, request)
    assert ErasureState.VERIFIED not in _tried(world, who, request)
    assert fault.called, "the fault deceived nobody: this deleter is not asked at all"
    with world.database.transaction(who.tenant_id) as transaction:
        told = [json.loads(one.content)["outcome"] for one in transaction.receipts.page(limit=99, about=request)]
    assert set(told) <= {"partial"}

    fault.mended = True
    if (part, method, way) not in UNMENDABLE:
        assert ErasureState.VERIFIED in _tried(world, who, request), "it was that deleter alone"
