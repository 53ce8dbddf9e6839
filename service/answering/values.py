"""Question in, Answer out: one shape for every route and backend (R13)."""

from dataclasses import dataclass
from uuid import UUID

from service.citing import Quotation, Support, Unsupported
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
    """A source under the number that the model and the asker know it by, and what in it supports which sentence."""

    number: int
    hit: Retrieved
    supports: tuple[Support, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said, on what grounds, by which model, and why that one.

    `sources` is everything the model was shown; `citations` are those that the answer rests on, each verified.
    Where nothing supports an answer, `unsupported` says why, `text` is the plain statement and nothing is cited.
    `stopped` is the code of what ended an answer before its end, if something did.
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
    quotations: tuple[Quotation, ...] = ()
    unsupported: Unsupported | None = None
    stopped: str | None = None
    generation: Generation | None = None
