"""The cloud behind its breaker: left alone after failures, and nothing is sent then (R12)."""

import pytest
from typing_extensions import override

from service.backends import BreakerRules, GuardedCloudModel, State, Watch
from service.errors import CloudModelError, EgressRefusedError, Failure
from service.policy.egress import CloudPermit
from service.ports.models import Generation
from tests.played import Moments, PlayedCloudModel
from tests.prompts import a_cloud_permit


class Guarded:
    """A played cloud model and its breaker."""

    def __init__(self, played: PlayedCloudModel) -> None:
        self.moments = Moments()
        self.played = played
        self.watch = Watch("cloud", rules=BreakerRules(failures=2, seconds=15), now=self.moments)
        self.model = GuardedCloudModel(played, self.watch)

    def ask(self, *, stream: bool = False) -> str:
        """Return an answer."""
        permit: CloudPermit = a_cloud_permit(model=self.played.name, stream=stream)
        return "".join(self.model.stream(permit)) if stream else self.model.generate(permit)[0]

    def fail(self, *, stream: bool = False) -> Failure:
        """Return how asking fails."""
        with pytest.raises(CloudModelError) as caught:
            self.ask(stream=stream)
        return caught.value.how


@pytest.mark.parametrize("stream", [False, True])
def test_after_failures_nothing_is_sent_until_a_trial_succeeds(*, stream: bool) -> None:
    cloud = Guarded(PlayedCloudModel(failure=Failure.OVERLOADED))
    assert [cloud.fail(stream=stream) for _ in range(3)] == [*2 * [Failure.OVERLOADED], Failure.CIRCUIT_OPEN]
    assert not cloud.model.ready()
    assert len(cloud.played.shown) == 2
    cloud.moments.advance(15)
    cloud.played.failure = None
    assert cloud.model.ready()
    assert cloud.ask(stream=stream)
    assert cloud.watch.state() is State.CLOSED


def test_a_rate_limit_is_kept_for_as_long_as_the_provider_says() -> None:
    cloud = Guarded(PlayedCloudModel(failure=Failure.RATE_LIMITED, retry_after=30))
    cloud.fail()
    assert not cloud.model.ready()
    cloud.moments.advance(29)
    assert not cloud.model.ready()
    cloud.moments.advance(1)
    assert cloud.model.ready()


@pytest.mark.parametrize("how", [Failure.ANSWER_REFUSED, Failure.TRUNCATED])
def test_what_fails_for_one_prompt_only_does_not_open_it(how: Failure) -> None:
    cloud = Guarded(PlayedCloudModel(failure=how))
    for _ in range(3):
        cloud.fail()
    assert cloud.model.ready()


def test_a_caller_who_goes_away_says_nothing_about_the_provider() -> None:
    cloud = Guarded(PlayedCloudModel())
    for _ in range(3):
        pieces = cloud.model.stream(a_cloud_permit(model=cloud.played.name, stream=True))
        next(pieces)
        assert (cloud.watch.outstanding, cloud.played.under_way) == (1, 1)
        pieces.close()
        assert (cloud.watch.outstanding, cloud.played.under_way) == (0, 0)
    assert cloud.model.ready()


def test_a_permit_that_is_refused_at_the_door_says_nothing_about_the_provider() -> None:
    class Refusing(PlayedCloudModel):
        @override
        def generate(self, permit: CloudPermit) -> tuple[str, Generation]:
            raise EgressRefusedError

    cloud = Guarded(Refusing())
    for _ in range(3):
        with pytest.raises(EgressRefusedError):
            cloud.ask()
    assert cloud.model.ready()
    assert cloud.watch.outstanding == 0
