"""Gathers what an export tells: what was located, without other people, with who was shown it and how long it stays."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestion.sensitivity import Label
from service.chunks import text_of, title_of
from service.conversations.reading import opened
from service.errors import DamagedError, KeyDestroyedError
from service.exporting.masking import without_others
from service.exporting.rights import RIGHTS
from service.exporting.values import (
    SCHEMA,
    Export,
    ExportedDocument,
    ExportedTurn,
    KeptUntil,
    Passage,
    Shown,
    Text,
)
from service.labels import Labels
from service.locating import Located, LocatedDocument, Locating
from service.policy.access import DocumentId, Principal, TenantId, TurnId
from service.policy.retention import RetentionRule
from service.ports import ChunkRecord, Clock, Database, DocumentRecord, KeyStore, TurnRecord
from service.reporting import Outcome, Period, Reporting, shown_documents
from service.retaining import decided
from service.sealing import Key
from service.subjects import Matcher, Subject

_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """An export, and what it rests on: erase one of these, and the export has to go."""

    export: Export
    documents: frozenset[DocumentId]
    turns: frozenset[TurnId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Reads; keeps nothing."""

    database: Database
    keys: KeyStore
    clock: Clock
    labels: Labels
    locating: Locating
    reporting: Reporting

    def gather(self, principal: Principal, subject: Subject, *, only: Collection[DocumentId] = ()) -> Gathered:
        """Return everything that surely names the person; with `only`, of these documents alone.

        What may be about somebody else is counted and not told: it is for the data owner to look at.
        Raises NotPermittedError, PartUnavailableError.
        """
        located = self.locating.locate(principal, subject)
        wanted = [one for one in located.documents if not only or one.id in only]
        certain = [one for one in wanted if one.certain]
        shown = self._shown(principal, {one.id for one in certain})
        rules = self._rules(principal.tenant_id)
        matcher = Matcher(subject)
        documents = [
            told
            for one in certain
            for told in self._document(principal.tenant_id, one, matcher, shown.get(one.id, ()), rules)
        ]
        turns = [] if only else list(self._turns(principal.tenant_id, located, matcher))
        export = Export(
            schema=SCHEMA,
            made_at=self.clock.now(),
            identifiers=subject.identifiers,
            names=subject.names,
            documents=tuple(documents),
            turns=tuple(told for told, _ in turns),
            uncertain_documents=len(wanted) - len(certain),
            uncertain_turns=0 if only else sum(not one.certain for one in located.turns),
            not_searched=dict(Counter(one.reason.value for one in located.not_searched)),
            searched_documents=located.searched_documents,
            searched_turns=located.searched_turns,
            rights=RIGHTS,
        )
        # An answer says what its sources say: they count as held, too, where no passage of theirs is told.
        rests_on = {source.document_id for _, record in turns for source in record.sources}
        return Gathered(
            export=export,
            documents=frozenset({one.id for one in documents} | rests_on),
            turns=frozenset(told.id for told, _ in turns),
        )

    def _rules(self, tenant_id: TenantId) -> tuple[RetentionRule, ...]:
        with self.database.transaction(tenant_id) as transaction:
            found = transaction.retention.in_force()
        return found.rules if found else ()

    def _document(
        self,
        tenant_id: TenantId,
        located: LocatedDocument,
        matcher: Matcher,
        shown: Sequence[Shown],
        rules: tuple[RetentionRule, ...],
    ) -> Iterator[ExportedDocument]:
        """Yield the document, unless it was erased meanwhile."""
        with self.database.transaction(tenant_id) as transaction:
            record = transaction.documents.get(located.id)
            chunks = {chunk.ordinal: chunk for chunk in transaction.chunks.of(located.id)}
            reviewed = {review.ordinal for review in transaction.reviews.of(located.id)}
        if record is None:
            return
        surely = [hit.ordinal for hit in located.hits if hit.certain and hit.ordinal in chunks]
        try:
            key = self.keys.document_key(tenant_id=tenant_id, document_id=record.id)
            title = self._examined(tenant_id, title_of(key, record), matcher)
            passages = [
                _passage(key, record, chunks[ordinal], matcher, reviewed=ordinal in reviewed) for ordinal in surely
            ]
        except (KeyDestroyedError, DamagedError):
            return
        rule = decided(record, rules, now=self.clock.now())
        yield ExportedDocument(
            id=record.id,
            title=title,
            media_type=record.media_type,
            state=record.state,
            handed_in_at=record.created_at,
            declared=tuple(sorted(record.declared)),
            passages=tuple(passages),
            fields=tuple(one.name for one in located.fields if one.certain),
            uncertain=len(located.hits) - len(surely),
            kept=KeptUntil(rule=rule.rule, until=rule.due_at),
            shown=tuple(shown),
        )

    def _turns(
        self, tenant_id: TenantId, located: Located, matcher: Matcher
    ) -> Iterator[tuple[ExportedTurn, TurnRecord]]:
        for one in located.turns:
            with self.database.transaction(tenant_id) as transaction:
                record = transaction.turns.get(one.id) if one.certain else None
            texts = opened(self.keys, record) if record is not None else None
            if record is None or texts is None:
                continue
            told = ExportedTurn(
                id=record.id,
                asked_at=record.asked_at,
                route=record.route,
                question=self._examined(tenant_id, texts[0], matcher),
                answer=self._examined(tenant_id, texts[1].text, matcher),
            )
            yield told, record

    def _examined(self, tenant_id: TenantId, text: str, matcher: Matcher) -> Text:
        """Label a text that has no label of its own, and hide other people in it."""
        pieces = self.labels.examined(text, tenant_id=tenant_id)
        told = [without_others(piece, matcher.matches(piece), [label]) for piece, label in pieces]
        withheld = next((one.withheld for one in told if one.withheld), None)
        if withheld is not None:
            return Text(text=None, withheld=withheld)
        return Text(text="\n".join(one.text or "" for one in told), masked=sum(one.masked for one in told))

    def _shown(self, principal: Principal, document_ids: Collection[DocumentId]) -> Mapping[DocumentId, list[Shown]]:
        """Read the audit once, from the first of the documents on, a year at a time."""
        found: defaultdict[DocumentId, list[Shown]] = defaultdict(list)
        for period in self._periods(principal.tenant_id, document_ids):
            for journey in self.reporting.journeys(principal, period):
                if journey.outcome is Outcome.REFUSED:
                    continue
                providers = (_provider(entry.facts) for entry in journey.sent)
                told = Shown(
                    at=journey.at,
                    outcome=journey.outcome.value,
                    left_the_building=journey.left,
                    recipients=("a user of the controller", *sorted({one for one in providers if one})),
                )
                for document_id in shown_documents(journey) & frozenset(document_ids):
                    found[document_id].append(told)
        return found

    def _periods(self, tenant_id: TenantId, document_ids: Collection[DocumentId]) -> Iterator[Period]:
        with self.database.transaction(tenant_id) as transaction:
            records = [transaction.documents.get(document_id) for document_id in document_ids]
        start = min((record.created_at for record in records if record is not None), default=None)
        end: datetime = self.clock.now() + timedelta(seconds=1)
        while start is not None and start < end:
            yield Period(since=start, until=min(start + _YEAR, end))
            start += _YEAR


def _provider(facts: Mapping[str, object]) -> str | None:
    terms = facts.get("terms")
    return str(terms["provider"]) if isinstance(terms, Mapping) and "provider" in terms else None


def _passage(key: Key, record: DocumentRecord, chunk: ChunkRecord, matcher: Matcher, *, reviewed: bool) -> Passage:
    text, label = text_of(key, record, chunk), chunk.label
    return Passage(
        ordinal=chunk.ordinal,
        pages=(chunk.first_page, chunk.last_page),
        content=without_others(text, matcher.matches(text), _judgements(chunk)),
        verdict=label.verdict,
        categories=tuple(sorted(label.categories)),
        kinds=tuple(sorted({finding.kind for finding in label.findings})),
        reasons=label.reasons,
        labeller_version=label.labeller_version,
        reviewed=reviewed,
    )


def _judgements(chunk: ChunkRecord) -> tuple[Label, ...]:
    """Return the label that counts and the labeller's own: a reviewer's dismissal shows nobody else's name."""
    return (chunk.label, chunk.machine)
