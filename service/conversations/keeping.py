"""Keeps a turn: sealed under a key of its own, beside everything that it rests on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import msgspec

from service.conversations.reading import opened
from service.conversations.values import Context, StoredAnswer
from service.errors import ConflictError, NotFoundError, SourceErasedError
from service.places import turn_answer_place, turn_question_place
from service.policy.access import ConversationId, Principal
from service.ports import Clock, ConversationRecord, Database, KeyStore, Transaction, TurnMark, TurnRecord, TurnSource
from service.subjects import marks_of_text, marks_of_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Writes turns, and finds those that a request made before."""

    database: Database
    keys: KeyStore
    clock: Clock

    @contextmanager
    def sealed(self, draft: TurnRecord, *, question: str, answer: StoredAnswer) -> Iterator[TurnRecord]:
        """Lend the draft with its texts, sealed; where the block fails, the key goes."""
        tenant_id, turn_id = draft.tenant_id, draft.id
        key = self.keys.create_turn_key(tenant_id=tenant_id, turn_id=turn_id)
        try:
            yield replace(
                draft,
                question=key.seal(question.encode(), place=turn_question_place(tenant_id, turn_id)),
                answer=key.seal(msgspec.json.encode(answer), place=turn_answer_place(tenant_id, turn_id)),
            )
        except BaseException:
            self.keys.destroy_turn_keys(tenant_id=tenant_id, turn_ids=[turn_id])
            raise

    def keep(self, transaction: Transaction, principal: Principal, turn: TurnRecord, context: Context) -> None:
        """Write the turn as the conversation's next. Raises NotFoundError where that is gone, SourceErasedError."""
        now = self.clock.now()
        found = transaction.conversations.get(turn.conversation_id, lock=True)
        if found is None:
            if not context.opens:
                raise NotFoundError
            found = _fresh(turn, principal)
            transaction.conversations.add(found)
        transaction.conversations.update(replace(found, turns=found.turns + 1, updated_at=now))
        try:
            transaction.turns.add(replace(turn, ordinal=found.turns, answered_at=now))
        except NotFoundError:
            raise SourceErasedError from None
        transaction.subjects.keep(self._marks(turn))

    def _marks(self, turn: TurnRecord) -> frozenset[TurnMark]:
        """Return the marks of everybody whom question or answer may name; nobody looked for names in the answer."""
        texts = opened(self.keys, turn)
        if texts is None:
            raise SourceErasedError  # its key is gone already: who destroyed it wants no turn
        question, answer = texts
        key = self.keys.tenant_key(turn.tenant_id)
        found = marks_of_text(key, question, turn.question_label.findings)
        found |= marks_of_words(key, question) | marks_of_words(key, answer.text)
        return frozenset(TurnMark(turn_id=turn.id, mark=mark) for mark in found)

    def request_fingerprint(self, principal: Principal, request: str | None) -> str | None:
        """Return a keyed hash of what the caller calls its request; two API keys never share one."""
        if request is None:
            return None
        key = self.keys.tenant_key(principal.tenant_id)
        return key.fingerprint(f"{principal.key_id}\x00{request}".encode(), purpose="request")

    def repeated(
        self,
        principal: Principal,
        request: str | None,
        question: str,
        *,
        conversation_id: ConversationId | None,
        harmless_only: bool,
    ) -> TurnRecord | None:
        """Return the turn that the request made already.

        Raises ConflictError where that was another question, or the same of other texts.
        """
        fingerprint = self.request_fingerprint(principal, request)
        with self.database.transaction(principal.tenant_id) as transaction:
            turn = transaction.turns.by_request(fingerprint) if fingerprint else None
        if turn is None:
            return None
        texts = opened(self.keys, turn)
        same = texts is not None and texts[0] == question and texts[1].harmless_only is harmless_only
        if not same or conversation_id not in {None, turn.conversation_id}:
            message = "This Idempotency-Key was used for another question."
            raise ConflictError(message)
        return turn


def lineage(sources: list[TurnSource], context: Context) -> tuple[TurnSource, ...]:
    """Return every chunk that an answer with these sources and this context rests on, each once."""
    inherited = (replace(one, number=None, score=0.0) for turn in context.turns for one in turn.sources)
    found = {(source.document_id, source.ordinal): source for source in (*inherited, *sources)}
    return tuple(found.values())


def _fresh(turn: TurnRecord, principal: Principal) -> ConversationRecord:
    return ConversationRecord(
        id=turn.conversation_id,
        tenant_id=turn.tenant_id,
        owner=principal.key_id,
        created_at=turn.asked_at,
        updated_at=turn.asked_at,
    )
