"""What goes over the wire about documents that read like instructions to a model, version 1."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from service.ports import ReleaseReason


class SuspectBody(Struct, kw_only=True):
    """A chunk that reads like instructions to a model: a score from 0 to 1 and the names of the cues."""

    ordinal: int
    score: float
    cues: list[str]


class InjectionBody(Struct, kw_only=True):
    """How much a document reads like instructions to a model; `chunks` are the worst of it."""

    score: float
    cues: list[str]
    chunks: list[SuspectBody]


class ReleaseBody(Struct, kw_only=True):
    """Who released a document from quarantine, when and why."""

    at: datetime
    by: UUID
    reason: ReleaseReason
    note: str | None


class ReleaseRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a document is released from quarantine. The note is kept as ciphertext and goes with the document."""

    reason: ReleaseReason
    note: Annotated[str, Meta(max_length=2_000)] | None = None
