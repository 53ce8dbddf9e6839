"""Conversations as their owner sees and forgets them; to anybody else they do not exist."""

from dataclasses import dataclass
from uuid import uuid4

from service.auditing import entry
from service.conversations.forgetting import Forgetting
from service.conversations.reading import opened, owned, places_of, visible_chunks
from service.conversations.values import TurnView
from service.errors import NotFoundError, NotPermittedError
from service.holding import refuse_held_turns
from service.policy.access import ConversationId, Permission, Principal, Scope
from service.ports import Clock, ConversationRecord, Database, KeyStore, Transaction, TurnRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """Opens, lists, shows and forgets."""

    database: Database
    keys: KeyStore
    clock: Clock
    forgetting: Forgetting

    def open(self, principal: Principal) -> ConversationRecord:
        """Return a new conversation of this principal."""
        if not principal.may(Permission.ASK):
            raise NotPermittedError
        now = self.clock.now()
        record = ConversationRecord(
            id=ConversationId(uuid4()),
            tenant_id=principal.tenant_id,
            owner=principal.key_id,
            created_at=now,
            updated_at=now,
        )
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.conversations.add(record)
        return record

    def page(
        self, principal: Principal, *, limit: int, after: ConversationId | None = None
    ) -> tuple[ConversationRecord, ...]:
        """Return the principal's own conversations, newest first."""
        if not principal.may(Permission.ASK):
            raise NotPermittedError
        with self.database.transaction(principal.tenant_id) as transaction:
            return transaction.conversations.page(owner=principal.key_id, limit=limit, after=after)

    def show(
        self, principal: Principal, conversation_id: ConversationId
    ) -> tuple[ConversationRecord, tuple[TurnView, ...]]:
        """Return a conversation with its turns; what rests on a source out of scope shows no text (R31)."""
        with self.database.transaction(principal.tenant_id) as transaction:
            record = owned(transaction, principal, conversation_id)
            turns = transaction.turns.of(conversation_id)
            seen = visible_chunks(transaction, Scope.of(principal), places_of(turns)).keys()
        return record, tuple(self._view(turn, shown=places_of([turn]) <= seen) for turn in turns)

    def forget(self, principal: Principal, conversation_id: ConversationId) -> None:
        """Destroy a conversation: hidden at the commit, then its keys, then its rows.

        Raises HeldError where a turn of it rests on a document under legal hold: what was made of it is evidence, too.
        """
        with self.database.transaction(principal.tenant_id) as transaction:
            record = owned(transaction, principal, conversation_id, lock=True)
            refuse_held_turns(transaction, transaction.turns.of(record.id))
            transaction.conversations.erase(record.id, self.clock.now())
            self._audit(transaction, principal, record, "conversation_erased", {"turns": record.turns})
        self.forgetting.finish(principal.tenant_id)

    def drop(self, principal: Principal, conversation_id: ConversationId, ordinal: int) -> None:
        """Destroy one turn. Turns that were answered with it in their context leave every context with it.

        Raises HeldError as `forget` does.
        """
        with self.database.transaction(principal.tenant_id) as transaction:
            record = owned(transaction, principal, conversation_id, lock=True)
            turn = next((one for one in transaction.turns.of(record.id) if one.ordinal == ordinal), None)
            if turn is None:
                raise NotFoundError
            refuse_held_turns(transaction, [turn])
            transaction.turns.erase(turn.id, self.clock.now())
            self._audit(transaction, principal, record, "turn_erased", {"turn": ordinal})
        self.forgetting.finish(principal.tenant_id)

    def _view(self, turn: TurnRecord, *, shown: bool) -> TurnView:
        texts = opened(self.keys, turn) if shown else None
        return TurnView.of(turn, question=texts[0] if texts else None, answer=texts[1].text if texts else None)

    def _audit(
        self,
        transaction: Transaction,
        principal: Principal,
        record: ConversationRecord,
        action: str,
        facts: dict[str, object],
    ) -> None:
        now, who = self.clock.now(), principal.key_id
        transaction.audit.append(entry(record.tenant_id, action, at=now, actor=who, subject=record.id, facts=facts))
