"""A mail account over IMAP and TLS, or one mailbox of it; nothing there is changed, not even marked as read."""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from typing_extensions import override

from service.adapters.sources.messages import message, subject_of
from service.adapters.sources.register import Connection, secret
from service.errors import SourceUnreachableError
from service.ports import Blind, Found, Source, SourceSettings, Trouble
from service.ports.sourcing import SourceTroubleError

_SECONDS = 30.0
_TLS_PORT = 993
_AT_ONCE = 100
"""Messages asked about in one command."""
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>.*)')
_ABOUT = re.compile(rb"UID (\d+).*?RFC822\.SIZE (\d+)|RFC822\.SIZE (\d+).*?UID (\d+)")


@dataclass(slots=True, kw_only=True)
class ImapSource(Source):
    """The messages of the account. One never changes under its number; deleted ones count as gone."""

    connection: imaplib.IMAP4
    settings: SourceSettings
    largest: int
    _selected: str | None = field(default=None, init=False)

    @classmethod
    @contextmanager
    def at(cls, account: Connection, settings: SourceSettings, *, largest: int) -> Iterator["ImapSource"]:
        """Log in. Raises SourceUnreachableError, SettingsError where the secret cannot be read."""
        password = secret(account)
        context = ssl.create_default_context(cafile=account.ca_file)
        try:
            opened = imaplib.IMAP4_SSL(
                account.host or "", account.port or _TLS_PORT, ssl_context=context, timeout=_SECONDS
            )
        except (imaplib.IMAP4.error, OSError):
            raise SourceUnreachableError from None
        try:
            with _answering():
                opened.login(account.user or "", password)
            yield cls(connection=opened, settings=settings, largest=largest)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                opened.logout()

    @override
    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        box, validity, number = _parts(after) if after is not None else ("", "", 0)
        for name in self._mailboxes():
            if name < box:
                continue
            current = self._select(name)
            if current is None:
                yield Blind()
                continue
            going_on = name == box and current == validity
            for numbers in self._numbers(name, above=number if going_on else 0):
                yield from self._found(name, current, numbers)

    def _mailboxes(self) -> list[str]:
        """Return the mailboxes that can be read, by name: all of them, or the one that was asked for."""
        with _answering():
            _, lines = self.connection.list()
        names = [found for line in lines if line is not None and (found := _mailbox(line)) is not None]
        wanted = self.settings.within
        inside = (name for name in names if not wanted or name == wanted or name.startswith(f"{wanted}/"))
        if wanted and wanted not in names:
            raise SourceUnreachableError  # a mailbox that is not there has not lost every message
        return sorted(inside)

    def _select(self, name: str) -> str | None:
        """Open a mailbox to read; return what its numbers are valid for, None where it cannot be opened."""
        with _answering():
            kind, _ = self.connection.select(_quoted(name), readonly=True)
            self._selected = name if kind == "OK" else None
            _, validity = self.connection.response("UIDVALIDITY")
        return validity[0].decode() if kind == "OK" and validity and validity[0] else None

    def _numbers(self, name: str, *, above: int) -> Iterator[list[bytes]]:
        with _answering():
            _, told = self.connection.uid("SEARCH", f"UID {above + 1}:* UNDELETED")
        # `n:*` always names the last one, even below n.
        numbers = sorted(int(one) for line in told if line for one in line.split() if int(one) > above)
        for start in range(0, len(numbers), _AT_ONCE):
            if self._selected != name:
                self._select(name)
            yield [str(number).encode() for number in numbers[start : start + _AT_ONCE]]

    def _found(self, name: str, validity: str, numbers: Sequence[bytes]) -> Iterator[Found]:
        with _answering():
            what = "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
            _, told = self.connection.uid("FETCH", b",".join(numbers).decode(), what)
        for part in told:
            about = _ABOUT.search(part[0]) if isinstance(part, tuple) else None
            if about is None:
                continue
            number, size = (int(one) for one in (about.group(1) or about.group(4), about.group(2) or about.group(3)))
            yield message(
                place=f"{name}/{validity}/{number}",
                read=partial(self._read, name, number),
                settings=self.settings,
                hint=f"{size}",
                title=subject_of(part[1]),
                trouble=Trouble.TOO_LARGE if size > self.largest else None,
            )

    def _read(self, name: str, number: int) -> bytes:
        if self._selected != name and self._select(name) is None:
            raise SourceTroubleError(Trouble.UNREADABLE)
        with _answering():
            _, told = self.connection.uid("FETCH", str(number), "(BODY.PEEK[])")
        content = next((part[1] for part in told if isinstance(part, tuple)), None)
        if content is None:
            raise SourceTroubleError(Trouble.UNREADABLE)
        if len(content) > self.largest:
            raise SourceTroubleError(Trouble.TOO_LARGE)
        return bytes(content)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (imaplib.IMAP4.error, OSError):
        raise SourceUnreachableError from None


def _parts(place: str) -> tuple[str, str, int]:
    name, validity, number = place.rsplit("/", 2)
    return name, validity, int(number)


def _mailbox(line: bytes | tuple[bytes, bytes]) -> str | None:
    """Return the name in a line of a listing, None where nothing can be read in it."""
    head, literal = line if isinstance(line, tuple) else (line, None)
    found = _LISTED.match(head)
    if found is None or b"\\noselect" in found["flags"].lower() or b"\\nonexistent" in found["flags"].lower():
        return None
    name = literal if literal is not None else found["name"].strip()
    if literal is None and name.startswith(b'"') and name.endswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name.decode("ascii", "replace")


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
