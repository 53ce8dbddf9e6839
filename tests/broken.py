"""Deleters that do not delete: one method of one port is broken in one way, until it is mended (R42)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID, uuid4

from typing_extensions import override

from service.adapters.memory.database import InMemoryDatabase, InMemoryTransaction
from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.memory.keeping import InMemoryKeyStore, InMemoryVault
from service.errors import PartUnavailableError
from service.policy.access import TenantId
from service.ports import KeyStore


class Way(StrEnum):
    """How a deleter is broken."""

    NOT_CALLED = "is not called"
    FAILS = "raises"
    UNAVAILABLE = "says that its part is down"
    ASTRAY = "deletes by the wrong id"
    LIES = "reports success without acting, and goes on saying so when asked"


class BrokenError(Exception):
    """A deleter raised this."""


DELETERS: Mapping[tuple[str, str], Mapping[str, object]] = MappingProxyType(
    {
        ("keys", "destroy_document_key"): {"has_document_key": False},
        ("keys", "destroy_turn_keys"): {"has_turn_key": False},
        ("index", "erase"): {"count": 0},
        ("vault", "delete"): {"exists": False},
        ("documents", "delete"): {"get": None},
        ("turns", "erase_of"): {"count": 0},
        ("turns", "remove"): {"count": 0, "erased": ()},
    }
)
"""Part and method → what the part answers, by method, when it lies about what it deleted."""


@dataclass(slots=True, eq=False)
class Fault:
    """One method of one part, broken until `mended`; `called` says whether anybody was deceived."""

    part: str
    method: str
    way: Way
    mended: bool = False
    called: bool = False

    def of(self, part: str, name: str, found: Any) -> Any:  # noqa: ANN401 - whatever the part has there
        """Return what a caller gets in the place of an attribute."""
        if part != self.part or self.mended or not callable(found):
            return found
        if name == self.method:
            return lambda *given, **named: self._broken(found, given, named)
        lies = DELETERS[self.part, self.method]
        if self.way is Way.LIES and self.called and name in lies:
            return lambda *_, **__: lies[name]
        return found

    def _broken(self, found: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> object:
        self.called = True
        if self.way is Way.FAILS:
            raise BrokenError
        if self.way is Way.UNAVAILABLE:
            raise PartUnavailableError
        if self.way is Way.ASTRAY:
            elsewhere = {name: _other(each) if name != "tenant_id" else each for name, each in named.items()}
            return found(*map(_other, given), **elsewhere)
        return () if self.method == "erase_of" else None


def _other(value: object) -> object:
    """Return another id, or another list of ids; of anything else the same."""
    if isinstance(value, UUID):
        return uuid4()
    return [uuid4()] if isinstance(value, list | tuple | set | frozenset) else value


class BreakingIndex(InMemoryChunkIndex):
    """The twin of the index with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self.fault = fault

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        found = super().__getattribute__(name)
        return found if name == "fault" else self.fault.of("index", name, found)


class BreakingKeys(InMemoryKeyStore):
    """The twin of the key store with a fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__()

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        found = super().__getattribute__(name)
        return found if name == "fault" else self.fault.of("keys", name, found)


class BreakingVault(InMemoryVault):
    """The twin of the vault with a fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__()

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401
        found = super().__getattribute__(name)
        return found if name == "fault" else self.fault.of("vault", name, found)


@dataclass(frozen=True, slots=True, eq=False)
class _BreakingTable:
    inner: Any
    part: str
    fault: Fault

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return self.fault.of(self.part, name, getattr(self.inner, name))


class BreakingDatabase(InMemoryDatabase):
    """The twin of the database with a fault in its documents or turns, or one that leaves rows of a table behind."""

    def __init__(self, fault: Fault, *, keys: KeyStore) -> None:
        super().__init__(keys=keys)
        self.fault = fault

    @override
    @contextmanager
    def transaction(self, tenant_id: TenantId) -> Iterator[InMemoryTransaction]:
        with super().transaction(tenant_id) as transaction:
            yield replace(
                transaction,
                documents=cast("Any", _BreakingTable(transaction.documents, "documents", self.fault)),
                turns=cast("Any", _BreakingTable(transaction.turns, "turns", self.fault)),
            )


class LeavingDatabase(InMemoryDatabase):
    """The twin of the database that deletes documents and forgets one of their tables, until `mended`."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table
        self.mended = False

    @override
    @contextmanager
    def transaction(self, tenant_id: TenantId) -> Iterator[InMemoryTransaction]:
        with super().transaction(tenant_id) as transaction:
            rows = transaction.documents._rows  # noqa: SLF001 - what a cascade would have taken along
            before = dict(getattr(rows, self.table))
            yield transaction
            gone = {key: value for key, value in before.items() if key not in getattr(rows, self.table)}
            if not self.mended:
                getattr(rows, self.table).update(gone)
