"""kill -9 at every step of ingest x erase x ask: it always converges to gone, and nothing comes back (R43).

Every call of every port is a step, before and after, and so are a transaction's begin and commit. At a kill the process
does nothing more, not even what it would tidy up. Then other processes sweep and work, an owner erases what is there,
and past every port the stores are looked into: no key, point, original or row without a document, no job without an
end. The same for an erasure that happens as a whole between any two steps of the other. (Real processes are killed in
tests/acceptance/test_erasure_crashes.py.)
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, cast

import pytest

from ingestion.reviewing import Change
from ingestion.sensitivity import Category
from service.adapters.memory.queue import Ring
from service.answering import Question
from service.documents import Upload
from service.errors import RingfenceError
from service.policy.access import Principal
from service.ports import ReviewReason
from service.product import Ringfence, assemble
from service.reviewing import ReviewRequest
from tests.assembled import LIMITS, LearningLabeller, World, a_world, adapters_of
from tests.crashing import NOTHING, Act, Acts, KilledError, Left, Power, settled, watched, worked
from tests.erasing import asked_for

TEXT = "Salary of Margaret Ellison: SECRET-PII. " * 3
QUESTION = "What is the salary of Margaret Ellison?"


def hand_in(_: World, product: Ringfence, who: Principal) -> None:
    """Upload under an external id."""
    product.documents.register(who, Upload(content=TEXT.encode(), file_name="ellison.txt", external_id="crm-77"))


def ingest(world: World, product: Ringfence, _: Principal) -> None:
    """Do whatever was rung for."""
    worked(world, product)


def replace(_: World, product: Ringfence, who: Principal) -> None:
    """Upload other words under the same external id."""
    product.documents.register(who, Upload(content=b"Other words.", file_name="other.txt", external_id="crm-77"))


def ask(_: World, product: Ringfence, who: Principal) -> None:
    """Ask in a conversation, so that question and answer are kept."""
    product.answering.ask(who, Question(text=QUESTION, opens=True))


def relabel(world: World, product: Ringfence, who: Principal) -> None:
    """Label anew with another labeller."""
    cast("LearningLabeller", world.labeller).learn()
    product.relabelling.enqueue(who.tenant_id)
    worked(world, product)


def review(_: World, product: Ringfence, who: Principal) -> None:
    """Raise every chunk, with a note."""
    change = Change(added=frozenset({Category.PHI}))
    raised = ReviewRequest(ordinals=None, change=change, reason=ReviewReason.MISSED, note="seen")
    for document in product.documents.page(who, limit=10):
        product.reviewing.review(who, document.id, raised)


def request(_: World, product: Ringfence, who: Principal) -> None:
    """Ask for the erasure of whatever is there; no worker has begun with it yet."""
    for document in product.documents.page(who, limit=10):
        product.erasure.request(who, document.id)


def erase(world: World, product: Ringfence, who: Principal) -> None:
    """Do the worker's part as well."""
    request(world, product, who)
    worked(world, product)


def fulfil(world: World, product: Ringfence, who: Principal) -> None:
    """Erase by a request: received, previewed, approved, carried out, concluded."""
    documents = tuple(document.id for document in product.documents.page(who, limit=10))
    if not documents:
        return
    erasures = product.erasures
    erasure = erasures.receiving.receive(who, asked_for(*documents)).record.id
    erasures.previewing.preview(who, erasure)
    erasures.deciding.approve(who, erasure)
    for _ in range(4):
        erasures.executing.advance_all()
        worked(world, product)


BEFORE: dict[Act, tuple[Act, ...]] = {
    hand_in: (),
    ingest: (hand_in,),
    replace: (hand_in, ingest, ask),
    ask: (hand_in, ingest),
    relabel: (hand_in, ingest),
    review: (hand_in, ingest),
    request: (hand_in, ingest, ask),
    erase: (hand_in, ingest, ask),
    fulfil: (hand_in, ingest, ask),
}
"""What can be killed, and what was done before it."""


ACTS = Acts(BEFORE, lambda: a_world(labeller=LearningLabeller()))


def named(act: Act, numbers: Iterable[int] | None = None) -> list[Any]:
    """Return a parameter for each step, named after it."""
    return [pytest.param(act, number, id=f"{act.__name__} {name}") for number, name in ACTS.named(act, numbers)]


def all_gone(world: World, who: Principal) -> None:
    """Erase what an owner still sees, let everybody work, and look into every store."""
    settled(world)
    assert Left.of(world, who.tenant_id) == NOTHING
    erase(world, world.product, who)
    settled(world)
    assert Left.of(world, who.tenant_id) == NOTHING
    assert world.product.documents.page(who, limit=10) == ()
    assert world.product.searching.search(who, QUESTION, limit=5) == ()
    verified = world.audited(who.tenant_id, "erasure_verified")
    assert len(verified) == len(world.audited(who.tenant_id, "document_erased"))


KILLS = [one for act in BEFORE for one in named(act)]
REPEATED = [one for act in (hand_in, ingest, replace, relabel, erase) for one in named(act)]
GAPS = [one for act in BEFORE for one in named(act, ACTS.steps(act).outside)]


@pytest.mark.parametrize(("act", "step"), KILLS)
def test_a_kill_at_any_step_converges_to_gone(act: Act, step: int) -> None:
    world, who = ACTS.prepared(act)
    with pytest.raises(KilledError):
        act(world, watched(world, Power(at=step)), who)
    all_gone(world, who)


@pytest.mark.parametrize(("act", "step"), GAPS)
def test_an_erasure_between_any_two_steps_wins(act: Act, step: int) -> None:
    """Late writes, stale fences and answers in flight bring nothing back."""
    world, who = ACTS.prepared(act)
    happens = partial(erase, world, assemble(adapters_of(world), LIMITS), who)
    with suppress(RingfenceError):
        act(world, watched(world, Power(at=step, happens=happens)), who)
    all_gone(world, who)


@pytest.mark.parametrize(("act", "step"), named(hand_in, ACTS.steps(hand_in).outside))
def test_an_erasure_in_a_gap_and_a_kill_after_it_leave_nothing(act: Act, step: int) -> None:
    """What comes after an erasure that has counted nothing would stay for ever."""
    for later in range(step + 1, len(ACTS.steps(act).steps)):
        world, who = ACTS.prepared(act)
        power = Power(at=step)
        other = assemble(adapters_of(world), LIMITS)

        def happens(world: World = world, who: Principal = who, power: Power = power, later: int = later) -> None:
            erase(world, other, who)  # noqa: B023 - this very world's
            power.at = later

        power.happens = happens
        with suppress(RingfenceError, KilledError):
            act(world, watched(world, power), who)
        all_gone(world, who)


@pytest.mark.parametrize(("act", "step"), REPEATED)
def test_every_ring_may_come_twice_after_a_kill(act: Act, step: int) -> None:
    """Duplicate deliveries, before and after the erasure."""
    world, who = ACTS.prepared(act)
    with pytest.raises(KilledError):
        act(world, watched(world, Power(at=step)), who)
    jobs = world.product.jobs.page(who, limit=20)
    erase(world, world.product, who)
    again = [Ring(kind=job.kind, tenant_id=job.tenant_id, job_id=job.id) for job in jobs]
    world.queue.rings += again + again
    settled(world)
    world.queue.rings += again
    all_gone(world, who)
