"""The canary proof in small (R10, R11, R14, R15, R19, R20, R30, R41, R54); `make prove` has thousands of talks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service import bootstrap, settings
from service.labels import LabellerParts
from tests.proof.faults import FAULTS
from tests.proof.guards import GUARDS, Guard, found_without

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
_CONVERSATIONS = 120
_WITHOUT_A_GUARD = 150


@pytest.fixture(scope="module")
def parts() -> LabellerParts:
    """Return the shipped labeller, embedder and tokenizer."""
    return bootstrap.labeller_parts(settings.load())


def test_no_canary_leaves_and_no_route_is_wrong_whatever_fails(tmp_path: Path) -> None:
    """In a process of its own: the product's logging takes over the whole process."""
    counted = tmp_path / "counted.json"
    words = ("--conversations", str(_CONVERSATIONS), "--without-each", "0", "--seed", "7", "--json", str(counted))
    done = subprocess.run([sys.executable, "-m", "tests.proof", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(counted.read_text())
    assert found["violations"] == []
    assert set(found["canaries_found"].values()) == {0}
    # It proves something: prompts did leave, others stayed, and every fault was met.
    assert found["requests"] > _CONVERSATIONS / 4
    assert {"cloud", "local", "refused"} <= {route.split()[0] for route in found["routes"]}
    assert set(FAULTS) <= set(found["faults"])


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_proof_fails_without(guard: Guard, parts: LabellerParts) -> None:
    assert found_without(guard, parts, seed=1, count=_WITHOUT_A_GUARD)
