"""A turn as it is kept, as it is remembered, and as it is shown."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from ingestion.sensitivity import Label, highest
from service.citing import Credited, Quotation, Unsupported
from service.policy.access import ConversationId, DocumentId, TurnId
from service.policy.prompt import Origin, Part
from service.policy.routing import Reason
from service.ports import Generation, TurnRecord, TurnSource

Place = tuple[DocumentId, int]
"""A chunk: its document and its ordinal there."""


class StoredAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an answer, sealed: enough to tell it again as it was told.

    `credited` is what the sources that it cites bear out, by their number. What was stopped is not kept.
    `harmless_only` is what was asked for: the same question of other texts is another one.
    """

    text: str
    credited: tuple[Credited, ...]
    quotations: tuple[Quotation, ...]
    unsupported: Unsupported | None
    backend: str
    model: str | None
    reasons: tuple[Reason, ...]
    generation: Generation | None
    redacted: int
    neutralised: int
    harmless_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An earlier turn in the context of a question, with the labels that its texts have today.

    The answer's label is the highest among its sources, its own text and all that it was made with.
    """

    id: TurnId
    ordinal: int
    question: str
    answer: str
    question_label: Label
    answer_label: Label
    sources: tuple[TurnSource, ...]

    @property
    def label(self) -> Label:
        """What the turn as a whole is."""
        return highest((self.question_label, self.answer_label))

    def parts(self) -> tuple[Part, Part]:
        """Return the two texts as parts of a prompt."""
        reference = f"turn:{self.ordinal}"
        return (
            Part(origin=Origin.EARLIER_QUESTION, text=self.question, label=self.question_label, reference=reference),
            Part(origin=Origin.EARLIER_ANSWER, text=self.answer, label=self.answer_label, reference=reference),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The earlier turns that a question is asked with, oldest first. Without a conversation there are none."""

    conversation: ConversationId | None = None
    opens: bool = False
    turns: tuple[Remembered, ...] = ()

    def parts(self) -> tuple[Part, ...]:
        """Return every earlier text, in order."""
        return tuple(part for turn in self.turns for part in turn.parts())

    def places(self) -> frozenset[Place]:
        """Return every chunk that the context rests on."""
        return frozenset((source.document_id, source.ordinal) for turn in self.turns for source in turn.sources)

    def ids(self) -> frozenset[TurnId]:
        """Return the turns' ids."""
        return frozenset(turn.id for turn in self.turns)

    def facts(self) -> list[dict[str, object]]:
        """Return which turns are in the context and what each is: the one that is not harmless keeps it local."""
        return [
            {
                "turn": turn.ordinal,
                "verdict": turn.label.verdict.value,
                "categories": [category.value for category in sorted(turn.label.categories)],
            }
            for turn in self.turns
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """A turn for its owner. Texts are None where a source of it is gone or out of the owner's scope by now."""

    id: TurnId
    ordinal: int
    asked_at: datetime
    answered_at: datetime
    route: str
    context: tuple[int, ...]
    question: str | None
    answer: str | None

    @classmethod
    def of(cls, turn: TurnRecord, *, question: str | None, answer: str | None) -> "TurnView":
        """Return the view of a turn with these texts."""
        return cls(
            id=turn.id,
            ordinal=turn.ordinal,
            asked_at=turn.asked_at,
            answered_at=turn.answered_at,
            route=turn.route,
            context=turn.context,
            question=question,
            answer=answer,
        )
