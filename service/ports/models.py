"""Embedding, labelling, parsing and answering, as the use cases need them."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.document import Document
from ingestion.passage import Passage
from ingestion.sensitivity import Label
from service.errors import LocalModelUnavailableError
from service.policy.egress import CloudPermit
from service.policy.prompt import Prompt

Vector = NDArray[np.float32]
"""One embedding, shape (dimensions,), L2 norm 1."""
Vectors = NDArray[np.float32]
"""Embeddings, shape (n, dimensions), each of L2 norm 1."""


class Embedder(Protocol):
    """Turns texts into vectors of one space."""

    @property
    def name(self) -> str:
        """Which model and backend: vectors of different names are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector per text, in the order given; batched and sorted by length inside."""
        ...


class Tokenizer(Protocol):
    """The embedder's own tokenizer, without special tokens, truncation or padding."""

    def offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the code-point span of every token, in order."""
        ...


class Labeller(Protocol):
    """Says what texts are. Never raises for a text: what it cannot decide is unknown."""

    @property
    def version(self) -> str:
        """Code, weights and thresholds, hashed. A label of another version is stale."""
        ...

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        """Label each text, given its vector; without vectors nothing can be proved harmless."""
        ...

    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        """Label the passages of one document, in order; a passage's surroundings only add to its label.

        With `wanted` only the passages at these places get a label; the others are their neighbours.
        """
        ...


class Parser(Protocol):
    """Reads a source in a process of its own."""

    def parse(self, content: bytes, *, name: str, media_type: str | None = None) -> Document:
        """Return the document. Raises `ingestion.errors.UnreadableError`, whatever the content does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How a model's answer ended: which model said it, and how much.

    `pin` names the pinned configuration that was checked beyond the model's name, where one is pinned (R17).
    `sources_shown` is how many of the prompt's sources it was shown, the first ones; None is all of them.
    """

    model: str
    input_tokens: int
    output_tokens: int
    finish: str
    pin: str | None = None
    sources_shown: int | None = None


class LocalModel(Protocol):
    """A model inside the building. It may be shown anything in the prompt's scope."""

    @property
    def name(self) -> str:
        """The pinned name that the server must answer under."""
        ...

    def ready(self) -> bool:
        """Whether the server answers and serves the pinned model. Never raises."""
        ...

    def outage(self) -> LocalModelUnavailableError | None:
        """Return the error that asking now would raise, with its reason and when to try again; None if ready."""
        ...

    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        """Yield pieces of the answer; return how it ended. Raises LocalModelUnavailableError."""
        ...

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Return the whole answer at once. Raises LocalModelUnavailableError."""
        ...


class CloudModel(Protocol):
    """A model outside. It takes a permit for exact bytes and nothing else."""

    @property
    def name(self) -> str:
        """The pinned model name."""
        ...

    def ready(self) -> bool:
        """Whether it may be asked now. Sends nothing: it knows only how the last answers went."""
        ...

    def stream(self, permit: CloudPermit) -> Generator[str, None, Generation]:
        """Send the permitted bytes; yield pieces of the answer. Raises CloudModelError."""
        ...

    def generate(self, permit: CloudPermit) -> tuple[str, Generation]:
        """Send the permitted bytes; return the whole answer. Raises CloudModelError."""
        ...
