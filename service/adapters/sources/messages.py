"""Messages as documents: what they are called, and those of mbox and maildir exports."""

import hashlib
import mailbox
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

from typing_extensions import override

from service.adapters.sources.folder import FolderSource
from service.errors import SourceUnreachableError
from service.ports import Blind, Found, Source, SourceSettings, Trouble

_LONGEST_TITLE = 500
_MEDIA_TYPE = "message/rfc822"


def message(
    *,
    place: str,
    read: Callable[[], bytes],
    settings: SourceSettings,
    hint: str | None,
    title: str | None = None,
    trouble: Trouble | None = None,
) -> Found:
    """Return a message as a thing at a source, titled with its subject."""
    return Found(
        place=place,
        name="message.eml",
        read=read,
        hint=hint,
        groups=settings.groups,
        declared=settings.declared,
        title=title,
        media_type=_MEDIA_TYPE,
        trouble=trouble,
    )


def subject_of(header: bytes) -> str | None:
    """Return the subject in a message or in its header, None where it has none that can be read."""
    try:
        found = " ".join(str(message_from_bytes(header, policy=policy.default)["Subject"] or "").split())
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return None  # the standard library's header parser raises these on malformed headers
    return found.replace("\x00", "")[:_LONGEST_TITLE] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class MboxSource(Source):
    """The messages of one mbox file, known by what they hold: a file of thousands is cut anew at every export."""

    path: Path
    settings: SourceSettings
    largest: int

    @override
    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        with self._opened() as box:
            yield from following(partial(self._messages, box), after)

    @contextmanager
    def _opened(self) -> Iterator[mailbox.mbox]:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            raise SourceUnreachableError from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SourceUnreachableError
            box = mailbox.mbox(f"/proc/self/fd/{descriptor}", create=False)
            try:
                yield box
            finally:
                box.close()
        except OSError:
            raise SourceUnreachableError from None
        finally:
            os.close(descriptor)

    def _messages(self, box: mailbox.mbox) -> Iterator[Found]:
        met: Counter[str] = Counter()
        for key in box.iterkeys():
            content = box.get_bytes(key)
            digest = hashlib.sha256(content).hexdigest()
            met[digest] += 1
            yield message(
                place=f"{digest}#{met[digest]}",
                read=partial(bytes, content),
                settings=self.settings,
                hint=digest,
                title=subject_of(content),
                trouble=Trouble.TOO_LARGE if len(content) > self.largest else None,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaildirSource(Source):
    """The messages of a maildir and its folders. What is read, answered or flagged stays the same message."""

    folder: FolderSource
    settings: SourceSettings

    @override
    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        try:
            inside = sorted(entry.name for entry in os.scandir(self.folder.root) if entry.is_dir(follow_symlinks=False))
        except OSError:
            raise SourceUnreachableError from None
        if not {"cur", "new"} <= set(inside):
            raise SourceUnreachableError  # what is no maildir has not lost every message
        for name in ("", *(one for one in inside if one.startswith("."))):
            yield from self._messages(name, after)

    def _messages(self, name: str, after: str | None) -> Iterator[Found | Blind]:
        files: dict[str, tuple[bytes, ...]] = {}
        begun = tuple(after.rsplit("/", 1)) if after is not None else ("", "")
        for part in ("cur", "new"):
            path = tuple(os.fsencode(one) for one in (name, part) if one)
            listed = self.folder.names(path)
            if listed is None:
                yield Blind()
                return
            files |= {_key(one): (*path, one) for one in listed if not one.startswith(b".")}
        for key in sorted(files):
            # By folder and name apart: as one text the folders would not come in their order.
            if (name, key) > begun:
                found = self.folder.file(files[key])
                if found is not None:
                    yield message(
                        place=f"{name}/{key}",
                        read=found.read,
                        settings=self.settings,
                        hint=found.hint,
                        trouble=found.trouble,
                    )


def following(things: Callable[[], Iterable[Found]], after: str | None) -> Iterator[Found]:
    """Yield what comes after a place in an order of its own, and everything where that place is gone."""
    if after is None:
        yield from things()
        return
    going = iter(things())
    if any(found.place == after for found in going):
        yield from going
    else:
        yield from things()


def _key(name: bytes) -> str:
    """Return the name of a message without its flags."""
    return name.partition(b":")[0].decode("utf-8", "backslashreplace")
