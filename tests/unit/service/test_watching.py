"""An outage of the labeller is noticed within minutes (R53), on the whole ask journey with twins."""

from collections.abc import Sequence
from random import Random

from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from typing_extensions import override

from ingestion.sensitivity import Label
from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.labelling import InMemoryLabeller
from service.answering import Question
from service.drift import Direction
from service.errors import LocalModelUnavailableError, PartUnavailableError
from service.policy.access import Principal
from service.policy.routing import Cause, Reason, Route
from service.ports import Tenant, Vectors
from service.watching import Watch
from tests.assembled import World, a_world

_SECONDS_APART = 20
_MINUTES = 10
_SENSITIVE = 0.3


class BreakableLabeller(InMemoryLabeller):
    """The twin, until its detectors fail: then it knows nothing of any text, as the real one does (R5)."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.passes_everything = False

    @override
    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        if self.down:
            return tuple(Label.unknown("detector_failed:names", version=self.version) for _ in texts)
        return super().label(["harmless"] * len(texts) if self.passes_everything else texts, vectors)


def _asked(world: World, who: Principal, random: Random, *, number: int) -> None:
    """Ask one question, three in ten of them about something sensitive; time passes."""
    about = "SECRET-PII " if random.random() < _SENSITIVE else ""
    world.product.answering.ask(who, Question(text=f"{about}garden question {number}"))
    world.clock.advance(_SECONDS_APART)


def _usual_day(labeller: BreakableLabeller | None = None) -> tuple[World, Principal, Random]:
    world, random = a_world(labeller=labeller), Random(7)
    who, _ = world.person("acme")
    world.uploaded(who, "The garden question is open to everyone.")
    for number in range(200):
        _asked(world, who, random, number=number)
    return world, who, random


def _minutes_until(direction: Direction, world: World, who: Principal, random: Random) -> float:
    began = world.clock.now()
    for number in range(1_000, 1_200):
        _asked(world, who, random, number=number)
        if world.product.watch.share().jumped is direction:
            return (world.clock.now() - began).total_seconds() / 60
    return float("inf")


def test_a_labeller_that_fails_is_noticed_within_minutes() -> None:
    labeller = BreakableLabeller()
    world, who, random = _usual_day(labeller)
    assert world.product.watch.share().jumped is None
    labeller.down = True
    with capture_logs() as told:
        assert _minutes_until(Direction.UP, world, who, random) <= _MINUTES
    (event,) = [line for line in told if line["event"] == "local_share_jumped"]
    assert (event["direction"], event["log_level"]) == ("up", "error")
    assert REGISTRY.get_sample_value("ringfence_local_share_alarm", {"direction": "up"}) == 1
    assert (REGISTRY.get_sample_value("ringfence_local_share") or 0) > _SENSITIVE + 0.3


def test_the_alarm_ends_with_the_outage() -> None:
    labeller = BreakableLabeller()
    world, who, random = _usual_day(labeller)
    labeller.down = True
    _minutes_until(Direction.UP, world, who, random)
    labeller.down = False
    with capture_logs() as told:
        for number in range(2_000, 2_060):
            _asked(world, who, random, number=number)
    assert "local_share_settled" in [line["event"] for line in told]
    assert REGISTRY.get_sample_value("ringfence_local_share_alarm", {"direction": "up"}) == 0


def test_an_outage_that_begins_with_a_restart_is_noticed_too() -> None:
    """The history is in the audit: an update that breaks the labeller must not make the outage look usual."""
    world, who, random = _usual_day()
    broken = BreakableLabeller()
    broken.down = True
    again = a_world(database=world.database, labeller=broken, index=world.index)
    again.keys = world.keys
    again.product.watch.learn(world.database)
    for _ in range(40):
        again.product.watch.routed(Route.LOCAL, [Reason(cause=Cause.UNKNOWN)])
    assert again.product.watch.share().jumped is Direction.UP
    assert who is not None
    assert random is not None


def _heard(*decisions: tuple[Route, Cause]) -> Watch:
    watch = Watch()
    for route, cause in decisions:
        watch.routed(route, [Reason(cause=cause)])
    return watch


def test_what_says_nothing_of_labels_does_not_count() -> None:
    causes = (Cause.NO_SOURCES, Cause.CLOUD_NOT_CONFIGURED, Cause.CLOUD_FAILED)
    assert _heard(*((Route.LOCAL, cause) for cause in causes)).share().recent is None
    assert _heard((Route.LOCAL, Cause.SENSITIVE)).share().recent == 1


def test_a_refused_prompt_counts_as_one_that_had_to_stay() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "The garden question is open. SECRET-PII")
    assert world.local is not None
    world.local.available = False
    try:
        world.product.answering.ask(who, Question(text="garden question"))
    except LocalModelUnavailableError:
        assert world.product.watch.share().recent == 1


class Away(InMemoryDatabase):
    """A database that does not answer."""

    @override
    def tenants(self) -> tuple[Tenant, ...]:
        raise PartUnavailableError


def test_without_a_database_the_watch_begins_with_nothing() -> None:
    watch = Watch()
    with capture_logs() as told:
        watch.learn(Away())
    assert [line["event"] for line in told] == ["watch_not_seeded"]
    assert watch.share().recent is None
