"""What reviewers said of chunks, in memory."""

from typing_extensions import override

from service.adapters.memory.tables import Rows
from service.errors import NotFoundError
from service.policy.access import DocumentId
from service.ports import ReviewRecord, ReviewTable


class InMemoryReviewTable(ReviewTable):
    """The reviews."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @override
    def put(self, record: ReviewRecord) -> None:
        self._rows.admit(record.tenant_id)
        if record.document_id not in self._rows.documents:
            raise NotFoundError
        self._rows.reviews[record.document_id, record.ordinal] = record

    @override
    def of(self, document_id: DocumentId) -> tuple[ReviewRecord, ...]:
        return tuple(record for (owner, _), record in sorted(self._rows.reviews.items()) if owner == document_id)

    @override
    def clear(self, document_id: DocumentId) -> None:
        for record in self.of(document_id):
            del self._rows.reviews[document_id, record.ordinal]
