"""Why a job ended without a result: every stable code there is, in plain words, and what to do next (R60)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ingestion.errors import Unreadable


class Setback(StrEnum):
    """Codes of what is not the document's own fault. Those of documents that cannot be read are `Unreadable`."""

    ORIGINAL_DAMAGED = "original_damaged"
    ORIGINAL_MISSING = "original_missing"
    ORIGINAL_DESTROYED = "original_destroyed"
    TEXT_DAMAGED = "text_damaged"
    KEY_DESTROYED = "key_destroyed"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    CANCELLED = "cancelled"
    ERASED = "erased"
    SUPERSEDED = "superseded"
    PART_UNAVAILABLE = "part_unavailable"
    WORKER_LOST = "worker_lost"
    UNEXPECTED = "unexpected"


class Remedy(StrEnum):
    """Who or what gets a job over it."""

    ITSELF = "itself"
    """It is tried again by itself, later each time."""
    RETRY = "retry"
    """Somebody mends the cause and then retries it."""
    REPLACE = "replace"
    """Only another file helps."""
    NONE = "none"
    """There is nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A code with what it says to a person, and what that person does next."""

    code: str
    meaning: str
    advice: str
    remedy: Remedy


_TABLE: Mapping[Unreadable | Setback, tuple[Remedy, str, str]] = {
    Unreadable.UNSUPPORTED_TYPE: (
        Remedy.REPLACE,
        "The file is of a kind that is not read here.",
        "Save it as one of the formats listed in docs/ingestion.md and hand that in.",
    ),
    Unreadable.TOO_LARGE: (
        Remedy.REPLACE,
        "The file, or what it unpacks to, is larger than a parser may take in; a zip bomb ends like this.",
        "Split it, or raise the limit and retry, if you trust where it comes from.",
    ),
    Unreadable.TOO_MANY_PAGES: (
        Remedy.REPLACE,
        "The document has more pages, sheets or parts than are read.",
        "Split it, or raise the limit and retry.",
    ),
    Unreadable.TOO_MUCH_TEXT: (
        Remedy.REPLACE,
        "The document holds more text than is kept of one document.",
        "Split it, or raise the limit and retry.",
    ),
    Unreadable.ENCRYPTED: (
        Remedy.REPLACE,
        "The file asks for a password.",
        "Save it without the password and hand that in.",
    ),
    Unreadable.EMPTY: (
        Remedy.REPLACE,
        "There is no text in it: a scan perhaps, or an empty file.",
        "Where it is a scan, hand in a version with its text recognised; otherwise there is nothing to do.",
    ),
    Unreadable.NESTED_TOO_DEEP: (
        Remedy.REPLACE,
        "It lies in archives or messages inside others, deeper than they are taken apart.",
        "Hand it in by itself, or raise `nesting_depth` and retry.",
    ),
    Unreadable.TOO_MANY_ATTACHMENTS: (
        Remedy.REPLACE,
        "The archive or message holds more files, or more bytes of them, than are taken out of one.",
        "Hand it in as several, or raise the limit and retry, if you trust where it comes from.",
    ),
    Unreadable.OCR_UNAVAILABLE: (
        Remedy.RETRY,
        "It holds pictures of text, and nothing on this machine recognises text in pictures.",
        "Install the recognition that docs/ingestion.md names on every machine with workers, then retry all of them.",
    ),
    Unreadable.DAMAGED: (
        Remedy.REPLACE,
        "The file is cut short, or does not keep to its own format.",
        "Open it in the program that made it, save it anew and hand that in.",
    ),
    Unreadable.TIMED_OUT: (
        Remedy.RETRY,
        "Reading it took longer than a file may take.",
        "Retry it when the machine is less busy; a file that times out again is built to, or needs a higher limit.",
    ),
    Unreadable.OUT_OF_MEMORY: (
        Remedy.RETRY,
        "Reading it took more memory than a file may take.",
        "Raise the limit and retry, if you trust where it comes from; otherwise leave it.",
    ),
    Unreadable.CRASHED: (
        Remedy.RETRY,
        "The parser broke down over this file; the worker did not.",
        "Retry once. If it happens again the file is built to, or there is a defect in the parser: report it.",
    ),
    Setback.ORIGINAL_DAMAGED: (
        Remedy.REPLACE,
        "The stored original was changed where it is kept, so it cannot be opened.",
        "Look into who or what writes to the store of originals, then hand the file in again.",
    ),
    Setback.ORIGINAL_MISSING: (
        Remedy.REPLACE,
        "The stored original, or its key, is not there any more, though the document is.",
        "Look into the store of originals and the key store: did a restore leave one out? Then hand the file in again.",
    ),
    Setback.ORIGINAL_DESTROYED: (
        Remedy.REPLACE,
        "Something that was found in this archive or message was erased, and the stored file, which held it, with it.",
        "Nothing: its files are documents of their own. To read it anew, hand it in without what was erased.",
    ),
    Setback.TEXT_DAMAGED: (
        Remedy.REPLACE,
        "The stored text was changed where it is kept, so it cannot be opened.",
        "Look into who or what writes to the database, then hand the file in again.",
    ),
    Setback.KEY_DESTROYED: (
        Remedy.NONE,
        "The key of this document is gone: its text cannot be read any more.",
        "Nothing, where it was erased. Otherwise look into the key store and hand the file in again.",
    ),
    Setback.ATTEMPTS_EXHAUSTED: (
        Remedy.RETRY,
        "It was tried as often as allowed, and every attempt died or broke off.",
        "`setback` says what ended the last one: mend that and retry. A file that does it alone is poisoned: erase it.",
    ),
    Setback.CANCELLED: (
        Remedy.RETRY,
        "Somebody cancelled it.",
        "Retry it if it is wanted after all; otherwise erase the document.",
    ),
    Setback.ERASED: (
        Remedy.NONE,
        "The document was erased before the job was done.",
        "Nothing: what is erased does not come back.",
    ),
    Setback.SUPERSEDED: (
        Remedy.NONE,
        "The document was read in anew while the job ran, so its result would have been of yesterday.",
        "Nothing: a newer job does it.",
    ),
    Setback.PART_UNAVAILABLE: (
        Remedy.ITSELF,
        "A part of the system did not answer. The attempt does not count.",
        "Nothing for the job: it goes on by itself. `ringfence status` says which part is down.",
    ),
    Setback.WORKER_LOST: (
        Remedy.ITSELF,
        "The worker died, or lost the database, while it held the job.",
        "Nothing for the job: another worker takes it. Many of these point to too little memory.",
    ),
    Setback.UNEXPECTED: (
        Remedy.ITSELF,
        "Something broke that should not have.",
        "Nothing for the job: it is tried again. The workers' log says where it broke (`task_failed`).",
    ),
}
REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        code.value: Reason(code=code.value, meaning=meaning, advice=advice, remedy=remedy)
        for code, (remedy, meaning, advice) in _TABLE.items()
    }
)
"""Every code that a job or a failed document may carry."""


def reason_of(code: str) -> Reason:
    """Return what a code means. One of another version of the product is not known, and is said to be so."""
    unknown = Reason(
        code=code,
        meaning="This version does not know the code.",
        advice="Look it up in the documentation of the version that wrote it, or retry.",
        remedy=Remedy.RETRY,
    )
    return REASONS.get(code, unknown)
