"""Conversations as they go over the wire, version 1."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, convert

from service.conversations import TurnView
from service.ports import ConversationRecord


class ConversationBody(Struct, kw_only=True):
    """A conversation of this API key. `turns` counts those that it ever had."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    turns: int

    @classmethod
    def of(cls, record: ConversationRecord) -> "ConversationBody":
        """Present a conversation."""
        return convert(record, cls, from_attributes=True)


class ConversationPage(Struct, kw_only=True):
    """One page of conversations; `next` goes into `after` for the following one."""

    conversations: list[ConversationBody]
    next: UUID | None


class KeptTurnBody(Struct, kw_only=True):
    """One turn. `question` and `answer` are null where a source may not be seen any more.

    `id` fetches the whole answer from `/v1/answers/ID`; `context` names the turns that it was made with.
    """

    id: UUID
    turn: int
    asked_at: datetime
    answered_at: datetime
    route: Literal["local", "cloud"]
    context: list[int]
    question: str | None
    answer: str | None

    @classmethod
    def of(cls, view: TurnView) -> "KeptTurnBody":
        """Present a turn."""
        return cls(
            id=view.id,
            turn=view.ordinal,
            asked_at=view.asked_at,
            answered_at=view.answered_at,
            route="cloud" if view.route == "cloud" else "local",
            context=list(view.context),
            question=view.question,
            answer=view.answer,
        )


class ConversationDetail(Struct, kw_only=True):
    """A conversation with its turns, oldest first."""

    conversation: ConversationBody
    turns: list[KeptTurnBody]
