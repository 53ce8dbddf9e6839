"""kill -9 at every step of taking an archive apart, and of erasing what was in it: exactly once, then gone (R43).

Every call of every port is a step, as in test_crash_matrix.py. At the end every file of the archive is one ready
document, however often it was tried and rung for; and after an erasure nothing is left of any of them.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from service.adapters.memory.queue import Ring
from service.documents import Upload
from service.policy.access import Principal
from service.ports import DocumentState
from service.product import Ringfence
from tests.assembled import World, a_world
from tests.crashing import NOTHING, Act, Acts, KilledError, Left, Power, settled, watched, worked
from tests.families import a_mail, a_zip, by_title, ids_of

OFFER = b"Ten chairs of oak for the office in Lyon, at four hundred each, delivered in May by the carrier."
ARCHIVE = a_zip({"mail.eml": a_mail({"offer.txt": OFFER})})
NAMES = {"a.zip", "Offer", "offer.txt"}


def hand_in(_: World, product: Ringfence, who: Principal) -> None:
    """Hand in the archive; nobody has looked inside yet."""
    product.documents.register(who, Upload(content=ARCHIVE, file_name="a.zip", external_id="bucket/a.zip"))


def ingest(world: World, product: Ringfence, _: Principal) -> None:
    """Take it apart and ingest what is in it."""
    worked(world, product)


def erase_the_deepest(world: World, product: Ringfence, who: Principal) -> None:
    """Erase one, and with it the files that hold it."""
    product.erasure.request(who, ids_of(world, who, "offer.txt")[0])
    worked(world, product)


def erase_all(world: World, product: Ringfence, who: Principal) -> None:
    """Erase the archive, and with it what was found in it."""
    product.erasure.request(who, ids_of(world, who, "a.zip")[0])
    worked(world, product)


BEFORE: dict[Act, tuple[Act, ...]] = {
    ingest: (hand_in,),
    erase_the_deepest: (hand_in, ingest),
    erase_all: (hand_in, ingest),
}


ACTS = Acts(BEFORE, a_world)


def named(act: Act, numbers: Iterable[int] | None = None) -> list[Any]:
    return [pytest.param(number, id=name) for number, name in ACTS.named(act, numbers)]


def killed(act: Act, step: int) -> tuple[World, Principal]:
    world, who = ACTS.prepared(act)
    with pytest.raises(KilledError):
        act(world, watched(world, Power(at=step)), who)
    return world, who


def all_gone(world: World, who: Principal) -> None:
    for view in world.product.documents.page(who, limit=10):
        if view.id in {one.id for one in world.product.documents.page(who, limit=10)}:
            world.product.erasure.request(who, view.id)
    settled(world)
    assert Left.of(world, who.tenant_id) == NOTHING
    assert by_title(world, who) == {}


@pytest.mark.parametrize("step", named(ingest))
def test_a_kill_while_an_archive_is_taken_apart_leaves_each_file_once(step: int) -> None:
    world, who = killed(ingest, step)
    again = [
        Ring(kind=job.kind, tenant_id=job.tenant_id, job_id=job.id) for job in world.product.jobs.page(who, limit=20)
    ]
    world.queue.rings += again + again
    settled(world)
    world.queue.rings += again
    settled(world)
    views = by_title(world, who)
    assert set(views) == NAMES
    assert {one.state for one in views.values()} == {DocumentState.READY}
    assert Left.of(world, who.tenant_id) == NOTHING
    all_gone(world, who)


@pytest.mark.parametrize("step", named(erase_the_deepest))
def test_a_kill_while_one_of_them_is_erased_leaves_it_and_its_files_gone(step: int) -> None:
    world, who = killed(erase_the_deepest, step)
    settled(world)
    for view in (one for one in by_title(world, who).values() if one.title == "offer.txt"):
        world.product.erasure.request(who, view.id)  # killed before anything was committed
    settled(world)
    assert set(by_title(world, who)) == NAMES - {"offer.txt"}
    assert [place for place in world.vault.originals if place[0] == who.tenant_id] == []
    assert Left.of(world, who.tenant_id) == NOTHING
    all_gone(world, who)


@pytest.mark.parametrize("step", named(erase_all))
def test_a_kill_while_the_archive_is_erased_leaves_nothing_of_any(step: int) -> None:
    world, who = killed(erase_all, step)
    settled(world)
    assert set(by_title(world, who)) in (set(), NAMES)
    all_gone(world, who)


@pytest.mark.parametrize("step", named(ingest, ACTS.steps(ingest).outside))
def test_an_erasure_between_any_two_steps_of_taking_apart_wins(step: int) -> None:
    """What was already taken out goes along, and nothing is taken out afterwards."""
    world, who = ACTS.prepared(ingest)
    other = world.product

    def happens() -> None:
        roots = [one.id for one in other.documents.page(who, limit=10) if one.parent_id is None]
        for root in roots:
            other.erasure.request(who, root)

    ingest(world, watched(world, Power(at=step, happens=happens)), who)
    settled(world)
    assert by_title(world, who) == {}
    assert Left.of(world, who.tenant_id) == NOTHING
