"""A job on its way through ingestion."""

from dataclasses import dataclass

from ingestion.document import Document
from service.ports import DocumentRecord, JobRecord
from service.sealing import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job whose document was read. `refused`: something in it was erased before, and its original is not kept."""

    job: JobRecord
    record: DocumentRecord
    key: Key
    document: Document
    title: str
    file_name: str
    refused: bool = False
