"""Outlook messages (.msg): who, when, about what, the best body, and the names of what was attached.

The properties and their numbers are those of [MS-OXMSG] and [MS-OXPROPS], published by Microsoft.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice

import olefile

from ingestion.document import Attachment, Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import hypertext, rtf
from ingestion.parsing.attaching import Attaching
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.encoding import decoded
from ingestion.parsing.limits import Limits
from ingestion.parsing.lzfu import decompressed

MEDIA_TYPE = "application/vnd.ms-outlook"
PROPERTIES = "__properties_version1.0"
_MOST_RECIPIENTS = 5_000
_STRING, _BYTE_STRING, _BINARY = 0x001F, 0x001E, 0x0102
_SUBJECT, _BODY, _HTML, _RTF = 0x0037, 0x1000, 0x1013, 0x1009
_SENDER_NAME, _SENDER_ADDRESSES = 0x0C1A, (0x5D01, 0x0C1F)
_DATES = (0x0039, 0x0E06)
_CODE_PAGES = (0x3FFD, 0x3FDE)
_RECIPIENT_KIND, _NAME, _ADDRESSES = 0x0C15, 0x3001, (0x39FE, 0x3003)
_FILE_NAMES = (0x3707, 0x3704, 0x3001)
_DATA = 0x3701
_INSIDE = "a message or an object inside an Outlook message; save it as a file of its own"
_KINDS = {1: "To", 2: "Cc", 3: "Bcc"}
_ENTRY = struct.Struct("<HHI8s")
_HEADERS = {"": 32, "__recip": 8, "__attach": 8}
_FIRST_SPECIAL = 0xFFFFFFFA
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def read(content: bytes, limits: Limits) -> Document:
    """Parse an Outlook message as one page, titled with its subject."""
    with olefile.OleFileIO(BytesIO(content)) as file:
        file.loadminifat()
        if _loops(file.fat) or _loops(file.minifat):
            raise UnreadableError(Unreadable.DAMAGED, "parts of the file run into each other")
        message = _Message(file, len(content), limits)
        text = CanonicalText(limits)
        text.add_page(message.lines())
        document = text.document(media_type=MEDIA_TYPE, title=message.text("", _SUBJECT) or None)
        return replace(document, attachments=message.attached())


def _loops(table: Sequence[int]) -> bool:
    """Whether two blocks say that the same one follows them: a loop, or text that belongs to two streams."""
    following = [block for block in table if block < _FIRST_SPECIAL]
    return len(set(following)) < len(following)


class _Message:
    """Reads single properties of a message and of what it holds; a missing one is empty."""

    def __init__(self, file: olefile.OleFileIO, size: int, limits: Limits) -> None:
        self._file = file
        self._size = size
        self._limits = limits
        self._folders = list(dict.fromkeys(path[0] for path in file.listdir(streams=True) if len(path) > 1))
        fixed = self._fixed("")
        pages = [int.from_bytes(fixed[one][:4], "little") for one in _CODE_PAGES if one in fixed]
        self._encoding = next((f"cp{page}" for page in pages if page not in {0, 65001}), "utf-8")
        self._fixed_of_message = fixed

    def lines(self) -> Iterator[str]:
        sender = self._person("", _SENDER_NAME, _SENDER_ADDRESSES)
        if sender:
            yield f"From: {sender}"
        yield from self._recipients()
        date = self._date()
        if date:
            yield f"Date: {date}"
        subject = self.text("", _SUBJECT)
        if subject:
            yield f"Subject: {' '.join(subject.split())}"
        names = [self._first(folder, _FILE_NAMES) or "a message" for folder in self._folders_of("__attach")]
        if names:
            yield f"Attachments: {', '.join(names)}"
        yield ""
        yield self._body()

    def attached(self) -> tuple[Attachment, ...]:
        """Return the files that the message carries; one that is itself an Outlook message is only named."""
        found = Attaching(self._limits)
        for folder in self._folders_of("__attach"):
            name = self._first(folder, _FILE_NAMES)
            content = self._stream(folder, _DATA, _BINARY)
            if content is None:
                found.add_unread(name or "a message", Unreadable.UNSUPPORTED_TYPE, _INSIDE)
            else:
                found.add(name, content)
        return found.all

    def text(self, folder: str, number: int) -> str:
        wide = self._stream(folder, number, _STRING)
        if wide is not None:
            return wide.decode("utf-16-le", errors="replace").rstrip("\x00")
        return self._decoded(self._stream(folder, number, _BYTE_STRING) or b"").rstrip("\x00")

    def _body(self) -> str:
        plain = self.text("", _BODY)
        if plain.strip():
            return plain
        html = self.text("", _HTML) or self._decoded(self._stream("", _HTML, _BINARY) or b"")
        if html.strip():
            return hypertext.visible_text(html, self._limits)
        packed = self._stream("", _RTF, _BINARY)
        return rtf.text_of(decompressed(packed, self._limits), self._limits) if packed else ""

    def _recipients(self) -> Iterator[str]:
        found: dict[str, list[str]] = {kind: [] for kind in _KINDS.values()}
        for folder in self._folders_of("__recip"):
            kind = int.from_bytes(self._fixed(folder).get(_RECIPIENT_KIND, b"\x01")[:4], "little")
            found[_KINDS.get(kind, "To")].append(self._person(folder, _NAME, _ADDRESSES))
        for heading, people in found.items():
            if any(people):
                yield f"{heading}: {', '.join(filter(None, people))}"

    def _person(self, folder: str, name: int, addresses: tuple[int, ...]) -> str:
        shown = " ".join(self.text(folder, name).split())
        address = next((one for one in (self.text(folder, number) for number in addresses) if "@" in one), "")
        return f"{shown} <{address}>" if shown and address not in {"", shown} else shown or address

    def _first(self, folder: str, numbers: tuple[int, ...]) -> str:
        return next(filter(None, (self.text(folder, number) for number in numbers)), "")

    def _date(self) -> str | None:
        raw = next((self._fixed_of_message[one] for one in _DATES if one in self._fixed_of_message), None)
        if raw is None:
            return None
        try:
            when = _EPOCH + timedelta(microseconds=int.from_bytes(raw, "little") // 10)
        except OverflowError:
            return None
        return when.isoformat(sep=" ", timespec="seconds")

    def _folders_of(self, kind: str) -> Iterator[str]:
        return islice((one for one in self._folders if one.startswith(kind)), _MOST_RECIPIENTS)

    def _stream(self, folder: str, number: int, kind: int) -> bytes | None:
        path = f"{folder}/__substg1.0_{number:04X}{kind:04X}".lstrip("/")
        return self._bytes(path) if self._file.exists(path) else None

    def _fixed(self, folder: str) -> dict[int, bytes]:
        """Return the properties of fixed size: eight bytes by number."""
        path = f"{folder}/{PROPERTIES}".lstrip("/")
        if not self._file.exists(path):
            return {}
        table = self._bytes(path)[_HEADERS[folder.partition("_version")[0]] :]
        whole = table[: len(table) - len(table) % _ENTRY.size]
        return {number: value for _, number, _, value in _ENTRY.iter_unpack(whole)}

    def _bytes(self, path: str) -> bytes:
        """Return a stream. Raises UnreadableError for one that says it is larger than its file: it loops."""
        if self._file.get_size(path) > self._size:
            raise UnreadableError(Unreadable.DAMAGED, "a part says it is larger than the whole file")
        with self._file.openstream(path) as stream:
            return bytes(stream.read())

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode(self._encoding)
        except (LookupError, UnicodeDecodeError):
            return decoded(raw) if raw.strip() else ""
