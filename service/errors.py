"""One tree of errors. A docstring is the message a person reads; `api.problems` maps each to a status."""

from collections.abc import Iterable
from enum import StrEnum
from inspect import cleandoc
from typing import ClassVar
from uuid import UUID


class RingfenceError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str | None = None) -> None:
        """Say `detail`, or the docstring where it says enough."""
        self.detail = detail or cleandoc(type(self).__doc__ or "Something went wrong.")
        super().__init__(self.detail)

    def __init_subclass__(cls) -> None:
        """Derive the stable code from the name, unless it has one: `DocumentNotFoundError` is `document_not_found`."""
        if "code" in cls.__dict__:
            return
        name = cls.__name__.removesuffix("Error")
        cls.code = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


class SettingsError(RingfenceError):
    """A setting is wrong."""


class PartUnavailableError(RingfenceError):
    """A part of the system does not answer. Nothing was lost; try again shortly."""


class StorageFullError(PartUnavailableError):
    """The disk of a part is full: make room on it. Nothing was lost; it then goes on by itself."""


class StorageReadOnlyError(PartUnavailableError):
    """A part cannot write to its disk: make it writable. Nothing was lost; it then goes on by itself."""


class SourceUnreachableError(PartUnavailableError):
    """A source does not answer. Nothing was changed; it is walked again at its next run."""


class InvalidRequestError(RingfenceError):
    """The request cannot be understood."""


class NotAuthenticatedError(RingfenceError):
    """A valid API key is required: send it as `Authorization: Bearer …`."""


class NotPermittedError(RingfenceError):
    """The role of this API key does not permit that."""


class NotFoundError(RingfenceError):
    """There is nothing here, or nothing that this API key may see."""


class ConflictError(RingfenceError):
    """The state of the thing does not allow that now."""


class RefusedError(ConflictError):
    """This was erased on request and is not taken in again. A data owner can lift the refusal.

    `reason` says in one code what was recognised, `erased` is the id of what was erased.
    """

    def __init__(
        self, detail: str | None = None, *, reason: str = "content_erased", erased: UUID | None = None
    ) -> None:
        super().__init__(detail or "This was erased on request and is not taken in again.")
        self.reason = reason
        self.erased = erased


class RedactionFailedError(ConflictError):
    """The person could still be found in what would be left: nothing was changed. Erase the whole document instead."""


class SourceErasedError(ConflictError):
    """A document that this answer rests on was erased while it was being made. Ask again."""


class HeldError(ConflictError):
    """A legal hold covers this: it is not destroyed, replaced or changed until two people have released the hold."""

    def __init__(self, detail: str | None = None, *, matters: Iterable[UUID] = ()) -> None:
        """Name the matters by their ids alone: what they are called is nobody's business here."""
        super().__init__(detail)
        self.matters = tuple(sorted(matters))


class TooLargeError(RingfenceError):
    """The upload is larger than this server accepts."""


class QuotaReachedError(RingfenceError):
    """This tenant has as much as it may have. Nothing was taken in."""

    def __init__(self, detail: str | None = None, *, limited: str = "", limit: int = 0, current: int = 0) -> None:
        """Say what is limited, to how much, and how much of it there is."""
        super().__init__(detail)
        self.limited = limited
        self.limit = limit
        self.current = current


class TooManyWaitingError(QuotaReachedError):
    """As many documents of this tenant wait to be ingested as may. Nothing was taken in; try again later."""

    retry_after: float = 30.0


class OverloadedError(PartUnavailableError):
    """More waits for the workers than they can do soon. Nothing was taken in and nothing was lost; try again later."""

    retry_after: float = 30.0


class Failure(StrEnum):
    """The static code of how a model failed; it never holds a word of what was asked or said."""

    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    HTTP_STATUS = "http_status"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    MALFORMED = "malformed"
    BROKE_OFF = "broke_off"
    WRONG_MODEL = "wrong_model"
    WRONG_CONFIGURATION = "wrong_configuration"
    DRIFTED = "drifted"
    NOT_PINNED = "not_pinned"
    PROMPT_REFUSED = "prompt_refused"
    ANSWER_REFUSED = "answer_refused"
    TRUNCATED = "truncated"
    CIRCUIT_OPEN = "circuit_open"


BLAMELESS = frozenset({Failure.PROMPT_REFUSED, Failure.ANSWER_REFUSED, Failure.TRUNCATED})
"""Failures of one prompt, not of the backend: another prompt may well succeed."""


class ModelError(RingfenceError):
    """A model gave no usable answer.

    `how` says why in one code; `retry_after` is how many seconds to wait, where that is known.
    """

    def __init__(
        self, detail: str | None = None, *, how: Failure = Failure.UNREACHABLE, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.how = how
        self.retry_after = retry_after


class LocalModelUnavailableError(ModelError):
    """The answer must be made locally and the local model does not answer. Nothing was sent elsewhere."""


class CloudModelError(ModelError):
    """The cloud model gave no usable answer."""


class EgressRefusedError(RingfenceError):
    """The bytes about to leave are not the bytes that were permitted. Nothing was sent."""


class KeyDestroyedError(RingfenceError):
    """The key of this document was destroyed: its text can never be read again."""


class OriginalDestroyedError(RingfenceError):
    """The file that this document came from was destroyed with something that was found in it and erased."""


class DamagedError(RingfenceError):
    """A ciphertext was changed or belongs to another place: it is not readable."""


class AuditDamagedError(RingfenceError):
    """The audit log's newest checkpoint was changed, or signed with another key: nothing is added on top of it."""


class LedgerDamagedError(RingfenceError):
    """The erasure ledger was cut or changed: nothing is added to it and nothing is destroyed without it."""


class RestorePendingError(PartUnavailableError):
    """A backup was restored and what was erased since then is not erased again yet: finish `ringfence restore`."""


class RestoreIncompleteError(RingfenceError):
    """Something of the erasure ledger is still there, or a store could not be asked: the restored backup stays shut."""


class LeaseLostError(RingfenceError):
    """Another worker holds this job now, or its document is erased: this attempt may not write."""
