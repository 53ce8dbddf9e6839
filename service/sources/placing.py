"""Where documents lie: attached to one more place, detached from one, and known by the place that is left."""

from dataclasses import dataclass, replace

from service.doorbell import ring
from service.erasure import Erasure
from service.places import external_id_place
from service.policy.access import DocumentId, SourceId
from service.ports import Database, DocumentRecord, Found, JobQueue, JobRecord, KeyStore, SourceItem, Transaction
from service.sources.sealed import SealedSources
from service.sources.working import Work

_TWINS = 5
"""Documents with the same content that are looked at; more of them are somebody's uploads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Writes places of documents, each under the document's row lock and the run's fence."""

    database: Database
    keys: KeyStore
    queue: JobQueue
    erasure: Erasure
    sealed: SealedSources

    def twin(self, transaction: Transaction, wanted: DocumentRecord | None) -> tuple[SourceItem, ...] | None:
        """Return the places of a document that may have one more, None where it is about to go."""
        if wanted is None:
            return None
        places = transaction.source_items.of_documents([wanted.id])
        return None if places and all(place.gone_at is not None for place in places) else places

    def attach(self, work: Work, found: Found, item: SourceItem | None, content: str) -> bool:
        """Let a document with this content, for the same people, lie here, too; say whether there is one."""
        with self.database.transaction(work.source.tenant_id) as transaction:
            twins = transaction.source_items.twin(content=content, groups=found.groups, declared=found.declared)
            wanted = {one.id for one in twins[:_TWINS]} | _ids(item)
            # By id, as everybody locks several documents.
            locked = {one: transaction.documents.get(one, lock=True) for one in sorted(wanted)} if twins else {}
            for twin in twins[:_TWINS]:
                record = locked[twin.id]
                places = self.twin(transaction, record)
                if record is None or places is None or record.groups != found.groups:
                    continue
                if work.dry:
                    for place in places:
                        work.matched.add(place.number)
                    return True
                work.hold(transaction)
                jobs = () if _ids(item) == {record.id} else self.detach(transaction, work, item)
                self._put(transaction, work, found, item, record, content=content, owned=any(p.owned for p in places))
                break
            else:
                return False
        for job in jobs:
            ring(self.queue, job)
        return True

    def detach(self, transaction: Transaction, work: Work, item: SourceItem | None) -> tuple[JobRecord, ...]:
        """Take a place from its document, which goes where it came from a source and lies nowhere else any more.

        Raises HeldError where a legal hold keeps it, ConflictError where somebody is about to erase it.
        """
        if item is None or item.document_id is None:
            return ()
        record = transaction.documents.get(item.document_id, lock=True)
        if record is None:
            return ()
        heir = self.heir(transaction, item, record.id)
        if heir is not None:
            self.inherit(transaction, record, item, heir)
            return ()
        if not item.owned:
            return ()
        return (self.erasure.entomb(transaction, record, by=work.principal.key_id, refuse=False),)

    @staticmethod
    def heir(transaction: Transaction, item: SourceItem, document_id: DocumentId) -> SourceItem | None:
        """Return another place where the document still lies."""
        places = transaction.source_items.of_documents([document_id])
        here = (item.source_id, item.place)
        return next((one for one in places if (one.source_id, one.place) != here and one.gone_at is None), None)

    def inherit(self, transaction: Transaction, record: DocumentRecord, item: SourceItem, heir: SourceItem) -> None:
        """Know a document, whose row is locked, by the place that is left, where it was known by the one that goes."""
        before, after = self._external(item), self._external(heir)
        tenant = self.keys.tenant_key(record.tenant_id)
        if before is None or tenant.fingerprint(before.encode(), purpose="external_id") != record.external_fingerprint:
            return
        self.rename(transaction, record, after)

    def make_room(self, transaction: Transaction, work: Work, item: SourceItem | None, external_id: str) -> None:
        """Give up an external id that a document has which lies elsewhere: what is there now will have it."""
        holder = transaction.documents.by_external_fingerprint(work.prints.external(external_id))
        record = transaction.documents.get(holder.id, lock=True) if holder is not None else None
        if record is None:
            return
        here = (work.source.id, item.place if item is not None else "")
        places = transaction.source_items.of_documents([record.id])
        heir = next((one for one in places if (one.source_id, one.place) != here and one.gone_at is None), None)
        if heir is not None:
            self.rename(transaction, record, self._external(heir))

    def rename(self, transaction: Transaction, record: DocumentRecord, external_id: str | None) -> None:
        """Give a document, whose row is locked, another external id, or none where that one is taken."""
        key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        tenant = self.keys.tenant_key(record.tenant_id)
        name = external_id or ""
        print_ = tenant.fingerprint(name.encode(), purpose="external_id") if external_id else None
        if print_ is not None and transaction.documents.by_external_fingerprint(print_) is not None:
            print_ = None
        sealed = key.seal(name.encode(), place=external_id_place(record.tenant_id, record.id)) if print_ else None
        transaction.documents.update(replace(record, external_id=sealed, external_fingerprint=print_))

    def put_new(
        self, transaction: Transaction, work: Work, found: Found, item: SourceItem | None, record: DocumentRecord
    ) -> None:
        """Write where a document lies that is being added in this transaction."""
        self._put(transaction, work, found, item, record, content=record.content_fingerprint, owned=True)

    def _put(  # noqa: PLR0913 - what lies where
        self,
        transaction: Transaction,
        work: Work,
        found: Found,
        item: SourceItem | None,
        record: DocumentRecord,
        *,
        content: str,
        owned: bool,
    ) -> None:
        place = work.prints.place(found.place)
        lies = SourceItem(
            tenant_id=record.tenant_id,
            source_id=work.source.id,
            place=place,
            number=item.number if item is not None else work.next_number(transaction),
            hint=work.prints.hint(found),
            access=work.prints.access(found),
            content=content,
            document_id=record.id,
            owned=owned,
        )
        key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
        transaction.source_items.put(replace(lies, name=self.sealed.item_name(lies, found.place, key=key)))

    def _external(self, item: SourceItem) -> str | None:
        name = self.sealed.opened(item)
        return None if name is None else external_id_at(item.source_id, name)


def external_id_at(source_id: SourceId, place: str) -> str:
    """Return the external id of a document by the place where it lies."""
    return f"source:{source_id}:{place}"


def _ids(item: SourceItem | None) -> set[DocumentId]:
    return {item.document_id} if item is not None and item.document_id is not None else set()
