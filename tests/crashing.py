"""A process that is killed at a step: every call of every port is one, before and after, each transaction's end too.

`Power` counts the steps and cuts the power at one of them: from then on every port is dead to this process, so that
what its `finally` and `except` would tidy up stays as it is, as after a kill -9. Other processes use the twins.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.adapters.memory.queue import InMemoryJobQueue
from service.originals import counterpart
from service.policy.access import DocumentId, Principal, TenantId
from service.ports import Database, JobKind, JobState
from service.product import Adapters, Ringfence, assemble
from tests.assembled import LIMITS, World, adapters_of

_SWEEPS = 6
_LATER = 130.0
"""Seconds between two sweeps here: longer than any lease; all of them together longer than anything is waited for."""
_WATCHED = ("database", "index", "keys", "vault", "ledger", "queue", "parser", "embedder", "labeller", "local", "cloud")


class KilledError(BaseException):
    """The process was killed here."""


@dataclass(slots=True, eq=False)
class Power:
    """Counts steps; at step `at` it does `happens`, or kills where there is nothing to happen."""

    at: int | None = None
    happens: Callable[[], None] | None = None
    steps: list[str] = field(default_factory=list)
    outside: list[int] = field(default_factory=list)
    """The steps at which no transaction is open: there, others can get in between."""
    dead: bool = False
    depth: int = 0

    def reach(self, name: str) -> None:
        """Take one step. Raises KilledError."""
        if self.dead:
            raise KilledError(name)
        number = len(self.steps)
        self.steps.append(name)
        if self.depth == 0:
            self.outside.append(number)
        if number != self.at:
            return
        if self.happens is None:
            self.dead = True
            raise KilledError(name)
        happens, self.happens, self.at = self.happens, None, None
        happens()


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A port of which every call is two steps: one before it, one when it is done."""

    inner: Any
    port: str
    """Not `name`: an embedder has one of its own."""
    power: Power

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - whatever the port has
        found = getattr(self.inner, attribute)
        if not callable(found):
            return found

        def called(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            self.power.reach(f"before {self.port}.{attribute}")
            result = found(*arguments, **named)
            self.power.reach(f"after {self.port}.{attribute}")
            # The index of one vector space is the index still: what is written there is a step, too.
            return Watched(result, self.port, self.power) if attribute == "in_space" else result

        return called


@dataclass(frozen=True, slots=True, eq=False)
class WatchedDatabase:
    """A database whose transactions are watched table by table; a kill before the commit leaves nothing of it."""

    inner: Database
    power: Power

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401
        return getattr(Watched(self.inner, "database", self.power), attribute)

    @contextmanager
    def transaction(self, tenant_id: TenantId) -> Iterator[Any]:
        """Open one."""
        self.power.reach("before begin")
        with self.inner.transaction(tenant_id) as opened:
            self.power.depth += 1
            try:
                yield _tables(opened, self.power)
                self.power.reach("before commit")
            finally:
                self.power.depth -= 1
        self.power.reach("after commit")


def _tables(opened: Any, power: Power) -> Any:  # noqa: ANN401
    names = [one.name for one in fields(opened)]
    return replace(opened, **{name: Watched(getattr(opened, name), name, power) for name in names})


def watched(world: World, power: Power) -> Ringfence:
    """Return the product as another process has it, every step of which is counted."""
    return watched_product(adapters_of(world), power)


def watched_product(adapters: Adapters, power: Power) -> Ringfence:
    """Return the product on these adapters, every step of which is counted."""
    changed: dict[str, Any] = {
        name: Watched(inner, name, power) for name in _WATCHED if (inner := getattr(adapters, name)) is not None
    }
    changed["database"] = WatchedDatabase(adapters.database, power)
    return assemble(replace(adapters, **changed), LIMITS)


def worked(world: World, product: Ringfence) -> None:
    """Do what a worker does until nobody rings; a ring that kills its worker is gone with it."""
    worked_off(world.queue, product)


def worked_off(queue: InMemoryJobQueue, product: Ringfence) -> None:
    """Do what a worker does until nobody rings at this bell."""
    while queue.rings:
        ring = queue.rings.pop(0)
        run = {
            JobKind.INGEST: product.ingestion.run,
            JobKind.ERASE: product.erasure.run,
            JobKind.RELABEL: product.relabelling.run,
        }
        run[ring.kind](ring.tenant_id, ring.job_id)


def settled(world: World) -> None:
    """Let other processes do what they do after a death: leases run out, the sweep rings, workers work."""
    product = assemble(adapters_of(world), LIMITS)
    for _ in range(_SWEEPS):
        worked(world, product)
        world.clock.advance(_LATER)
        product.jobs.sweep()
        product.erasures.executing.advance_all()
    worked(world, product)


@dataclass(frozen=True, slots=True)
class Left:
    """What the stores hold that belongs to no living document or turn, and which jobs did not end."""

    keys: int
    turn_keys: int
    points: int
    originals: int
    jobs: int

    @classmethod
    def of(cls, world: World, tenant_id: TenantId) -> "Left":
        """Look into the twins themselves, past every port."""
        keys, database = cast("InMemoryKeyStore", world.keys), cast("InMemoryDatabase", world.database)
        rows = database._rows[tenant_id]  # noqa: SLF001
        apart = {counterpart(one.id) for one in rows.documents.values() if one.apart}
        alive, turns = rows.documents.keys() | apart, rows.turns.keys() - rows.hidden
        ended = {JobState.SUCCEEDED, JobState.FAILED}
        return cls(
            keys=_orphans(keys.documents, alive),
            turn_keys=_orphans(keys.turns, turns),
            points=sum(len(points) for (_, one), points in world.index.points.items() if one not in alive),
            originals=_orphans(world.vault.originals, alive),
            jobs=sum(job.state not in ended for job in rows.jobs.values()),
        )


def held_of(world: World, tenant_id: TenantId, document_id: DocumentId) -> int:
    """Count what the stores hold of one document, past every port: rows, chunks, key, points, original."""
    rows = cast("InMemoryDatabase", world.database)._rows[tenant_id]  # noqa: SLF001
    keys, place = cast("InMemoryKeyStore", world.keys), (tenant_id, document_id)
    resting = [turn for turn in rows.turns.values() if any(one.document_id == document_id for one in turn.sources)]
    return sum(
        (
            int(document_id in rows.documents),
            len(rows.chunks.get(document_id, ())),
            int(keys.documents.get(place) is not None),
            len(world.index.points.get(place, ())),
            int(place in world.vault.originals),
            len(resting),
        )
    )


NOTHING = Left(keys=0, turn_keys=0, points=0, originals=0, jobs=0)


def _orphans(store: Mapping[tuple[TenantId, Any], object], alive: AbstractSet[Any]) -> int:
    return sum(value is not None and one not in alive for (_, one), value in store.items())


Act = Callable[[World, Ringfence, Principal], None]


@dataclass(frozen=True, slots=True, eq=False)
class Acts:
    """What can be killed, each with what was done before it, in worlds of one making."""

    before: Mapping[Act, tuple[Act, ...]]
    a_world: Callable[[], World]
    _undisturbed: dict[Act, Power] = field(default_factory=dict, init=False)

    def prepared(self, act: Act) -> tuple[World, Principal]:
        """Return a world in which the act is next."""
        world = self.a_world()
        who, _ = world.person("acme")
        for earlier in self.before[act]:
            earlier(world, world.product, who)
        return world, who

    def steps(self, act: Act) -> Power:
        """Return the steps of an act that nothing disturbs."""
        if act not in self._undisturbed:
            world, who = self.prepared(act)
            power = Power()
            act(world, watched(world, power), who)
            self._undisturbed[act] = power
        return self._undisturbed[act]

    def named(self, act: Act, numbers: Iterable[int] | None = None) -> list[tuple[int, str]]:
        """Return these steps of the act, or all of them, each with a name for a test's id."""
        names = self.steps(act).steps
        return [(number, f"{number} {names[number]}") for number in (range(len(names)) if numbers is None else numbers)]
