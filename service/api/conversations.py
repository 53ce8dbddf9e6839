"""Conversations over HTTP: open, list, show, forget. Nobody sees those of another API key."""

from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from service.api.conversation_schemas import ConversationBody, ConversationDetail, ConversationPage, KeptTurnBody
from service.api.problems import documented
from service.errors import HeldError, NotFoundError
from service.policy.access import ConversationId, Principal
from service.product import Ringfence


@post("/", sync_to_thread=True, summary="Open a conversation", responses=documented())
def open_conversation(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> ConversationBody:
    """Open a conversation; ask in it by sending its id with the question."""
    return ConversationBody.of(ringfence.conversations.open(principal))


@get("/", sync_to_thread=True, summary="List conversations", responses=documented(NotFoundError))
def list_conversations(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    after: Annotated[UUID | None, QueryParameter()] = None,
) -> ConversationPage:
    """List the conversations of this API key, newest first."""
    found = ringfence.conversations.page(principal, limit=limit, after=ConversationId(after) if after else None)
    following = found[-1].id if len(found) == limit else None
    return ConversationPage(conversations=[ConversationBody.of(record) for record in found], next=following)


@get("/{conversation_id:uuid}", sync_to_thread=True, summary="Show", responses=documented(NotFoundError))
def show_conversation(
    conversation_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> ConversationDetail:
    """Show a conversation with its turns, oldest first."""
    record, turns = ringfence.conversations.show(principal, ConversationId(conversation_id))
    return ConversationDetail(conversation=ConversationBody.of(record), turns=[KeptTurnBody.of(turn) for turn in turns])


@delete(
    "/{conversation_id:uuid}", sync_to_thread=True, summary="Forget", responses=documented(NotFoundError, HeldError)
)
def forget_conversation(
    conversation_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> None:
    """Destroy a conversation: its keys, then its rows."""
    ringfence.conversations.forget(principal, ConversationId(conversation_id))


@delete(
    "/{conversation_id:uuid}/turns/{turn:int}",
    sync_to_thread=True,
    summary="Forget one turn",
    responses=documented(NotFoundError, HeldError),
)
def forget_turn(
    conversation_id: FromPath[UUID],
    turn: FromPath[int],
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
) -> None:
    """Destroy one turn. Later turns that were answered with it leave the context of further questions, too."""
    ringfence.conversations.drop(principal, ConversationId(conversation_id), turn)


conversations = Router(
    "/v1/conversations",
    route_handlers=[open_conversation, list_conversations, show_conversation, forget_conversation, forget_turn],
    tags=["conversations"],
)
