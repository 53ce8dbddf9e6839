"""The rows of the failure table whose parts are real: our clients and the SDK over sockets (R5, R12, R17)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from service.adapters.anthropic import AnthropicCloudModel
from service.adapters.vllm import VllmLocalModel
from service.adapters.vllm.pinning import pinned
from service.app import application
from service.backends import GuardedCloudModel, ReplicatedLocalModel, Watch
from service.product import Adapters
from tests.assembled import World, a_world
from tests.failures import ABOUT_PARKING, ABOUT_SALARY, CANARY, PARKING, SALARY, Outcome
from tests.privacy.test_failure_table import Met, met, speaking
from tests.servers.openai import BEGUN, FINGERPRINT, NAME, Fault, PlayedVllm
from tests.servers.scripted import ScriptedServer, scripted
from tests.standin import Fault as CloudFault
from tests.standin import StandIn
from tests.terms import a_provider, some_rules

_SECONDS = 0.5
"""How patient the clients are."""
_AT_LENGTH = " behind the building, on its two lowest levels, where the yellow lines are painted on the floor."
_HALF = r"(?s).{1,70}"
"""How the stand-in cuts what it says: the output filter lets go of some of the first piece."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """A product whose models are servers: one script per replica, and the stand-in of the cloud."""

    world: World
    token: str
    scripts: tuple[PlayedVllm, ...]
    servers: tuple[ScriptedServer, ...]
    watches: tuple[Watch, ...]
    cloud: StandIn

    def ask(self, question: str, *, stream: bool) -> Met:
        """Ask over HTTP."""
        with speaking(self.world.product, self.token) as http:
            return met(http.post("/v1/answers", json={"question": question, "stream": stream}), stream=stream)


@contextmanager
def staged(*, replicas: int = 1, fingerprint: str | None = FINGERPRINT) -> Iterator[Stage]:
    """Run a stage on which everything works and every replica is pinned."""
    scripts = tuple(PlayedVllm(fingerprint=fingerprint) for _ in range(replicas))
    with ExitStack() as stack:
        servers = tuple(stack.enter_context(scripted(script)) for script in scripts)
        cloud = stack.enter_context(StandIn())
        plain = stack.enter_context(closing(VllmLocalModel(servers[0].url, NAME, max_tokens=16)))
        pin = pinned([plain], "none")
        models = [
            stack.enter_context(
                closing(
                    VllmLocalModel(
                        server.url,
                        NAME,
                        max_tokens=16,
                        timeout=_SECONDS,
                        silence=_SECONDS,
                        pin=pin,
                        quantisation="none",
                    )
                )
            )
            for server in servers
        ]
        watches = tuple(Watch(f"staged-{number}") for number in range(replicas + 1))

        def adapted(twins: Adapters) -> Adapters:
            local = ReplicatedLocalModel(models, watches[:-1])
            remote = AnthropicCloudModel(
                SecretStr("key"),
                model="pinned-1",
                base_url=cloud.url,
                timeout=_SECONDS,
                max_retries=0,
                now=twins.clock.now,  # a permit is good for seconds of the clock that it was minted by
            )
            stack.callback(remote.close)
            return replace(twins, local=local, cloud=GuardedCloudModel(remote, watches[-1]))

        world = a_world(adapted=adapted, rules=some_rules(a_provider("pinned-1")))
        who, token = world.person("acme")
        world.uploaded(who, f"{PARKING[:-1]}{_AT_LENGTH}")
        world.uploaded(who, SALARY)
        cloud.cut = _HALF
        yield Stage(world=world, token=token, scripts=scripts, servers=servers, watches=watches, cloud=cloud)
        assert CANARY not in b"".join(received.whole for received in cloud.received)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as one:
        yield one


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_without_a_failure_both_routes_answer(stage: Stage, *, stream: bool) -> None:
    assert stage.ask(ABOUT_PARKING, stream=stream).reasons == {"all_harmless"}
    assert len(stage.cloud.received) == 1
    assert stage.ask(ABOUT_SALARY, stream=stream) == Met(outcome=Outcome.LOCAL, reasons=frozenset({"sensitive"}))
    assert len(stage.cloud.received) == 1


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("fault", "reason", "breaks_off"),
    [
        (Fault.UNHEALTHY, "overloaded", False),
        (Fault.OVERLOADED, "overloaded", False),
        (Fault.SLOW, "timed_out", True),
        (Fault.ANOTHER_MODEL, "wrong_model", False),
        (Fault.ANOTHER_CONFIGURATION, "wrong_configuration", False),
        (Fault.OTHER_WEIGHTS, "drifted", False),
        (Fault.CUT, "broke_off", True),
        (Fault.MALFORMED, "malformed", True),
    ],
)
def test_a_local_server_that_is_wrong_is_no_reason_to_leave(
    stage: Stage, fault: Fault, reason: str, *, breaks_off: bool, stream: bool
) -> None:
    """A stream that has begun ends with the same reason."""
    stage.scripts[0].fault = fault
    got = stage.ask(ABOUT_SALARY, stream=stream)
    assert got.outcome is (Outcome.BROKEN_OFF if stream and breaks_off else Outcome.UNAVAILABLE)
    assert got.reasons == {reason}
    assert stage.cloud.received == []
    assert [watch.outstanding for watch in stage.watches] == [0, 0]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_local_server_that_is_gone_is_no_reason_to_leave(*, stream: bool) -> None:
    with scripted(PlayedVllm()) as gone:
        pass
    model = VllmLocalModel(gone.url, NAME, max_tokens=16)
    with StandIn() as cloud, closing(model):
        world = a_world(adapted=lambda twins: replace(twins, local=ReplicatedLocalModel([model], [Watch("gone")])))
        who, token = world.person("acme")
        world.uploaded(who, SALARY)
        with speaking(world.product, token) as http:
            got = met(http.post("/v1/answers", json={"question": ABOUT_SALARY, "stream": stream}), stream=stream)
        assert got.outcome is Outcome.UNAVAILABLE
        assert got.reasons == {"unreachable"}
        assert cloud.received == []


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_configuration_that_changes_between_two_looks_is_seen_in_the_answer(stage: Stage, *, stream: bool) -> None:
    """R17: readiness was believed, and the answer itself shows who made it."""
    assert stage.ask(ABOUT_SALARY, stream=stream).outcome is Outcome.LOCAL
    stage.scripts[0].fingerprint, stage.scripts[0].said = "vllm-0.32.0-another", f"{BEGUN}keys [1]."
    got = stage.ask(ABOUT_SALARY, stream=stream)
    assert got.outcome is (Outcome.BROKEN_OFF if stream else Outcome.UNAVAILABLE)
    assert got.reasons == {"wrong_configuration"}


def test_where_no_server_tells_a_fingerprint_other_weights_are_noticed() -> None:
    """R17."""
    with staged(fingerprint=None) as stage:
        assert stage.ask(ABOUT_SALARY, stream=False).outcome is Outcome.LOCAL
    with staged(fingerprint=None) as stage:
        stage.scripts[0].fault = Fault.OTHER_WEIGHTS
        assert stage.ask(ABOUT_SALARY, stream=False).reasons == {"drifted"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", [Fault.UNHEALTHY, Fault.OVERLOADED, Fault.ANOTHER_MODEL, Fault.OTHER_WEIGHTS])
def test_another_replica_answers_where_one_is_wrong(fault: Fault, *, stream: bool) -> None:
    with staged(replicas=2) as stage:
        stage.scripts[0].fault = fault
        assert stage.ask(ABOUT_SALARY, stream=stream).outcome is Outcome.LOCAL
        assert stage.cloud.received == []


_IN_MID_STREAM = {
    CloudFault.SLOW,
    CloudFault.CUT,
    CloudFault.UNFINISHED,
    CloudFault.MALFORMED,
    CloudFault.ERROR_EVENT,
    CloudFault.REFUSAL,
    CloudFault.TRUNCATED,
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", [fault for fault in CloudFault if fault is not CloudFault.ERROR_EVENT])
def test_a_cloud_that_is_wrong_is_answered_for_locally(stage: Stage, fault: CloudFault, *, stream: bool) -> None:
    stage.cloud.fault = fault
    got = stage.ask(ABOUT_PARKING, stream=stream)
    if stream and fault in _IN_MID_STREAM:
        assert got.outcome is Outcome.BROKEN_OFF
    else:
        assert got.outcome is Outcome.LOCAL
        assert got.reasons == {"cloud_failed"}
    assert len(stage.cloud.received) == 1
    assert [watch.outstanding for watch in stage.watches] == [0, 0]


def test_a_rate_limited_cloud_is_left_alone_for_as_long_as_it_says(stage: Stage) -> None:
    stage.cloud.fault, stage.cloud.fault_count = CloudFault.RATE_LIMITED, 1
    reasons = [stage.ask(ABOUT_PARKING, stream=False).reasons for _ in range(2)]
    assert reasons == [{"cloud_failed"}, {"cloud_unavailable"}]
    assert len(stage.cloud.received) == 1
    assert 25 < stage.watches[-1].wait() <= 30


@contextmanager
def served(stage: Stage) -> Iterator[str]:
    """Run the API on a socket; yield its address."""
    config = uvicorn.Config(application(stage.world.product, max_upload_bytes=100_000), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        _wait(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not until() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert until()


def test_a_caller_who_disconnects_closes_the_connection_to_the_model(stage: Stage) -> None:
    stage.scripts[0].fault = Fault.ENDLESS
    with served(stage) as url:
        body = {"question": ABOUT_SALARY, "stream": True}
        headers = {"Authorization": f"Bearer {stage.token}"}
        with httpx.stream("POST", f"{url}/v1/answers", json=body, headers=headers) as answer:
            first = next(answer.iter_text())
            assert "event: token" in first
            assert stage.watches[0].outstanding == 1
        assert stage.servers[0].hung_up.wait(10)
        _wait(lambda: stage.watches[0].outstanding == 0)
