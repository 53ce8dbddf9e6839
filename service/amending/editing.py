"""What is changed about a document's canonical text and about what people wrote beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from service.errors import ConflictError, InvalidRequestError, RedactionFailedError
from service.ports import ChunkRecord
from service.subjects import Matcher, Subject

REDACTED = "[redacted]"
_ROUNDS = 3
"""What is cut out may bring together what was apart; what three rounds leave is not redacted."""
_READ_AS_WRITTEN = frozenset({".txt", ".md"})
_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Everything of a document that is text. The note is that of its release from quarantine."""

    text: str = field(repr=False)
    title: str = field(repr=False)
    file_name: str = field(repr=False)
    external_id: str | None = field(repr=False)
    note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a document is to say instead: all of it or, with `ordinal`, that chunk; None leaves a field as it is."""

    text: str | None = field(default=None, repr=False)
    ordinal: int | None = None
    title: str | None = field(default=None, repr=False)
    file_name: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raise InvalidRequestError for what changes nothing, or cannot be stored."""
        names = [name for name in (self.title, self.file_name) if name is not None]
        if self.text is None and (self.ordinal is not None or not names):
            message = "say what the text, the title or the file name is to be"
            raise InvalidRequestError(message)
        if (self.text is not None and not self.text.strip() and self.ordinal is None) or "\x00" in (self.text or ""):
            message = "a text has at least one character, and no NUL"
            raise InvalidRequestError(message)
        if any(not name.strip() or len(name) > _LONGEST_NAME or "\x00" in name for name in names):
            message = f"title and file name have 1 to {_LONGEST_NAME:,} characters"
            raise InvalidRequestError(message)


def redacted(wording: Wording, subject: Subject) -> tuple[Wording, int]:
    """Return the wording without the person, and in how many places they were.

    What may be the person, such as a family name alone, goes too. An external id that names them is dropped: it has
    to stay what it was, or not at all. Raises ConflictError where the person is in no place, RedactionFailedError.
    """
    matcher = Matcher(subject)
    places = 0

    def cut(text: str) -> str:
        nonlocal places
        for _ in range(_ROUNDS):
            matches = matcher.matches(text)
            if not matches:
                return text
            places += len(matches)
            ends = (0, *(match.end for match in matches))
            kept = [text[end : match.start] for end, match in zip(ends, matches, strict=False)]
            text = REDACTED.join((*kept, text[ends[-1] :]))
        return text

    external = wording.external_id
    if external is not None and matcher.matches(external):
        external, places = None, places + 1
    done = Wording(
        text=cut(wording.text),
        title=cut(wording.title),
        file_name=cut(wording.file_name),
        external_id=external,
        note=cut(wording.note) if wording.note is not None else None,
    )
    if not places:
        message = "The document does not name this person: there is nothing to redact."
        raise ConflictError(message)
    checked(done, matcher)
    return done, places


def checked(wording: Wording, matcher: Matcher) -> None:
    """Raise RedactionFailedError where the person can still be found, for certain or not."""
    told = (wording.text, wording.title, wording.file_name, wording.external_id or "", wording.note or "")
    if any(matcher.matches(text) for text in told):
        raise RedactionFailedError


def corrected(wording: Wording, correction: Correction, chunk: Callable[[int], tuple[ChunkRecord, str]]) -> Wording:
    """Return the wording as it is to be; `chunk` gives a chunk by its ordinal, with its stored text.

    Raises ConflictError where that chunk is not what the original says there now: another version of the parser reads
    it in another way, and the correction would land elsewhere.
    """
    text = wording.text
    if correction.text is not None and correction.ordinal is not None:
        record, stored = chunk(correction.ordinal)
        if text[record.start : record.end] != stored:
            message = "The original reads differently by now: put the whole text right instead of one chunk."
            raise ConflictError(message)
        text = text[: record.start] + correction.text + text[record.end :]
    elif correction.text is not None:
        text = correction.text
    if not text.strip():
        message = "Nothing would be left of the document: erase it instead."
        raise ConflictError(message)
    title, name = correction.title or wording.title, correction.file_name or wording.file_name
    return replace(wording, text=text, title=title, file_name=name)


def as_text(file_name: str) -> str:
    """Return the name under which the text of a file is read as it is written: `report.pdf` is `report.txt`."""
    path = PurePath(file_name)
    return file_name if path.suffix.lower() in _READ_AS_WRITTEN else f"{path.stem or file_name}.txt"
