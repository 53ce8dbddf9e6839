"""Decides what a text, and what led to it, say about whether it names the person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from service.locating.masking import masked, snippet
from service.locating.reading import Opened
from service.locating.values import FoundBy, LocatedChunk, LocatedDocument, LocatedField, LocatedTurn
from service.policy.access import DocumentId, TurnId
from service.ports import ChunkRecord, TurnRecord
from service.subjects import Form, Match, Matcher

Place = tuple[DocumentId, int]
_NOTHING: frozenset[Form] = frozenset()
_Place = TypeVar("_Place", LocatedChunk, LocatedField, LocatedTurn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """Where the index has marks of the person, in which forms, and which chunks are near in meaning."""

    indexed: Mapping[Place, frozenset[Form]]
    turns: Mapping[TurnId, frozenset[Form]]
    near: frozenset[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Reads every text. What it reads decides; a mark alone counts where it is an identifier's, or a whole name's."""

    matcher: Matcher
    leads: Leads
    namesakes: list[DocumentId] = field(default_factory=list)
    """Documents that name somebody else with the same initial and family name."""

    def document(self, opened: Opened) -> Iterator[LocatedDocument]:
        """Yield the document if it names the person, or may."""
        hits = tuple(hit for chunk in opened.chunks for hit in self._chunk(opened, chunk))
        fields = tuple(self._fields(opened))
        if not self.namesakes and any(map(self.matcher.has_namesake, opened.texts.values())):
            self.namesakes.append(opened.record.id)
        if hits or fields:
            title = next((text for name, text in opened.fields if name == "title"), "")
            yield LocatedDocument(
                id=opened.record.id,
                title=masked(title, self.matcher.matches(title)),
                state=opened.record.state,
                chunk_count=opened.record.chunk_count,
                hits=hits,
                fields=fields,
            )

    def settled(self, documents: Sequence[LocatedDocument]) -> tuple[LocatedDocument, ...]:
        """Return the documents once all are read: where there is a namesake, an initial is not certain."""
        if not self.namesakes:
            return tuple(documents)
        return tuple(
            replace(one, hits=tuple(map(_doubted, one.hits)), fields=tuple(map(_doubted, one.fields)))
            for one in documents
        )

    def settled_turns(self, turns: Sequence[LocatedTurn]) -> tuple[LocatedTurn, ...]:
        """Return the turns once all documents are read, in the same way."""
        return tuple(map(_doubted, turns)) if self.namesakes else tuple(turns)

    def turn(self, turn: TurnRecord, question: str, answer: str) -> Iterator[LocatedTurn]:
        """Yield the turn if it names the person, or may. What an answer says has no label: it is only hinted at."""
        asked, said = self.matcher.matches(question), self.matcher.matches(answer)
        marked = self.leads.turns.get(turn.id, _NOTHING)
        matches = (*asked, *said)
        if matches or _counts(marked):
            yield LocatedTurn(
                id=turn.id,
                conversation=turn.conversation_id,
                found_by=_found_by(matches, marked=bool(marked), near=False),
                forms=_forms(matches, marked),
                certain=_certain(matches, marked),
                snippet=snippet(question, asked, turn.question_label) or snippet(answer, said, None),
            )

    def _chunk(self, opened: Opened, chunk: ChunkRecord) -> Iterator[LocatedChunk]:
        place = (opened.record.id, chunk.ordinal)
        marked, near = self.leads.indexed.get(place, _NOTHING), place in self.leads.near
        text = opened.texts.get(chunk.ordinal)
        matches = self.matcher.matches(text) if text is not None else ()
        if text is not None and near and not matches:
            matches = self.matcher.resembling(text)
            found_by = frozenset({FoundBy.SEMANTIC})
        else:
            found_by = _found_by(matches, marked=bool(marked), near=near)
        if matches or (_counts(marked) if text is not None else marked):
            yield LocatedChunk(
                ordinal=chunk.ordinal,
                found_by=found_by | ({FoundBy.INDEX} if marked else frozenset()),
                forms=_forms(matches, marked),
                certain=_certain(matches, marked),
                snippet=snippet(text, matches, chunk.machine) if text is not None else "",
            )

    def _fields(self, opened: Opened) -> Iterator[LocatedField]:
        for name, text in opened.fields:
            matches = self.matcher.matches(text)
            if matches:
                shown = masked(text, matches) if name != "note" else snippet(text, matches, None)
                certain, forms = _certain(matches, _NOTHING), _forms(matches, _NOTHING)
                yield LocatedField(name=name, forms=forms, certain=certain, snippet=shown)


def _forms(matches: tuple[Match, ...], marked: frozenset[Form]) -> frozenset[Form]:
    return frozenset(one.form for one in matches) | (marked & {Form.IDENTIFIER}) or marked


def _doubted(one: _Place) -> _Place:
    """Return a place that is certain by an initial alone as possible."""
    return one if one.forms & {Form.IDENTIFIER, Form.FULL_NAME} else replace(one, certain=False)


def _found_by(matches: tuple[Match, ...], *, marked: bool, near: bool) -> frozenset[FoundBy]:
    ways = {FoundBy.EXACT: bool(matches), FoundBy.INDEX: marked, FoundBy.SEMANTIC: near}
    return frozenset(way for way, led in ways.items() if led)


def _counts(marked: frozenset[Form]) -> bool:
    """Whether marks alone are worth showing. A family name whose bearer the text tells apart is somebody else's."""
    return bool(marked & {Form.IDENTIFIER, Form.FULL_NAME})


def _certain(matches: tuple[Match, ...], marked: frozenset[Form]) -> bool:
    return any(one.certain for one in matches) or Form.IDENTIFIER in marked
