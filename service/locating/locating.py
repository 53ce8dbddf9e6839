"""Finds every document, chunk and turn that names a person, and says how surely and what it could not read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from service.auditing import entry
from service.conversations.reading import opened
from service.errors import NotPermittedError
from service.locating.judging import Judge, Leads
from service.locating.reading import opened_documents
from service.locating.values import Located, LocatedDocument, LocatedTurn, NotSearched, Obstacle
from service.policy.access import ConversationId, DocumentId, Permission, Principal, Scope, TenantId, TurnId
from service.ports import Clock, Database, KeyStore, TurnRecord
from service.spaces import Asked, Spaces
from service.subjects import MARKS_VERSION, Form, Matcher, Subject, marks_of_subject

_NEAR = 50
"""Neighbours in the space of meanings that are read for misspelt names, for each thing that is looked for."""
_TURNS_AT_ONCE = 200

_Where = TypeVar("_Where")
Progress = Callable[[int, int], None]
"""Told how many documents were searched, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locating:
    """Searches one tenant. It keeps nothing: neither who was looked for, nor what was found."""

    database: Database
    spaces: Spaces
    keys: KeyStore
    clock: Clock

    def locate(
        self, principal: Principal, subject: Subject, *, progress: Progress = lambda _done, _of: None
    ) -> Located:
        """Return where the person is named. Every chunk and every turn is read; the audit holds counts only.

        Raises NotPermittedError, PartUnavailableError.
        """
        if not principal.may(Permission.ERASE):
            raise NotPermittedError
        tenant_id = principal.tenant_id
        leads, document_ids, turn_ids = self._leads(principal, subject)
        judge = Judge(matcher=Matcher(subject), leads=leads)
        documents: list[LocatedDocument] = []
        obstacles: list[NotSearched] = []
        not_indexed: list[DocumentId] = []
        chunks = done = 0
        for one in opened_documents(self.database, self.keys, tenant_id, document_ids):
            done += 1
            chunks += len(one.texts)
            documents += judge.document(one)
            if one.obstacle is not None:
                obstacles.append(NotSearched(reason=one.obstacle, document_id=one.record.id))
            elif one.record.subjects_version != MARKS_VERSION:
                not_indexed.append(one.record.id)
            progress(done, len(document_ids))
        turns, unread = self._turns(tenant_id, turn_ids, judge)
        located = Located(
            documents=judge.settled(documents),
            turns=judge.settled_turns(turns),
            not_searched=(*obstacles, *unread),
            not_indexed=tuple(not_indexed),
            searched_documents=done,
            searched_chunks=chunks,
            searched_turns=len(turn_ids) - len(unread),
        )
        self._record(principal, subject, located)
        return located

    def _leads(
        self, principal: Principal, subject: Subject
    ) -> tuple[Leads, tuple[DocumentId, ...], tuple[tuple[TurnId, ConversationId], ...]]:
        """Return where to look closely, and everything that there is to look at."""
        marks = marks_of_subject(self.keys.tenant_key(principal.tenant_id), subject)
        scope, space = Scope.of(principal), self.spaces.serving(principal.tenant_id)
        near = {
            (hit.document_id, hit.ordinal)
            for text in (*subject.identifiers, *subject.names)
            for hit in self.spaces.nearest(space, Asked(text=text), scope=scope, limit=_NEAR)
        }
        with self.database.transaction(principal.tenant_id) as transaction:
            marked = transaction.subjects.marked(marks)
            marked_turns = transaction.subjects.marked_turns(marks)
            document_ids, turn_ids = transaction.subjects.documents(), transaction.subjects.turns()
        indexed = _gathered([((one.document_id, one.ordinal), marks[one.mark]) for one in marked])
        turns = _gathered([(one.turn_id, marks[one.mark]) for one in marked_turns])
        return Leads(indexed=indexed, turns=turns, near=frozenset(near)), document_ids, turn_ids

    def _turns(
        self, tenant_id: TenantId, turn_ids: Sequence[tuple[TurnId, ConversationId]], judge: Judge
    ) -> tuple[tuple[LocatedTurn, ...], tuple[NotSearched, ...]]:
        located: list[LocatedTurn] = []
        unread: list[NotSearched] = []
        for first in range(0, len(turn_ids), _TURNS_AT_ONCE):
            for turn in self._stored(tenant_id, turn_ids[first : first + _TURNS_AT_ONCE]):
                texts = opened(self.keys, turn)
                if texts is None:
                    unread.append(NotSearched(reason=Obstacle.KEY_DESTROYED, turn_id=turn.id))
                else:
                    located += judge.turn(turn, texts[0], texts[1].text)
        return tuple(located), tuple(unread)

    def _stored(self, tenant_id: TenantId, turn_ids: Sequence[tuple[TurnId, ConversationId]]) -> list[TurnRecord]:
        with self.database.transaction(tenant_id) as transaction:
            found = [transaction.turns.get(turn_id) for turn_id, _ in turn_ids]
        return [one for one in found if one is not None]

    def _record(self, principal: Principal, subject: Subject, located: Located) -> None:
        facts = {
            "identifiers": len(subject.identifiers),
            "names": len(subject.names),
            "documents": len(located.documents),
            "chunks": sum(len(one.hits) for one in located.documents),
            "certain": sum(one.certain for one in located.documents),
            "turns": len(located.turns),
            "not_searched": len(located.not_searched),
            "not_indexed": len(located.not_indexed),
        }
        now, who = self.clock.now(), principal.key_id
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.audit.append(entry(principal.tenant_id, "subject_located", at=now, actor=who, facts=facts))


def _gathered(found: Sequence[tuple[_Where, Form]]) -> Mapping[_Where, frozenset[Form]]:
    places: dict[_Where, set[Form]] = {}
    for place, form in found:
        places.setdefault(place, set()).add(form)
    return {place: frozenset(forms) for place, forms in places.items()}
