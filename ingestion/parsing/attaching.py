"""Collects what a source carries, bounded in number and size."""

import re

from ingestion.document import Attachment
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.limits import Limits

_LONGEST_NAME = 500
_UNPRINTED = re.compile("[\x00-\x1f\x7f\u0085\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Attaching:
    """Takes attachments one by one and ends as a tuple of them."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing."""
        self._limits = limits
        self._room = limits.max_attached_bytes
        self._found: list[Attachment] = []

    def add(self, name: str, content: bytes, *, media_type: str | None = None) -> None:
        """Take one. What is empty, too large, or too much together with the others, is named with a reason."""
        if not content:
            self.add_unread(name, Unreadable.EMPTY, "the file is empty")
        elif not self.fits(len(content)):
            self.add_unread(name, Unreadable.TOO_LARGE, self._too_large())
        else:
            self._room -= len(content)
            self._append(Attachment(name=_shown(name), content=content, media_type=media_type))

    def add_unread(self, name: str, reason: Unreadable, detail: str) -> None:
        """Name one that cannot be taken out."""
        self._append(Attachment(name=_shown(name), reason=reason, detail=detail))

    def fits(self, size: int) -> bool:
        """Whether so many bytes more may be taken: ask before unpacking."""
        return size <= min(self._room, self._limits.max_bytes)

    def add_too_large(self, name: str) -> None:
        """Name one that was not even unpacked."""
        self.add_unread(name, Unreadable.TOO_LARGE, self._too_large())

    @property
    def all(self) -> tuple[Attachment, ...]:
        """What was taken and what was only named, in order."""
        return tuple(self._found)

    def _append(self, attachment: Attachment) -> None:
        if len(self._found) >= self._limits.max_attachments:
            detail = f"holds more than {self._limits.max_attachments} files; hand it in as several"
            raise UnreadableError(Unreadable.TOO_MANY_ATTACHMENTS, detail)
        self._found.append(attachment)

    def _too_large(self) -> str:
        most, together = self._limits.max_bytes, self._limits.max_attached_bytes
        return f"one file may have {most} bytes, and all in one source {together} together; hand it in by itself"


def _shown(name: str) -> str:
    """Return a path with plain characters only; the end of one that is too long, where its kind stands."""
    plain = _UNPRINTED.sub("", name.replace("\\", "/")).strip().lstrip("/")
    return plain[-_LONGEST_NAME:] or "unnamed"
