"""A process dies by a real SIGKILL at a step of an ingestion or an erasure, on real stores (R43).

PostgreSQL, key store, vault and the embedded index are real, the steps are those of tests/privacy/erasure, of which
these are a sample: the ones between which something has just become durable.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from typing_extensions import override

from service.adapters.database import SqlDatabase
from service.adapters.inspecting.database import SqlInspector
from service.adapters.inspecting.edge import EdgeInspector
from service.adapters.inspecting.keystore import SqliteKeyInspector
from service.adapters.inspecting.vault import DirectoryInspector
from service.adapters.keystore import SqliteKeyStore
from service.adapters.memory.embedding import InMemoryEmbedder
from service.adapters.memory.queue import InMemoryJobQueue, Ring
from service.adapters.vault import DirectoryVault
from service.documents import Upload
from service.policy.access import KeyId, Principal, Role
from service.ports import JobState
from service.product import Adapters, Ringfence, assemble
from service.sealing import KEY_BYTES, Key
from tests.assembled import LIMITS, StoppedClock, a_world, adapters_of
from tests.contract.databases import tenant_in
from tests.crashing import Power, watched_product, worked_off
from tests.servers.edge import DIMENSIONS, EdgeOwner, shared_edge_owner
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres", "shared_edge_owner"]

_MASTER = Key(b"m" * KEY_BYTES)
_SWEEPS = 3
_LATER = 400.0
"""Seconds between two sweeps: longer than a lease, and together longer than a key waits for its row."""
TEXT = b"Salary of Margaret Ellison: SECRET-PII."


@dataclass(slots=True)
class RealPower(Power):
    """Kills this very process at the first step of this name."""

    name: str = ""

    @override
    def reach(self, name: str) -> None:
        if name == self.name:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True, kw_only=True)
class House:
    """Real stores that several processes open, and one principal."""

    database: str
    home: Path
    edge: EdgeOwner
    clock: StoppedClock = field(default_factory=StoppedClock)
    queue: InMemoryJobQueue = field(default_factory=InMemoryJobQueue)
    who: Principal = field(init=False)
    here: Adapters = field(init=False)
    """What this process opened."""

    def __post_init__(self) -> None:
        """Open the stores, and add a tenant."""
        self.here = self.adapters()
        self.who = Principal(tenant_id=tenant_in(self.here.database), key_id=KeyId(uuid4()), role=Role.ADMIN)

    @property
    def product(self) -> Ringfence:
        """The product as this process has it, begun anew."""
        return assemble(self.here, LIMITS)

    def adapters(self) -> Adapters:
        """Open every store anew."""
        keys = SqliteKeyStore(self.home / "keys", _MASTER, now=self.clock.now)
        inspectors = (
            SqlInspector(self.database),
            SqliteKeyInspector(self.home / "keys" / "keys.sqlite"),
            DirectoryInspector(self.home / "vault"),
            EdgeInspector(self.edge.socket),
        )
        return replace(
            adapters_of(a_world()),
            database=SqlDatabase(self.database, keys=keys),
            keys=keys,
            vault=DirectoryVault(self.home / "vault"),
            index=self.edge.index(collection="killed"),
            embedder=InMemoryEmbedder(DIMENSIONS),
            clock=self.clock,
            queue=self.queue,
            inspectors=inspectors,
        )

    def dies(self, act: Callable[[Ringfence], None], step: str) -> None:
        """Do it in another process, which is killed at the step."""
        other = multiprocessing.get_context("fork").Process(target=self._act, args=(act, step))
        other.start()
        other.join()
        assert other.exitcode == -signal.SIGKILL, f"there is no step {step!r}"

    def _act(self, act: Callable[[Ringfence], None], step: str) -> None:
        act(watched_product(self.adapters(), RealPower(name=step)))

    def hand_in(self, product: Ringfence) -> None:
        """Upload."""
        product.documents.register(self.who, Upload(content=TEXT, file_name="a.txt"))

    def work(self, product: Ringfence) -> None:
        """Sweep, so that everything is rung for, and work it off."""
        self.clock.advance(_LATER)
        product.jobs.sweep()
        worked_off(self.queue, product)

    def erase(self, product: Ringfence) -> None:
        """Erase everything that is there, as far as one process gets."""
        for document in product.documents.page(self.who, limit=10):
            product.erasure.request(self.who, document.id)
        worked_off(self.queue, product)


@pytest.fixture
def house(migrated_database: PostgresDatabase, shared_edge_owner: EdgeOwner, tmp_path: Path) -> Iterator[House]:
    made = House(database=migrated_database.app_url, home=tmp_path, edge=shared_edge_owner)
    yield made
    cast("SqlDatabase", made.here.database).close()


def all_gone(house: House) -> None:
    """Let other processes work, erase what is there, deliver everything twice, and count."""
    adapters, product = house.here, house.product
    for _ in range(_SWEEPS):
        house.work(product)
    house.erase(product)
    jobs = product.jobs.page(house.who, limit=50)
    house.queue.rings += [Ring(kind=job.kind, tenant_id=job.tenant_id, job_id=job.id) for job in jobs] * 2
    for _ in range(_SWEEPS):
        house.work(product)
    jobs = product.jobs.page(house.who, limit=50)
    assert jobs
    assert {job.state for job in jobs} <= {JobState.SUCCEEDED, JobState.FAILED}
    tenant = house.who.tenant_id
    for document in {job.document_id for job in jobs}:
        assert product.erasure.remains(tenant, document).nothing
        assert adapters.index.count(tenant_id=tenant, document_id=document) == 0
        assert not adapters.keys.has_document_key(tenant_id=tenant, document_id=document)
    assert [path for path in (house.home / "vault").rglob("*") if path.is_file()] == []
    assert adapters.keys.unsettled(tenant, made_before=house.clock.now()).documents == ()


@pytest.mark.parametrize(
    "step", ["after keys.create_document_key", "before commit", "after vault.put", "before jobs.add", "after jobs.add"]
)
def test_a_kill_while_a_document_is_handed_in(house: House, step: str) -> None:
    house.dies(house.hand_in, step)
    house.hand_in(house.product)
    all_gone(house)


@pytest.mark.parametrize(
    "step",
    [
        *("after jobs.claim_next", "after parser.parse", "after embedder.embed", "after chunks.replace"),
        *("before index.replace_all", "after index.replace_all", "before commit"),
    ],
)
def test_a_kill_while_a_document_is_ingested(house: House, step: str) -> None:
    house.hand_in(house.product)
    house.dies(house.work, step)
    all_gone(house)


@pytest.mark.parametrize(
    "step",
    [
        *("after documents.delete", "after tombstones.add", "after commit", "after queue.ring", "after jobs.claim"),
        *("before keys.destroy_document_key", "after keys.destroy_document_key", "before index.erase"),
        *("after index.erase", "after vault.delete", "before tombstones.mark_gone", "after tombstones.mark_gone"),
    ],
)
def test_a_kill_while_a_document_is_erased(house: House, step: str) -> None:
    product = house.product
    house.hand_in(product)
    house.work(product)
    house.dies(house.erase, step)
    all_gone(house)
