"""A folder with all that lies in it, walked by descriptors: no link is followed, whatever is exchanged meanwhile."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from typing_extensions import override

from service.adapters.sources.access import AccessMap, Reach, has_list
from service.errors import SourceUnreachableError
from service.ports import Blind, Found, Source, SourceSettings, Trouble
from service.ports.sourcing import SourceTroubleError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Without waiting: a pipe in the place of a file would wait for ever."""
_BYTES = "//bytes:"
"""How a path that is no UTF-8 is written; no path inside a folder begins like that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """A folder that is being walked: its descriptor, its path inside the source, whom it lets through."""

    descriptor: int
    parts: tuple[bytes, ...]
    reach: Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource(Source):
    """What lies below an opened folder. Hidden files are left out, links and special files are told as such."""

    root: int
    settings: SourceSettings
    largest: int

    @classmethod
    @contextmanager
    def at(cls, path: Path, settings: SourceSettings, *, largest: int) -> Iterator["FolderSource"]:
        """Open a folder. Raises SourceUnreachableError."""
        try:
            descriptor = os.open(path, _FOLDER)
        except OSError:
            raise SourceUnreachableError from None
        try:
            if Path(f"/proc/self/fd/{descriptor}").readlink() != path:
                raise SourceUnreachableError  # exchanged for a link since the operator's file was asked
            yield cls(root=descriptor, settings=settings, largest=largest)
        finally:
            os.close(descriptor)

    @override
    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        everybody = Reach(everybody=True, named=frozenset())
        reach = self._reach(os.fstat(self.root), f"/proc/self/fd/{self.root}", everybody)
        start = _Folder(descriptor=os.dup(self.root), parts=(), reach=reach)
        yield from self._below(start, parts_of(after) if after is not None else ())

    def _below(self, folder: _Folder, after: Sequence[bytes]) -> Iterator[Found | Blind]:
        """Yield what lies in the folder, by name, from after a path on; close it."""
        try:
            try:
                names = sorted(os.fsencode(entry.name) for entry in os.scandir(folder.descriptor))
            except OSError:
                yield Blind()
                return
            first = after[0] if after else b""
            for name in names:
                if name.startswith(b".") or name < first:
                    continue
                rest = after[1:] if name == first else ()
                if name == first and not rest and after:
                    yield from self._at(folder, name, (), again=True)
                else:
                    yield from self._at(folder, name, rest)
        finally:
            os.close(folder.descriptor)

    def _at(
        self, folder: _Folder, name: bytes, after: Sequence[bytes], *, again: bool = False
    ) -> Iterator[Found | Blind]:
        """Yield what has this name; with `again`, a file was dealt with already, and a folder took its place."""
        parts = (*folder.parts, name)
        try:
            found = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
        except OSError:
            return  # gone since the folder was listed
        path = f"/proc/self/fd/{folder.descriptor}/{os.fsdecode(name)}"
        if stat.S_ISDIR(found.st_mode):
            reach = self._reach(found, path, folder.reach)
            try:
                descriptor = os.open(name, _FOLDER, dir_fd=folder.descriptor)
            except OSError:
                yield Blind()
                return
            yield from self._below(_Folder(descriptor=descriptor, parts=parts, reach=reach), after)
        elif not again:
            yield self._found(found, path, parts, folder.reach)

    def _found(self, found: os.stat_result, path: str, parts: tuple[bytes, ...], around: Reach) -> Found:
        trouble = None
        if stat.S_ISLNK(found.st_mode):
            trouble = Trouble.SYMLINK
        elif not stat.S_ISREG(found.st_mode):
            trouble = Trouble.SPECIAL
        groups = self.settings.groups
        if self.settings.access:
            groups = AccessMap(self.settings.access).groups(self._reach(found, path, around))
        return Found(
            place=place_of(parts),
            name=parts[-1].decode("utf-8", "replace"),
            read=partial(self._read, parts),
            # The time of the last change of the file itself cannot be set back as that of its content can.
            hint=f"{found.st_size}|{found.st_mtime_ns}|{found.st_ctime_ns}",
            groups=groups,
            declared=self.settings.declared,
            trouble=trouble,
        )

    def _reach(self, found: os.stat_result, path: str, around: Reach) -> Reach:
        if not self.settings.access:
            return around
        return AccessMap(self.settings.access).reach(found, listed=has_list(path)).within(around)

    def _read(self, parts: tuple[bytes, ...]) -> bytes:
        """Return a file's content, opened part by part. Raises SourceTroubleError."""
        try:
            descriptor = self.opened(parts)
        except OSError:
            raise SourceTroubleError(Trouble.UNREADABLE) from None
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise SourceTroubleError(Trouble.SPECIAL)
            if found.st_size > self.largest:
                raise SourceTroubleError(Trouble.TOO_LARGE)
            try:
                content = file.read(self.largest + 1)
            except OSError:
                raise SourceTroubleError(Trouble.UNREADABLE) from None
        if len(content) > self.largest:
            raise SourceTroubleError(Trouble.TOO_LARGE)
        return content

    def file(self, parts: tuple[bytes, ...]) -> Found | None:
        """Return one file by its path, None where there is none that can be seen. No link is followed on the way."""
        try:
            with self._folder_of(parts) as around:
                found = os.stat(parts[-1], dir_fd=around, follow_symlinks=False)
                path = f"/proc/self/fd/{around}/{os.fsdecode(parts[-1])}"
                return self._found(found, path, parts, Reach(everybody=True, named=frozenset()))
        except OSError:
            return None

    def names(self, parts: tuple[bytes, ...]) -> list[bytes] | None:
        """Return what a folder holds, None where it cannot be listed; nothing where it is not there."""
        try:
            with self._folder_of((*parts, b"")) as folder:
                return [os.fsencode(entry.name) for entry in os.scandir(folder)]
        except FileNotFoundError:
            return []
        except OSError:
            return None

    def opened(self, parts: tuple[bytes, ...]) -> int:
        """Return the descriptor of a file. Raises OSError."""
        with self._folder_of(parts) as around:
            return os.open(parts[-1], _FILE, dir_fd=around)

    @contextmanager
    def _folder_of(self, parts: tuple[bytes, ...]) -> Iterator[int]:
        """Open the folder that something lies in, part by part. Raises OSError."""
        around = os.dup(self.root)
        try:
            for part in parts[:-1]:
                inner = os.open(part, _FOLDER, dir_fd=around)
                os.close(around)
                around = inner
            yield around
        finally:
            os.close(around)


def place_of(parts: Sequence[bytes]) -> str:
    """Return a path inside a folder as a text, whatever its bytes are."""
    path = b"/".join(parts)
    try:
        return path.decode()
    except UnicodeDecodeError:
        return f"{_BYTES}{path.hex()}"


def parts_of(place: str) -> tuple[bytes, ...]:
    """Return the parts of a path that `place_of` wrote."""
    path = bytes.fromhex(place.removeprefix(_BYTES)) if place.startswith(_BYTES) else place.encode()
    return tuple(path.split(b"/"))
