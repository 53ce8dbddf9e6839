"""The promises of a source, kept by the twin and by every real one (R60)."""

import mailbox
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from service.adapters.memory.sources import InMemorySourceOpener
from service.adapters.sources import AllowedSources, TomlSourceRegister
from service.errors import InvalidRequestError, SourceUnreachableError
from service.ports import Blind, Found, Source, SourceKind, SourceOpener, SourceSettings, Trouble
from service.ports.sourcing import SourceTroubleError
from tests.servers.imap import PASSWORD, USER, ImapStandIn, imap
from tests.servers.s3 import S3StandIn, s3

__all__ = ["imap", "s3"]

LARGEST = 10_000


def a_mail(text: str) -> bytes:
    """Return a message."""
    made = EmailMessage()
    made["Subject"] = f"About {text}"
    made["From"] = "a@example.org"
    made.set_content(text)
    return made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


class Place(Protocol):
    """A source in a test: what can be put there, and how it is opened."""

    kind: SourceKind
    changes: bool

    def put(self, name: str, text: str) -> None:
        """Let something lie there."""

    def remove(self, name: str) -> None:
        """Let it be gone."""

    def away(self) -> None:
        """Let the whole source be gone."""

    def opener(self) -> SourceOpener:
        """Return what opens it."""

    def settings(self) -> SourceSettings:
        """Return where it lies."""


def opened(place: Place) -> AbstractContextManager[Source]:
    """Open it as the tenant that may."""
    return place.opener().opened("acme", place.kind, place.settings())


def register(folder: Path, text: str) -> AllowedSources:
    """Return what opens sources within an operator's file."""
    path = folder / "sources.toml"
    path.write_text(text)
    return AllowedSources(TomlSourceRegister(path), largest=LARGEST)


@dataclass(slots=True)
class OfTwin:
    """The twin."""

    folder: Path
    twin: InMemorySourceOpener = field(default_factory=InMemorySourceOpener)
    kind: SourceKind = SourceKind.FOLDER
    changes: bool = True

    def _source(self) -> None:
        with self.twin.opened("acme", self.kind, self.settings()):
            pass

    def put(self, name: str, text: str) -> None:
        self._source()
        self.twin.sources["share"].largest = LARGEST
        self.twin.sources["share"].put(name, text.encode())

    def remove(self, name: str) -> None:
        self.twin.sources["share"].remove(name)

    def away(self) -> None:
        self.twin.unreachable.add("share")

    def opener(self) -> SourceOpener:
        self.twin.allowed = {"acme": {"share"}}
        return self.twin

    def settings(self) -> SourceSettings:
        return SourceSettings(location="share", groups=frozenset({"staff"}))


@dataclass(slots=True)
class OfFolder:
    """A folder below an allowed one."""

    folder: Path
    kind: SourceKind = SourceKind.FOLDER
    changes: bool = True

    def __post_init__(self) -> None:
        self.share.mkdir()

    @property
    def share(self) -> Path:
        """Return the folder of the source."""
        return self.folder / "share"

    def put(self, name: str, text: str) -> None:
        (self.share / name).parent.mkdir(parents=True, exist_ok=True)
        (self.share / name).write_text(text)

    def remove(self, name: str) -> None:
        (self.share / name).unlink()

    def away(self) -> None:
        self.share.rename(self.folder / "elsewhere")

    def opener(self) -> SourceOpener:
        return register(self.folder, f'[[root]]\npath = "{self.folder}"\ntenants = ["acme"]\n')

    def settings(self) -> SourceSettings:
        return SourceSettings(location=str(self.share), groups=frozenset({"staff"}))


@dataclass(slots=True)
class OfManifest(OfFolder):
    """A list beside its files."""

    kind: SourceKind = SourceKind.MANIFEST
    lines: dict[str, dict[str, object]] = field(default_factory=dict)

    def put(self, name: str, text: str) -> None:
        OfFolder.put(self, name, text)
        self.lines[name] = {"uri": name, "groups": ["staff"]}
        self._write()

    def remove(self, name: str) -> None:
        OfFolder.remove(self, name)
        del self.lines[name]
        self._write()

    def _write(self) -> None:
        written = b"\n".join(msgspec.json.encode(line) for line in self.lines.values())
        (self.share / "list.jsonl").write_bytes(written + b"\n")

    def settings(self) -> SourceSettings:
        return SourceSettings(location=str(self.share / "list.jsonl"))


@dataclass(slots=True)
class OfMaildir(OfFolder):
    """A maildir with a folder."""

    kind: SourceKind = SourceKind.MAILDIR
    changes: bool = False
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mailbox.Maildir(self.share, create=True).add_folder("Sent").close()

    def put(self, name: str, text: str) -> None:
        box = mailbox.Maildir(self.share)
        folder = "Sent" if name.startswith("sub/") else ""
        self.keys[name] = (folder, (box.get_folder(folder) if folder else box).add(a_mail(text)))

    def remove(self, name: str) -> None:
        folder, key = self.keys.pop(name)
        box = mailbox.Maildir(self.share)
        (box.get_folder(folder) if folder else box).remove(key)


@dataclass(slots=True)
class OfMbox(OfFolder):
    """An export of one mailbox."""

    kind: SourceKind = SourceKind.MBOX
    changes: bool = False
    mails: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, text: str) -> None:
        self.mails[name] = a_mail(text)
        self._write()

    def remove(self, name: str) -> None:
        del self.mails[name]
        self._write()

    def _write(self) -> None:
        (self.share / "all.mbox").unlink(missing_ok=True)
        box = mailbox.mbox(self.share / "all.mbox")
        for content in self.mails.values():
            box.add(content)
        box.close()

    def settings(self) -> SourceSettings:
        return SourceSettings(location=str(self.share / "all.mbox"), groups=frozenset({"staff"}))


@dataclass(slots=True)
class OfBucket:
    """A part of a bucket."""

    folder: Path
    bucket: S3StandIn
    kind: SourceKind = SourceKind.S3
    changes: bool = True

    def put(self, name: str, text: str) -> None:
        self.bucket.objects[f"in/{name}"] = text.encode()

    def remove(self, name: str) -> None:
        del self.bucket.objects[f"in/{name}"]

    def away(self) -> None:
        self.bucket.refuses = True

    def opener(self) -> SourceOpener:
        secret = self.folder / "secret"
        secret.write_text("for-tests\n")
        secret.chmod(0o600)
        lines = ["[[connection]]", 'name = "docs"', 'kind = "s3"', 'tenants = ["acme"]', 'bucket = "originals"']
        lines += [f'url = "{os.environ["AWS_ENDPOINT_URL"]}"', 'access_key = "for-tests"', f'secret_file = "{secret}"']
        return register(self.folder, "\n".join(lines))

    def settings(self) -> SourceSettings:
        return SourceSettings(location="docs", within="in", groups=frozenset({"staff"}))


@dataclass(slots=True)
class OfImap:
    """A mail account."""

    folder: Path
    account: ImapStandIn
    kind: SourceKind = SourceKind.IMAP
    changes: bool = False
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)

    def put(self, name: str, text: str) -> None:
        box = "Sent mail" if name.startswith("sub/") else "INBOX"
        self.numbers[name] = (box, self.account.deliver(a_mail(text), box))

    def remove(self, name: str) -> None:
        box, number = self.numbers.pop(name)
        self.account.boxes[box].deleted.add(number)

    def away(self) -> None:
        self.account.port = 1

    def opener(self) -> SourceOpener:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        lines = ["[[connection]]", 'name = "mail"', 'kind = "imap"', 'tenants = ["acme"]', 'host = "127.0.0.1"']
        lines += [f"port = {self.account.port}", f'user = "{USER}"', f'secret_file = "{secret}"']
        return register(self.folder, "\n".join([*lines, f'ca_file = "{self.account.ca_file}"']))

    def settings(self) -> SourceSettings:
        return SourceSettings(location="mail", groups=frozenset({"staff"}))


@pytest.fixture(params=["twin", "folder", "manifest", "maildir", "mbox", "bucket", "imap"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Yield the twin, then every real source."""
    of_folder = {"twin": OfTwin, "folder": OfFolder, "manifest": OfManifest, "maildir": OfMaildir, "mbox": OfMbox}
    if request.param in of_folder:
        yield of_folder[request.param](tmp_path)
    elif request.param == "bucket":
        yield OfBucket(tmp_path, request.getfixturevalue("s3"))
    else:
        yield OfImap(tmp_path, request.getfixturevalue("imap"))


NAMES = ("a.txt", "b.txt", "sub/c.txt", "sub/d.txt")


@pytest.fixture
def filled(place: Place) -> Place:
    """Return the source with four things."""
    for name in NAMES:
        place.put(name, f"The text of {name}.")
    return place


def walked(source: Source, *, after: str | None = None) -> list[Found]:
    """Return everything that a walk meets, all of it to be seen."""
    met = list(source.walk(after=after))
    assert not any(isinstance(one, Blind) for one in met)
    return [one for one in met if isinstance(one, Found)]


def test_a_walk_meets_everything_once_and_reads_it(filled: Place) -> None:
    with opened(filled) as source:
        found = walked(source)
        assert len({one.place for one in found}) == len(found) == 4
        contents = [one.read() for one in found]
    assert all(sum(f"The text of {name}.".encode() in content for content in contents) == 1 for name in NAMES)
    assert {one.groups for one in found} == {frozenset({"staff"})}
    assert all(one.trouble is None and one.name for one in found)


def test_places_and_hints_are_the_same_at_every_walk_while_nothing_changes(filled: Place) -> None:
    with opened(filled) as source:
        first = [(one.place, one.hint) for one in walked(source)]
    with opened(filled) as source:
        assert [(one.place, one.hint) for one in walked(source)] == first


def test_a_walk_goes_on_after_any_place(filled: Place) -> None:
    with opened(filled) as source:
        places = [one.place for one in walked(source)]
        for number, place in enumerate(places):
            later = [one.place for one in walked(source, after=place)]
            assert later == places[number + 1 :]


def test_what_is_changed_shows_in_the_hint_or_is_another_thing(filled: Place) -> None:
    with opened(filled) as source:
        before = {(one.place, one.hint) for one in walked(source)}
    if not filled.changes:
        filled.remove("b.txt")
    filled.put("b.txt", "Something else, and longer.")
    with opened(filled) as source:
        after = {(one.place, one.hint) for one in walked(source)}
    assert len(after - before) == 1
    assert len(after) == 4


def test_what_is_removed_is_not_met(filled: Place) -> None:
    with opened(filled) as source:
        before = {one.place for one in walked(source)}
    filled.remove("b.txt")
    with opened(filled) as source:
        after = {one.place for one in walked(source)}
    assert len(before - after) == 1
    assert after <= before


def test_what_is_too_large_is_told_and_never_read_whole(filled: Place) -> None:
    filled.put("e.txt", "long " * LARGEST)
    with opened(filled) as source:
        troubles = []
        for one in walked(source):
            trouble = one.trouble
            if trouble is None:
                try:
                    one.read()
                except SourceTroubleError as error:
                    trouble = error.trouble
            troubles.append(trouble)
    assert sorted(str(one) for one in troubles if one) == [Trouble.TOO_LARGE]


def test_a_source_that_is_away_is_unreachable_and_not_empty(filled: Place) -> None:
    filled.away()
    with pytest.raises(SourceUnreachableError), opened(filled) as source:
        walked(source)


def test_another_tenant_may_not_read_there(filled: Place) -> None:
    """R30."""
    with pytest.raises(InvalidRequestError):
        filled.opener().check("lakeside", filled.kind, filled.settings())
    with (
        pytest.raises(InvalidRequestError),
        filled.opener().opened("lakeside", filled.kind, filled.settings()) as source,
    ):
        walked(source)
    filled.opener().check("acme", filled.kind, filled.settings())
