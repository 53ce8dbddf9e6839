"""What the audit holds of who made an answer (R17, R50)."""

from dataclasses import dataclass, replace

import pytest
from typing_extensions import override

from service.answering import Question
from service.policy.prompt import Prompt
from service.ports.models import Generation
from tests.assembled import a_world
from tests.played import PlayedLocalModel


@dataclass(slots=True)
class PinnedLocalModel(PlayedLocalModel):
    """Tells with each answer that it is the pinned configuration."""

    pin: str = ""

    @override
    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        text, generation = PlayedLocalModel.generate(self, prompt)
        return text, replace(generation, pin=self.pin)


@pytest.mark.parametrize(
    ("pin", "kept"),
    [
        ("none", ["none"]),
        ("fp8 vllm-0.32.0-97285faf", ["fp8", "vllm-0.32.0-97285faf"]),
        ("fp8 Margaret,Ellison", ["fp8", "sha256:8ead36a6c8e3c9cdae0f40bc9e92cf994d1007768a067c04a82a48ecbedf9d3f"]),
    ],
    ids=["quantisation", "with a fingerprint", "with one that is no code"],
)
def test_the_pin_of_an_answer_is_kept_as_codes_whatever_a_server_calls_itself(pin: str, kept: list[str]) -> None:
    model = PinnedLocalModel(pin=pin)
    world = a_world(adapted=lambda twins: replace(twins, local=model))
    who, _ = world.person("acme")
    world.uploaded(who, "Salary of Quint: SECRET-PII.")
    answer = world.product.answering.ask(who, Question(text="Salary of Quint"))
    assert answer.generation is not None
    assert answer.generation.pin == pin
    (end,) = world.audited(who.tenant_id, "answer_made")
    assert end["pin"] == kept
