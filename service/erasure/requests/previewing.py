"""Shows before anything is destroyed what would go, what is held, and what was not searched (R40)."""

from dataclasses import dataclass, replace
from uuid import UUID

from service.erasure.requests.changing import locked, moved, noted, require
from service.erasure.requests.finding import Finding, Found, documents_of, merged
from service.erasure.requests.holding import held
from service.erasure.requests.reading import Reading
from service.erasure.requests.values import Preview, PreviewedDocument, PreviewedTurn
from service.errors import NotFoundError
from service.families import ancestors, descendants, title_shown
from service.policy.access import DocumentId, ErasureId, Principal
from service.policy.erasures import ErasureAction, ErasureKind, ErasureState
from service.ports import (
    Clock,
    Database,
    ErasureItem,
    ErasureRecord,
    ItemKind,
    ItemState,
    KeyStore,
    Transaction,
)

_UNDECIDED = frozenset({ErasureState.RECEIVED, ErasureState.LOCATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewing:
    """Locates, until it is approved; afterwards it shows what was approved and how far that is."""

    database: Database
    keys: KeyStore
    clock: Clock
    finding: Finding
    reading: Reading

    def preview(self, principal: Principal, erasure_id: ErasureId) -> Preview:
        """Return what the request is about now. Raises NotFoundError, NotPermittedError.

        What was chosen before stays chosen. Where something is found that was not there, nobody has approved yet.
        """
        record, known = self._known(principal, erasure_id)
        found = Found(items=known, hits={}, not_searched={})
        if record.state in _UNDECIDED:
            found = self.finding.find(principal, record, known)
        with self.database.transaction(principal.tenant_id) as transaction:
            record = locked(transaction, erasure_id)
            if record.state in _UNDECIDED:
                record = self._located(transaction, principal, record, found)
            return self._shown(transaction, principal, record, found)

    def _known(self, principal: Principal, erasure_id: ErasureId) -> tuple[ErasureRecord, tuple[ErasureItem, ...]]:
        with self.database.transaction(principal.tenant_id) as transaction:
            record = transaction.erasures.get(erasure_id)
            if record is None:
                raise NotFoundError
            require(principal, record.kind)
            return record, transaction.erasures.items(erasure_id)

    def _located(
        self, transaction: Transaction, principal: Principal, record: ErasureRecord, found: Found
    ) -> ErasureRecord:
        """Write the items down. Consent to another list than this one is none."""
        known = transaction.erasures.items(record.id)
        items = merged(known, found.items)
        targets = {item.target for item in items}
        # What was executed before stays on the list, found or not.
        lost = [item for item in known if item.target not in targets and item.state is ItemState.WAITING]
        transaction.erasures.remove_items(lost)
        transaction.erasures.put_items(items)
        now = self.clock.now()
        same = not lost and {item.target for item in known} >= targets
        located = replace(record, located_at=now, approvals=record.approvals if same else ())
        facts = {
            "documents": len(documents_of(items)),
            "turns": sum(item.kind is ItemKind.TURN for item in items),
            "certain": sum(item.certain for item in items),
        }
        who = principal.key_id
        if record.state is ErasureState.RECEIVED:
            return moved(
                transaction, located, ErasureState.LOCATED, action="erasure_located", now=now, facts=facts, by=who
            )
        return noted(transaction, located, action="erasure_located", now=now, facts=facts, by=who)

    def _shown(self, transaction: Transaction, principal: Principal, record: ErasureRecord, found: Found) -> Preview:
        view = self.reading.view(transaction, principal, record)
        documents = documents_of(view.items)
        holds = held(transaction, documents)
        return Preview(
            view=view,
            documents=tuple(self._document(transaction, item, holds.get(item.target, ()), found) for item in documents),
            turns=tuple(
                PreviewedTurn(item=item, hits=found.hits.get(item.target, ()))
                for item in view.items
                if item.kind is ItemKind.TURN
            ),
            not_searched=found.not_searched,
            tenant=transaction.estate.counts() if record.kind is ErasureKind.TENANT else None,
        )

    def _document(
        self, transaction: Transaction, item: ErasureItem, held_by: tuple[UUID, ...], found: Found
    ) -> PreviewedDocument:
        document = transaction.documents.get(DocumentId(item.target))
        # A redaction leaves what was found in the document: it belongs to the version from then on.
        goes = document is not None and item.action is not ErasureAction.LEAVE
        along = descendants(transaction, [document.id]) if document and item.action is not ErasureAction.REDACT else ()
        return PreviewedDocument(
            item=item,
            title=title_shown(self.keys, document) if document is not None else None,
            turns=transaction.turns.count(DocumentId(item.target)),
            held_by=held_by,
            hits=found.hits.get(item.target, ()),
            children=tuple(one.id for one in along) if goes else (),
            originals_of=tuple(one.id for one in ancestors(transaction, document) if one.apart)
            if document is not None and goes
            else (),
        )
