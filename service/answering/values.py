"""Question in, Answer out: one shape for every route and backend (R13)."""

from dataclasses import dataclass
from uuid import UUID

from service.citing import Quotation, Support, Unsupported
from service.conversations import Remembered
from service.errors import LocalModelUnavailableError
from service.policy.access import ConversationId
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
    """What is asked, and how. `harmless_only` asks for chunks that may leave (R21).

    With a `conversation`, or with `opens` in a new one, the answer is kept and earlier turns are its context.
    There, a `request` that was answered already is not answered again. `history` is what the caller remembers.
    """

    text: str
    history: tuple[Turn, ...] = ()
    harmless_only: bool = False
    limit: int = 4
    conversation: ConversationId | None = None
    opens: bool = False
    request: str | None = None

    @property
    def kept(self) -> bool:
        """Whether the answer becomes a turn of a conversation."""
        return self.opens or self.conversation is not None


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
    `context` is the earlier turns of its conversation that it was made with.
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
    quotations: tuple[Quotation, ...] = ()
    unsupported: Unsupported | None = None
    stopped: str | None = None
    generation: Generation | None = None
    redacted: int = 0
    neutralised: int = 0
    conversation: ConversationId | None = None
    context: tuple[Remembered, ...] = ()


class PromptRefusedError(LocalModelUnavailableError):
    """The answer must be made locally and the local model does not answer. Nothing was sent elsewhere."""

    code = LocalModelUnavailableError.code

    def __init__(self, reasons: tuple[Reason, ...], outage: LocalModelUnavailableError | None = None) -> None:
        """Refuse for these reasons, which are recorded and not told; the outage says how and until when."""
        self.reasons = reasons
        known = outage or LocalModelUnavailableError()
        super().__init__(known.detail, how=known.how, retry_after=known.retry_after)
