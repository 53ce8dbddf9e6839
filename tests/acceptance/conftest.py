"""One running knowledge base for all acceptance tests, with the cloud stand-in behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.stack import Stack
from tests.standin import StandIn

TENANTS = ("acme", "lakeside")


@pytest.fixture(scope="session")
def cloud() -> Iterator[StandIn]:
    """Stand in for the Messages API and record every byte."""
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn) -> Iterator[Stack]:
    """Run `ringfence up` with two tenants and no local model: local answers are quotes."""
    path: Path = tmp_path_factory.mktemp("stack") / "data"
    # Made up, and said so in the file: without attestations nothing would leave, with a key or without.
    register = Path(__file__).parents[2] / "examples" / "providers.toml"
    running = Stack(
        path, RINGFENCE_CLOUD_URL=cloud.url, ANTHROPIC_API_KEY="stand-in", RINGFENCE_PROVIDERS=str(register)
    )
    running.command("init")
    running.start()
    for tenant in TENANTS:
        running.command("tenants", "add", tenant)
    yield running
    assert running.stop() == 0
