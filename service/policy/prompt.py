"""A prompt is parts: each with its text, its label and where it came from."""

from dataclasses import dataclass
from enum import StrEnum

from ingestion.sensitivity import Label
from service.policy.fencing import fenced

USER, ASSISTANT = "user", "assistant"
ROLES = frozenset({USER, ASSISTANT})


class Origin(StrEnum):
    """Where a part of a prompt came from."""

    INSTRUCTIONS = "instructions"
    QUESTION = "question"
    EARLIER_QUESTION = "earlier_question"
    EARLIER_ANSWER = "earlier_answer"
    CHUNK = "chunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One text of a prompt. A part without a label is treated as unknown, so it never leaves."""

    origin: Origin
    text: str
    label: Label | None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation as chat models take it; `role` is `user` or `assistant`."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Everything a model is shown: instructions, earlier turns, numbered sources, the question."""

    parts: tuple[Part, ...]

    def labels(self) -> tuple[Label | None, ...]:
        """Return the label of every part, in order."""
        return tuple(part.label for part in self.parts)

    def sources(self) -> tuple[Part, ...]:
        """Return the numbered sources: the first of them is source 1."""
        return self._of(Origin.CHUNK)

    def instructions(self) -> str:
        """Return the system prompt."""
        return "\n\n".join(part.text for part in self._of(Origin.INSTRUCTIONS))

    def messages(self) -> tuple[Message, ...]:
        """Return the turns: history first, then the sources (fenced as data) with the question."""
        history = tuple(
            Message(role=USER if part.origin is Origin.EARLIER_QUESTION else ASSISTANT, text=fenced(part.text))
            for part in self.parts
            if part.origin in {Origin.EARLIER_QUESTION, Origin.EARLIER_ANSWER}
        )
        sources = "\n\n".join(
            f'<source number="{number}">\n{fenced(part.text)}\n</source>'
            for number, part in enumerate(self.sources(), start=1)
        )
        question = fenced("\n".join(part.text for part in self._of(Origin.QUESTION)))
        last = f"{sources}\n\nQuestion: {question}" if sources else f"Question: {question}"
        return (*history, Message(role=USER, text=last))

    def _of(self, origin: Origin) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.origin is origin)
