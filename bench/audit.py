"""What the audit costs: an entry against a bare insert of the same row, sequencing, an idle look, a proof.

On a PostgreSQL of its own, which does not wait for the disk, so that the work itself is what is compared.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

import migrations
from service.adapters.database import SqlDatabase
from service.adapters.keystore import SqliteKeyStore
from service.adapters.memory.erasure_ledger import InMemoryErasureLedger
from service.adapters.memory.keeping import InMemorySigner
from service.auditing import Auditing, entry
from service.bootstrap import SystemClock
from service.policy.access import KeyId, Principal, Role, TenantId
from service.ports import Tenant
from service.sealing import Key
from tests.servers.postgres import PostgresServer, started

_BATCH = 1_000
FACTS = {
    "route": "local",
    "reasons": [{"cause": "sensitive", "origin": "chunk", "categories": ["PII", "PHI"]}],
    "sources": [{"document": str(uuid4()), "ordinal": n, "verdict": "harmless", "lowered": False} for n in range(6)],
    "labeller": "ringfence-0123456789abcdef",
    "model": "SmolLM2-135M-Instruct",
    "sha256": None,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    wanted = parser.parse_args()
    server = started()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _measure(server, Path(folder), wanted.entries)
    finally:
        server.stop()


def _measure(server: PostgresServer, folder: Path, entries: int) -> None:
    migrations.upgrade(server.url("postgres"))
    keys = SqliteKeyStore(folder, Key.fresh())
    database = SqlDatabase(server.url("postgres", role=migrations.APPLICATION_ROLE), keys=keys)
    with closing(database):
        tenant = Tenant(id=TenantId(uuid4()), slug="bench", created_at=SystemClock().now())
        database.add_tenant(tenant)
        auditing = Auditing(
            database=database, keys=keys, signer=InMemorySigner(), clock=SystemClock(), ledger=InMemoryErasureLedger()
        )
        who = Principal(tenant_id=tenant.id, key_id=KeyId(uuid4()), role=Role.AUDITOR)
        bare = _milliseconds(_bare_insert(server, tenant), 100)
        appended = _milliseconds(lambda: _append(database, who, 1), 100)
        _say("an entry in a transaction of its own, ms", appended, "the same row by a bare insert", bare)
        ten = _milliseconds(lambda: _append(database, who, 10), 20) / 10
        _say("an entry beside nine others, ms", ten, "the same row by a bare insert", bare)
        for _ in range(0, entries, _BATCH):
            _append(database, who, _BATCH)
        began = time.perf_counter()
        added = auditing.sequence(tenant.id)
        sequenced = (time.perf_counter() - began) * 1_000 / added
        _say("sequencing, ms an entry", sequenced, "the same row by a bare insert", bare)
        _say(f"looking for new entries among {added:,}, ms", _milliseconds(lambda: auditing.sequence(tenant.id), 20))
        newest = auditing.page(who, limit=1)[0].record.id
        _say(f"a proof among {added:,}, ms", _milliseconds(lambda: auditing.proof(who, newest), 3))
        _say(f"an export of {added:,}, ms", _milliseconds(lambda: list(auditing.export(who)), 1))


def _append(database: SqlDatabase, who: Principal, count: int) -> None:
    with database.transaction(who.tenant_id) as transaction:
        for _ in range(count):
            now = SystemClock().now()
            transaction.audit.append(entry(who.tenant_id, "prompt_routed", at=now, actor=who.key_id, facts=FACTS))


def _bare_insert(server: PostgresServer, tenant: Tenant) -> Callable[[], object]:
    """Return an insert of the same size into a table without index, policy and trigger, with its commit."""
    connection = psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres")
    connection.execute("create table bare (number bigint, id uuid, tenant uuid, at timestamptz, facts jsonb)")
    numbers = itertools.count()

    def insert() -> None:
        values = (next(numbers), uuid4(), tenant.id, SystemClock().now(), Jsonb(FACTS))
        connection.execute("insert into bare values (%s, %s, %s, %s, %s)", values)
        connection.commit()

    return insert


def _milliseconds(action: Callable[[], object], times: int) -> float:
    """Return the median time of an action, in ms."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1_000


def _say(what: str, measured: float, baseline: str = "", bare: float = 0.0) -> None:
    against = f"  {measured / bare:6.1f} x {bare:.2f}: {baseline}" if bare else ""
    print(f"{what:50} {measured:10.2f}{against}")


if __name__ == "__main__":
    main()
