"""The canary proof in small (R10, R11, R14, R15, R19, R20, R30, R41, R54); `make prove` has thousands of conversations."""

from collections.abc import Iterator
from random import Random

import pytest

from service import bootstrap, settings
from service.labels import LabellerParts
from tests.proof.company import canaries
from tests.proof.faults import FAULTS
from tests.proof.guards import GUARDS, Guard, found_without
from tests.proof.playing import play
from tests.proof.sinks import Sinks, watched
from tests.proof.stage import a_stage
from tests.servers.postgres import a_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
_CONVERSATIONS = 150
_WITHOUT_A_GUARD = 150


@pytest.fixture(scope="module")
def parts() -> LabellerParts:
    """Return the shipped labeller, embedder and tokenizer."""
    return bootstrap.labeller_parts(settings.load())


@pytest.fixture
def sinks() -> Iterator[Sinks]:
    """Yield where the product writes, watched."""
    with a_database() as (server, database), watched(server, database) as found:
        yield found


def test_no_canary_leaves_and_no_route_is_wrong_whatever_fails(parts: LabellerParts, sinks: Sinks) -> None:
    random = Random(7)
    with a_stage(random, parts, sinks.database.app_url) as stage:
        record = play(stage, random, count=_CONVERSATIONS)
        found = sinks.grepped(canaries(tuple(stage.truth.values())))
    assert record.violations == []
    assert set(found.values()) == {0}, found
    # It proves something: prompts did leave, others stayed, and every fault was met.
    assert record.requests > _CONVERSATIONS / 4
    assert {"cloud", "local", "refused"} <= {route for route, _ in record.routes}
    assert set(FAULTS) <= set(record.faults)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_proof_fails_without(guard: Guard, parts: LabellerParts) -> None:
    assert found_without(guard, parts, seed=1, count=_WITHOUT_A_GUARD)
