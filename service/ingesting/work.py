"""A job on its way through ingestion."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.document import Chunk, Document
from ingestion.pipeline import LabelledChunk
from service.ports import DocumentRecord, JobRecord
from service.sealing import Key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """A job whose document was read and cut into chunks.

    `refused`: something in it was erased before, and its original is not kept.
    """

    job: JobRecord
    record: DocumentRecord
    key: Key
    document: Document
    title: str
    file_name: str
    chunks: tuple[Chunk, ...]
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """A document that only has to be written."""

    work: Work
    chunks: Sequence[LabelledChunk]
