"""What reviewers said of chunks, in PostgreSQL."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from typing_extensions import override

from service.adapters.database.rows import row_of
from service.adapters.database.session import Session
from service.adapters.database.tables import reviews
from service.policy.access import DocumentId
from service.ports import ReviewRecord, ReviewTable


class SqlReviewTable(ReviewTable):
    """The reviews of the session's tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    def put(self, record: ReviewRecord) -> None:
        row = row_of(record)
        place = [reviews.c.document_id, reviews.c.ordinal]
        self._session.run(upsert(reviews).values(row).on_conflict_do_update(index_elements=place, set_=row))

    @override
    def of(self, document_id: DocumentId) -> tuple[ReviewRecord, ...]:
        found = select(reviews).where(reviews.c.document_id == document_id).order_by(reviews.c.ordinal)
        return self._session.many(found, ReviewRecord)

    @override
    def clear(self, document_id: DocumentId) -> None:
        self._session.run(delete(reviews).where(reviews.c.document_id == document_id))
