"""Twins of the two models: they quote the first source, and remember what they were shown."""

import json
import re
from collections.abc import Callable, Generator
from datetime import UTC, datetime

from service.errors import CloudModelError, EgressRefusedError, LocalModelUnavailableError
from service.policy.egress import CloudPermit
from service.policy.prompt import Prompt
from service.ports.models import Generation

_SOURCE = re.compile(r'<source number="1">\n(.*?)\n</source>', re.DOTALL)
_NOTHING = "The documents do not contain it."


class InMemoryLocalModel:
    """A local model that quotes. `available = False` makes it fail as a dead server does."""

    def __init__(self, name: str = "memory-local") -> None:
        self._name = name
        self.available = True
        self.shown: list[Prompt] = []

    @property
    def name(self) -> str:
        """The pinned name."""
        return self._name

    def ready(self) -> bool:
        """Whether it is available."""
        return self.outage() is None

    def outage(self) -> LocalModelUnavailableError | None:
        """Return the error of a dead server unless it is available."""
        return None if self.available else LocalModelUnavailableError()

    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        """Yield the quote word by word."""
        text, generation = self.generate(prompt)
        yield from _words(text)
        return generation

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Return the quote."""
        if not self.available:
            raise LocalModelUnavailableError
        self.shown.append(prompt)
        shown = [prompt.instructions(), *(turn.text for turn in prompt.messages())]
        return _answer(self._name, shown)


class InMemoryCloudModel:
    """A cloud model that quotes. `available = False` makes it fail as an overloaded provider does."""

    def __init__(self, name: str = "memory-cloud", *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._name = name
        self.available = True
        self.shown: list[bytes] = []

    @property
    def name(self) -> str:
        """The pinned name."""
        return self._name

    def ready(self) -> bool:
        """Whether it may be asked: like a provider, it is found out to be away only by asking."""
        return True

    def stream(self, permit: CloudPermit) -> Generator[str, None, Generation]:
        """Yield the quote word by word."""
        text, generation = self._answered(permit, stream=True)
        yield from _words(text)
        return generation

    def generate(self, permit: CloudPermit) -> tuple[str, Generation]:
        """Return the quote."""
        return self._answered(permit, stream=False)

    def _answered(self, permit: CloudPermit, *, stream: bool) -> tuple[str, Generation]:
        if permit.model != self._name or permit.stream is not stream or not permit.alive(self._now()):
            raise EgressRefusedError
        if not self.available:
            raise CloudModelError
        self.shown.append(permit.body)
        request = json.loads(permit.body)
        return _answer(self._name, [request["system"], *(turn["content"] for turn in request["messages"])])


def _answer(model: str, shown: list[str]) -> tuple[str, Generation]:
    found = _SOURCE.search(shown[-1])
    text = f"{found.group(1)} [1]" if found else _NOTHING
    asked = sum(len(part.split()) for part in shown)
    return text, Generation(model=model, input_tokens=asked, output_tokens=len(text.split()), finish="stop")


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)
