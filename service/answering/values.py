"""Question in, Answer out: one shape for every route and backend (R13)."""

from dataclasses import dataclass
from uuid import UUID

from service.policy.routing import Reason, Route
from service.ports import Generation
from service.retrieval import Retrieved


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One earlier turn of the conversation, as the caller sends it; `role` is `user` or `assistant`."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and how. `harmless_only` asks for chunks that may leave (R21)."""

    text: str
    history: tuple[Turn, ...] = ()
    harmless_only: bool = False
    limit: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A source under the number that the model and the asker know it by."""

    number: int
    hit: Retrieved


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said, on what grounds, by which model, and why that one.

    `sources` is everything the model was shown; `citations` are those that the answer rests on.
    `redacted` counts the values that the cloud was not shown. `stopped` says why the output filter ended the answer,
    `neutralised` how many links it turned into text.
    `backend` is `vllm`, `anthropic`, `quotes` (no local model is configured) or `none` (nothing was found).
    """

    id: UUID
    text: str
    citations: tuple[Citation, ...]
    sources: tuple[Citation, ...]
    route: Route
    backend: str
    model: str | None
    reasons: tuple[Reason, ...]
    generation: Generation | None = None
    redacted: int = 0
    stopped: str | None = None
    neutralised: int = 0
