"""Receipts in PostgreSQL: inserted and read, never changed."""

from uuid import UUID

from sqlalchemy import insert, select, tuple_
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import receipts
from service.errors import NotFoundError
from service.ports.receipting import ReceiptId, ReceiptRecord, ReceiptTable


class SqlReceiptTable(ReceiptTable):
    """The receipts of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def add(self, record: ReceiptRecord) -> None:
        self._session.run(insert(receipts).values(row_of(record)))

    @override
    def get(self, receipt_id: ReceiptId) -> ReceiptRecord | None:
        return self._session.one(select(receipts).where(receipts.c.id == receipt_id), ReceiptRecord)

    @override
    def page(
        self, *, limit: int, after: ReceiptId | None = None, about: UUID | None = None
    ) -> tuple[ReceiptRecord, ...]:
        age = tuple_(receipts.c.issued_at, receipts.c.id)
        found = select(receipts) if about is None else select(receipts).where(receipts.c.about == about)
        if after is not None:
            last = self.get(after)
            if last is None or about not in {None, last.about}:
                raise NotFoundError
            found = found.where(age < tuple_(last.issued_at, last.id))
        newest_first = found.order_by(receipts.c.issued_at.desc(), receipts.c.id.desc())
        return self._session.many(newest_first.limit(limit), ReceiptRecord)
