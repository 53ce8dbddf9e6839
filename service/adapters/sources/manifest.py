"""A list of files, a JSON object a line: where each lies, what it is called elsewhere, who may see it, until when."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct
from typing_extensions import override

from ingestion.sensitivity import Category
from service.adapters.sources.folder import FolderSource
from service.adapters.sources.messages import following
from service.errors import SourceUnreachableError
from service.ports import Blind, Found, Source, SourceSettings, Trouble

_LONGEST_LINE = 65_536
_Text = Annotated[str, Meta(min_length=1, max_length=1_000)]


class Line(Struct, kw_only=True, forbid_unknown_fields=True):
    """One line. `uri` is a path below the list's folder, or `file:` and such a path."""

    uri: Annotated[str, Meta(min_length=1, max_length=4_000)]
    external_id: _Text | None = None
    groups: list[_Text] = []
    declared: list[Category] = []
    keep_until: date | None = None
    title: _Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestSource(Source):
    """The files that a list names, below the folder that the list lies in. Two lines about one file: the first."""

    folder: FolderSource
    path: Path
    settings: SourceSettings

    @override
    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        yield from following(self._things, after)

    def _things(self) -> Iterator[Found]:
        met = set[bytes]()
        for line in self._lines():
            if not line.strip():
                continue
            found = self._found(line)
            mark = hashlib.blake2b(found.place.encode(), digest_size=8).digest()
            if mark in met:
                found = self._malformed(line)
            met.add(mark)
            yield found

    def _lines(self) -> Iterator[bytes]:
        try:
            descriptor = self.folder.opened((os.fsencode(self.path.name),))
        except OSError:
            raise SourceUnreachableError from None
        with os.fdopen(descriptor, "rb") as file:
            while line := file.readline(_LONGEST_LINE):
                yield line

    def _found(self, line: bytes) -> Found:
        try:
            told = msgspec.json.decode(line, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._malformed(line)
        parts = self._parts(told.uri)
        lies = self.folder.file(parts) if parts is not None else None
        found = lies or Found(place=told.uri, name=told.uri.rpartition("/")[2] or "file", read=lambda: b"")
        trouble = Trouble.OUTSIDE if parts is None else Trouble.UNREADABLE if lies is None else found.trouble
        return replace(
            found,
            place=told.uri,
            external_id=told.external_id,
            groups=frozenset(told.groups) or self.settings.groups,
            declared=self.settings.declared | frozenset(told.declared),
            title=told.title,
            until=told.keep_until,
            trouble=trouble,
        )

    def _parts(self, uri: str) -> tuple[bytes, ...] | None:
        """Return the path below the list's folder, None where it leads elsewhere."""
        address = urlsplit(uri)
        if address.scheme not in {"", "file"} or (address.scheme and address.netloc not in {"", "localhost"}):
            return None
        path = Path(unquote(address.path) if address.scheme else uri)
        if path.is_absolute():
            if not path.is_relative_to(self.path.parent):
                return None
            path = path.relative_to(self.path.parent)
        parts = path.parts
        return None if not parts or ".." in parts or "\x00" in uri else tuple(map(os.fsencode, parts))

    @staticmethod
    def _malformed(line: bytes) -> Found:
        digest = hashlib.sha256(line).hexdigest()[:16]
        return Found(
            place=f"//line:{digest}", name="line", read=lambda: b"", groups=frozenset(), trouble=Trouble.MALFORMED
        )
