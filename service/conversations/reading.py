"""Opens a turn's texts, and says which chunks an asker may still see."""

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from service.conversations.values import Place, StoredAnswer
from service.errors import DamagedError, KeyDestroyedError, NotFoundError, NotPermittedError
from service.places import turn_answer_place, turn_question_place
from service.policy.access import ConversationId, Permission, Principal, Scope
from service.ports import ChunkRecord, ConversationRecord, KeyStore, Transaction, TurnRecord


def opened(keys: KeyStore, turn: TurnRecord) -> tuple[str, StoredAnswer] | None:
    """Return question and answer, or nothing where nobody may read them any more."""
    try:
        key = keys.turn_key(tenant_id=turn.tenant_id, turn_id=turn.id)
        question = key.open(turn.question, place=turn_question_place(turn.tenant_id, turn.id))
        answer = key.open(turn.answer, place=turn_answer_place(turn.tenant_id, turn.id))
    except (KeyDestroyedError, DamagedError):
        return None  # being erased, or tampered with
    return question.decode(), msgspec.json.decode(answer, type=StoredAnswer)


def owned(
    transaction: Transaction, principal: Principal, conversation_id: ConversationId, *, lock: bool = False
) -> ConversationRecord:
    """Return the principal's own conversation. Raises NotFoundError for an absent and for a foreign one alike."""
    if not principal.may(Permission.ASK):
        raise NotPermittedError
    record = transaction.conversations.get(conversation_id, lock=lock)
    if record is None or record.owner != principal.key_id:
        raise NotFoundError
    return record


def visible_chunks(transaction: Transaction, scope: Scope, places: Iterable[Place]) -> Mapping[Place, ChunkRecord]:
    """Return those of the chunks that exist now and whose document lies inside the scope."""
    document = cache(transaction.documents.get)

    def seen(chunk: ChunkRecord) -> bool:
        record = document(chunk.document_id)
        return record is not None and scope.sees(tenant_id=record.tenant_id, groups=record.groups)

    found = transaction.chunks.fetch(set(places))
    return {(chunk.document_id, chunk.ordinal): chunk for chunk in found if seen(chunk)}


def places_of(turns: Iterable[TurnRecord]) -> set[Place]:
    """Return every chunk that the turns rest on."""
    return {(source.document_id, source.ordinal) for turn in turns for source in turn.sources}
