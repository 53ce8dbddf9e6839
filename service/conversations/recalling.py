"""Which earlier turns a question is asked with, each labelled anew from what it rests on today (R10)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingestion.sensitivity import Category, Label, highest
from service.conversations.reading import opened, owned, places_of, visible_chunks
from service.conversations.values import Context, Place, Remembered
from service.errors import ConflictError
from service.labels import Labels
from service.policy.access import ConversationId, Principal, Scope
from service.ports import ChunkRecord, Database, KeyStore, Tokenizer, TurnRecord

_MOST_TURNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """Reads a conversation back. `tokens` bounds how much of it a question is asked with; the newest turns count."""

    database: Database
    keys: KeyStore
    labels: Labels
    tokenizer: Tokenizer
    tokens: int

    def recall(self, principal: Principal, conversation_id: ConversationId, *, scope: Scope) -> Context:
        """Return the context of the next question. Raises NotFoundError for a conversation of somebody else.

        A turn whose source is gone, or no longer inside the scope, is in no context; nor is one that was made
        with such a turn, or with one that its owner dropped. Where only harmless texts are asked for, nor is a
        turn that is not.
        """
        with self.database.transaction(principal.tenant_id) as transaction:
            if owned(transaction, principal, conversation_id).turns >= _MOST_TURNS:
                message = f"A conversation has at most {_MOST_TURNS} turns; open a new one."
                raise ConflictError(message)
            turns = {turn.ordinal: turn for turn in transaction.turns.of(conversation_id)}
            chunks = visible_chunks(transaction, scope, places_of(turns.values()))
        weighing = _Weighing(turns=turns, chunks=chunks, keys=self.keys, labels=self.labels)
        newest_first = self._within_budget(weighing, scope)
        return Context(conversation=conversation_id, turns=tuple(newest_first)[::-1])

    def _within_budget(self, weighing: "_Weighing", scope: Scope) -> Iterator[Remembered]:
        left = self.tokens
        for ordinal in sorted(weighing.turns, reverse=True):
            turn = weighing.weighed(ordinal) if left > 0 else None
            if turn is None or (scope.harmless_only and not self._harmless(turn)):
                continue
            left -= sum(len(self.tokenizer.offsets(text)) for text in (turn.question, turn.answer))
            if left < 0:
                return
            yield turn

    def _harmless(self, turn: Remembered) -> bool:
        return turn.label.harmless and turn.label.labeller_version == self.labels.version


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighing:
    """Labels turns from their evidence, each once."""

    turns: Mapping[int, TurnRecord]
    chunks: Mapping[Place, ChunkRecord]
    keys: KeyStore
    labels: Labels
    known: dict[int, Remembered | None] = field(default_factory=dict)

    def weighed(self, ordinal: int) -> Remembered | None:
        """Return the turn with its labels, or None where it may be in no context."""
        for needed in sorted(self._made_with(ordinal)):
            if needed not in self.known:
                self.known[needed] = self._weigh(needed)
        return self.known[ordinal]

    def _made_with(self, ordinal: int) -> set[int]:
        """Return the turn and every one that it was made with, directly or not; contexts only reach back."""
        found, pending = set[int](), [ordinal]
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending += self.turns[one].context if one in self.turns else ()
        return found

    def _weigh(self, ordinal: int) -> Remembered | None:
        turn = self.turns.get(ordinal)
        if turn is None or not places_of([turn]) <= self.chunks.keys():
            return None
        before = [known for one in turn.context if (known := self.known[one]) is not None]
        texts = opened(self.keys, turn) if len(before) == len(turn.context) else None
        if texts is None:
            return None
        question, answer = texts[0], texts[1].text
        question_label, own = (self.labels.of((text,), tenant_id=turn.tenant_id) for text in (question, answer))
        grounds = [self.chunks[place].label for place in places_of([turn])]
        made_with = [label for one in before for label in (one.question_label, one.answer_label)]
        return Remembered(
            id=turn.id,
            ordinal=ordinal,
            question=question,
            answer=answer,
            question_label=question_label,
            answer_label=_made_from([own, *grounds, *made_with]),
            sources=turn.sources,
        )


def _made_from(labels: Sequence[Label]) -> Label:
    """Return the highest label, with all that reviewers took from any: its words need the terms of that still (R15)."""
    made = highest(labels)
    dismissed = frozenset[Category]().union(*(label.dismissed for label in labels))
    return replace(made, dismissed=dismissed - made.categories)
