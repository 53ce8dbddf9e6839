"""The twin of what lies outside: sources in a dictionary."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from typing_extensions import override

from service.errors import InvalidRequestError, SourceUnreachableError
from service.ports import Blind, Found, Source, SourceKind, SourceOpener, SourceSettings, Trouble
from service.ports.sourcing import SourceTroubleError


@dataclass(slots=True)
class InMemorySource(Source):
    """Things by their place. `hints` may be stale or missing, `unreadable` cannot be read, `blind` hides a part."""

    things: dict[str, Found] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    blind: bool = False
    breaks_after: int | None = None
    reads: list[str] = field(default_factory=list)
    writes: int = 0
    largest: int = 100_000

    def put(self, place: str, content: bytes, *groups: str, hint: bool = True) -> None:
        """Let something lie there."""
        self.writes += 1
        told = f"{self.writes}" if hint else None
        found = Found(place=place, name=place.rpartition("/")[2], read=lambda: b"", hint=told)
        self.things[place] = replace(found, groups=frozenset(groups or ("staff",)))
        self.contents[place] = content

    def remove(self, place: str) -> None:
        """Let it be gone."""
        del self.things[place]
        del self.contents[place]

    def move(self, place: str, to: str) -> None:
        """Let it lie elsewhere."""
        groups = self.things[place].groups
        self.put(to, self.contents[place], *groups)
        self.remove(place)

    @override
    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        for number, place in enumerate(sorted(one for one in self.things if after is None or one > after)):
            if self.breaks_after is not None and number >= self.breaks_after:
                raise SourceUnreachableError
            yield replace(self.things[place], read=partial(self._read, place))
        if self.blind:
            yield Blind()

    def _read(self, place: str) -> bytes:
        self.reads.append(place)
        if place in self.unreadable:
            raise SourceTroubleError(Trouble.UNREADABLE)
        if len(self.contents[place]) > self.largest:
            raise SourceTroubleError(Trouble.TOO_LARGE)
        return self.contents[place]


@dataclass(slots=True)
class InMemorySourceOpener(SourceOpener):
    """Sources by their location; those of a tenant are listed in `allowed`, where anything is."""

    sources: dict[str, InMemorySource] = field(default_factory=dict)
    allowed: dict[str, set[str]] | None = None
    unreachable: set[str] = field(default_factory=set)

    @override
    def check(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> None:
        if self.allowed is not None and settings.location not in self.allowed.get(tenant, set()):
            message = "the operator did not allow this tenant to read there"
            raise InvalidRequestError(message)

    @override
    @contextmanager
    def opened(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> Iterator[Source]:
        self.check(tenant, kind, settings)
        if settings.location in self.unreachable:
            raise SourceUnreachableError
        yield self.sources.setdefault(settings.location, InMemorySource())
