"""What becomes of one thing that was met at a source: taken in, taken in anew, left as it is, or told as a trouble."""

from dataclasses import dataclass, replace

from service.documents import Documents, Upload
from service.errors import (
    ConflictError,
    HeldError,
    InvalidRequestError,
    QuotaReachedError,
    RefusedError,
    TooLargeError,
    TooManyWaitingError,
)
from service.ports import Clock, Database, DocumentRecord, Found, JobRecord, Priority, SourceItem, Transaction, Trouble
from service.ports.sourcing import SourceTroubleError
from service.sources.placing import Places, external_id_at
from service.sources.sealed import SealedSources
from service.sources.working import Work

NO_CONTENT = frozenset({Trouble.EMPTY, Trouble.SYMLINK, Trouble.SPECIAL, Trouble.OUTSIDE, Trouble.MALFORMED})
"""There is nothing to be a document any more: what was one there counts as gone."""
_SETTLED = frozenset({Trouble.EMPTY, Trouble.TOO_LARGE, Trouble.LET_GO})
"""Troubles that last until the thing changes; every other one is looked at again."""
_NAMELESS = frozenset({Trouble.REFUSED, Trouble.LET_GO})
"""What was erased has no name here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """Where a document is added: `Documents` writes the place in the commit that adds it."""

    places: Places
    work: Work
    found: Found
    item: SourceItem | None
    external_id: str

    def before(self, transaction: Transaction) -> tuple[JobRecord, ...]:
        """Let go of what lay here, and of the external id where something elsewhere has it."""
        jobs = self.places.detach(transaction, self.work, self.item)
        self.places.make_room(transaction, self.work, self.item, self.external_id)
        return jobs

    def after(self, transaction: Transaction, record: DocumentRecord) -> None:
        """Write the place. Raises LeaseLostError."""
        self.work.hold(transaction)
        self.places.put_new(transaction, self.work, self.found, self.item, record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walking:
    """Deals with things one by one; whoever dies between two has lost nothing."""

    database: Database
    clock: Clock
    documents: Documents
    places: Places
    sealed: SealedSources

    def take(self, work: Work, found: Found, item: SourceItem | None) -> None:
        """Deal with one thing. Raises LeaseLostError, PartUnavailableError."""
        if found.until is not None and found.until <= self.clock.now().date():
            work.count("expired")
            return
        trouble = found.trouble or (None if found.groups else Trouble.UNMAPPED)
        if trouble is None and self._untouched(work, found, item):
            self._left(work, item)
            return
        content = b""
        if trouble is None:
            try:
                content = found.read()
            except SourceTroubleError as error:
                trouble = error.trouble
        if trouble is None and not content:
            trouble = Trouble.EMPTY
        if trouble is not None:
            self._troubled(work, found, item, trouble)
        else:
            self._compare(work, found, item, content)

    def _untouched(self, work: Work, found: Found, item: SourceItem | None) -> bool:
        """Whether the source itself says that nothing changed, and nothing is to be tried again."""
        if item is None or item.gone_at is not None or work.run.verify:
            return False
        hint = work.prints.hint(found)
        if hint is None or hint != item.hint or work.prints.access(found) != item.access:
            return False
        if item.trouble is None:
            return item.document_id is not None
        return item.trouble in _SETTLED or (item.trouble is Trouble.REFUSED and self._refused(work, found, item))

    def _left(self, work: Work, item: SourceItem | None) -> None:
        work.meet(item)
        trouble = item.trouble if item is not None else None
        work.count("unchanged" if trouble is None else trouble.value)

    def _compare(self, work: Work, found: Found, item: SourceItem | None, content: bytes) -> None:
        fingerprint = work.prints.content(content)
        same = item is not None and item.content == fingerprint
        if item is not None and same:
            settled = item.document_id is not None and item.access == work.prints.access(found)
            if (settled or item.trouble is Trouble.LET_GO) and self._again(work, found, item):
                return
            if item.trouble is Trouble.REFUSED and self._refused(work, found, item):
                self._troubled(work, found, item, Trouble.REFUSED, content=fingerprint)
                return
        work.meet(item)
        self._place(work, self._with_floor(work, found, item), item, content, fingerprint)

    def _again(self, work: Work, found: Found, item: SourceItem) -> bool:
        """Note that the same is there, where anything has to be noted; say whether its document still is."""
        trouble = item.trouble if item.trouble is Trouble.LET_GO else None
        noted = replace(item, hint=work.prints.hint(found), gone_at=None, trouble=trouble)
        if noted != item and not work.dry:
            with self.database.transaction(item.tenant_id) as transaction:
                gone = item.document_id and transaction.documents.get(item.document_id, lock=True) is None
                if gone:
                    return False
                work.hold(transaction)
                transaction.source_items.put(noted)
        work.meet(item)
        work.count("returned" if item.gone_at is not None else "unchanged" if trouble is None else trouble.value)
        return True

    def _with_floor(self, work: Work, found: Found, item: SourceItem | None) -> Found:
        """Return the thing with what was declared of the document that it replaces: a floor never sinks (R6)."""
        if item is None or item.document_id is None or not item.owned:
            return found
        with self.database.transaction(work.source.tenant_id) as transaction:
            before = transaction.documents.get(item.document_id)
        return found if before is None else replace(found, declared=found.declared | before.declared)

    def _place(self, work: Work, found: Found, item: SourceItem | None, content: bytes, fingerprint: str) -> None:
        try:
            if self.places.attach(work, found, item, fingerprint):
                work.count("copied")
            elif work.dry:
                self._foretell(work, found, item, fingerprint)
            else:
                self._register(work, found, item, content)
                work.count("new" if item is None or item.content is None else "changed")
        except RefusedError:
            self._troubled(work, found, item, Trouble.REFUSED, content=fingerprint)
        except HeldError:
            self._troubled(work, found, item, Trouble.HELD)
        except TooLargeError:
            self._troubled(work, found, item, Trouble.TOO_LARGE)
        except InvalidRequestError:
            self._troubled(work, found, item, Trouble.MALFORMED)
        except TooManyWaitingError:
            raise  # the run itself waits until some of them are done
        except QuotaReachedError:
            work.count("over_quota")  # tried again at the next run; what is gone makes room meanwhile
        except ConflictError:
            # Somebody hands in or erases the same at this very moment.
            work.count("postponed")

    def _register(self, work: Work, found: Found, item: SourceItem | None, content: bytes) -> None:
        external_id = found.external_id or external_id_at(work.source.id, found.place)
        upload = Upload(
            content=content,
            file_name=found.name,
            media_type=found.media_type,
            title=found.title,
            external_id=external_id,
            groups=found.groups,
            declared=found.declared,
            priority=Priority.BULK,
            placing=_At(places=self.places, work=work, found=found, item=item, external_id=external_id),
        )
        self.documents.register(work.principal, upload)

    def _foretell(self, work: Work, found: Found, item: SourceItem | None, fingerprint: str) -> None:
        """Count what a run would make of it."""
        external = work.prints.external(found.external_id or external_id_at(work.source.id, found.place))
        with self.database.transaction(work.source.tenant_id) as transaction:
            lives = transaction.documents.by_external_fingerprint(external) is not None
            against = transaction.refusals.against(content=fingerprint, external=None if lives else external)
        before = item is not None and item.content is not None
        work.count(Trouble.REFUSED.value if against else "changed" if before else "new")

    def _refused(self, work: Work, found: Found, item: SourceItem) -> bool:
        """Whether what was refused here would be refused again."""
        external = work.prints.external(found.external_id or external_id_at(work.source.id, found.place))
        with self.database.transaction(work.source.tenant_id) as transaction:
            return bool(transaction.refusals.against(content=item.content or "", external=external))

    def _troubled(
        self, work: Work, found: Found, item: SourceItem | None, trouble: Trouble, *, content: str | None = None
    ) -> None:
        """Count a trouble, and note it where it is new."""
        work.count(trouble.value)
        if item is not None and item.document_id is not None and trouble in NO_CONTENT:
            return  # not met: what was a document there counts as gone
        work.meet(item)
        if not work.dry:
            self._note(work, found, item, trouble, content)

    def _note(self, work: Work, found: Found, item: SourceItem | None, trouble: Trouble, content: str | None) -> None:
        here = item or SourceItem(
            tenant_id=work.source.tenant_id, source_id=work.source.id, place=work.prints.place(found.place), number=0
        )
        if here.document_id is not None and trouble not in {Trouble.REFUSED, Trouble.UNMAPPED}:
            # The document stays as it was, and so does what is known of it: the thing is read again next time.
            noted = replace(here, trouble=trouble, gone_at=None)
        else:
            hint, access = work.prints.hint(found), work.prints.access(found)
            noted = replace(here, trouble=trouble, hint=hint, access=access, content=content, gone_at=None)
        if noted == item:
            return
        with self.database.transaction(here.tenant_id) as transaction:
            if here.document_id is not None:
                noted = self._without_document(transaction, work, here, noted)
            work.hold(transaction)
            number = here.number or work.next_number(transaction)
            if noted.document_id is None:
                name = None if trouble in _NAMELESS else self.sealed.item_name(noted, found.place)
                noted = replace(noted, name=name, owned=False)
            transaction.source_items.put(replace(noted, number=number))

    def _without_document(
        self, transaction: Transaction, work: Work, here: SourceItem, noted: SourceItem
    ) -> SourceItem:
        """Return the place as it is once its document was dealt with, whose row this locks."""
        assert here.document_id is not None  # noqa: S101 - asked by the caller
        record = transaction.documents.get(here.document_id, lock=True)
        if record is None:
            return replace(noted, document_id=None)
        if noted.trouble is Trouble.REFUSED:
            self.places.detach(transaction, work, here)
            return replace(noted, document_id=None)
        if noted.trouble is not Trouble.UNMAPPED:
            return noted
        if self.places.heir(transaction, here, record.id) is not None or not here.owned:
            self.places.detach(transaction, work, here)
            return replace(noted, document_id=None)
        # Nobody is left who may read it there, so nobody but owners may here; SQL has the last word over the index.
        transaction.documents.update(replace(record, groups=frozenset()))
        return replace(noted, content=here.content)
