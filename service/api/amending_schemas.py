"""What goes over the wire about amended documents."""

from typing import Annotated

from msgspec import Meta, Struct

from service.amending import Correction
from service.api.job_schemas import JobBody
from service.api.schemas import DocumentBody


class RectifyRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """What it is to say: `text` is all of it or, with `chunk`, that chunk. What is left out stays as it is."""

    text: Annotated[str, Meta(max_length=5_000_000)] | None = None
    chunk: Annotated[int, Meta(ge=0)] | None = None
    title: str | None = None
    file_name: str | None = None

    def correction(self) -> Correction:
        """Return the correction. Raises InvalidRequestError."""
        return Correction(text=self.text, ordinal=self.chunk, title=self.title, file_name=self.file_name)


class AmendedBody(Struct, kw_only=True):
    """The new version, the job that ingests it, and the job that destroys the old one."""

    document: DocumentBody
    job: JobBody
    erasing: JobBody
