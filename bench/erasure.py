"""How soon a document of 100,000 chunks' documents is unreachable and gone, and what searches notice of many erasures.

Run it from the repository: `python -m bench.erasure`. PostgreSQL, key store, vault and the embedded index are real, on
folders of their own; embedder and labeller are twins, so that only the stores are measured. Erasures run in another
process, as they do in a worker.
"""

import argparse
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import cast
from uuid import uuid4

import numpy as np
from rich.console import Console
from rich.table import Table

from ingestion.sensitivity import Label, Verdict
from service.adapters.database import SqlDatabase
from service.adapters.inspecting.database import SqlInspector
from service.adapters.inspecting.edge import EdgeInspector
from service.adapters.inspecting.folder import REWRITTEN, SEALED, FolderInspector
from service.adapters.inspecting.keystore import SqliteKeyInspector
from service.adapters.inspecting.vault import DirectoryInspector
from service.adapters.keystore import SqliteKeyStore
from service.adapters.memory.embedding import InMemoryEmbedder
from service.adapters.vault import DirectoryVault
from service.auditing import entry
from service.chunks import pointed, rowed
from service.places import chunk_place, file_name_place, original_place, title_place
from service.policy.access import DocumentId, JobId, KeyId, Principal, Role
from service.ports import ChunkRecord, DocumentRecord, JobState
from service.ports.inspecting import Inspector
from service.product import Adapters, Ringfence, assemble
from service.sealing import KEY_BYTES, Key
from tests.assembled import LIMITS, a_world, adapters_of
from tests.contract.databases import tenant_in
from tests.records import a_document
from tests.servers.edge import EdgeOwner
from tests.servers.postgres import a_database

DIMENSIONS = 384
CHUNKS_PER_DOCUMENT = 50
WORDS_PER_CHUNK = 24
SEARCHES = 200
ALONE = 3
"""Documents erased one after another."""
AT_ONCE = 16
ROUNDS = 3
"""How often so many are erased while searches are measured."""
GOAL = 1.5
_MASTER = Key(b"b" * KEY_BYTES)
_VOCABULARY = [f"word{number}" for number in range(5_000)]
_out = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the stores are, so that another process finds them; `who` asks and erases."""

    database: str
    home: Path
    who: Principal

    def adapters(self) -> Adapters:
        """Open the stores."""
        keys = SqliteKeyStore(self.home / "keys", _MASTER)
        return replace(
            adapters_of(a_world()),
            database=SqlDatabase(self.database, keys=keys),
            index=self.owner().index(collection="bench"),
            keys=keys,
            vault=DirectoryVault(self.home / "vault"),
            embedder=InMemoryEmbedder(DIMENSIONS),
            inspectors=self._inspectors(),
        )

    def _inspectors(self) -> tuple[Inspector, ...]:
        """Return those that the product itself has for these stores."""
        index, vault = self.owner().folder, self.home / "vault"
        return (
            SqlInspector(self.database),
            SqliteKeyInspector(self.home / "keys" / "keys.sqlite"),
            DirectoryInspector(vault),
            EdgeInspector(self.owner().socket),
            FolderInspector(store="vault_files", folder=vault, covered_by=SEALED),
            FolderInspector(store="index_files", folder=index, covered_by=REWRITTEN),
        )

    def owner(self) -> EdgeOwner:
        """Return the owner of the index, whether or not it runs."""
        return EdgeOwner(folder=self.home / "index", socket=self.home / "socket", dimensions=DIMENSIONS)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000)
    chunks = parser.parse_args().chunks
    with _opened() as (place, product, adapters):
        documents = _filled(place, adapters, chunks // CHUNKS_PER_DOCUMENT)
        bare = [_timed(lambda: _bare_commit(place, adapters)) for _ in range(SEARCHES // 10)]
        unreachable, gone = _one_by_one(place, product, documents[:ALONE])
        idle = _searches(place, product, SEARCHES)
        during, erased = _while_many_are_erased(place, product, documents[ALONE:])
        idle += _searches(place, product, SEARCHES)
    table = Table(f"{chunks:,} chunks, {len(documents):,} documents", "measured", "baseline", "ratio", box=None)
    for row in rows(bare=bare, unreachable=unreachable, gone=gone, idle=idle, during=during):
        table.add_row(*row)
    _out.print(table)
    _out.print(f"{erased} documents were erased while {len(during)} searches were measured, {AT_ONCE} at a time")


def rows(
    *,
    bare: Sequence[float],
    unreachable: Sequence[float],
    gone: Sequence[float],
    idle: Sequence[float],
    during: Sequence[float],
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the table's rows; everything in seconds. A ratio over the goal is marked."""
    commit = _quantile(bare, 0.5)
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        value = _quantile(unreachable, share)
        yield f"until unreachable, {name}", f"{value * 1000:.1f} ms", _bare(commit), f"{value / commit:.1f}"
    whole = _quantile(gone, 0.5)
    yield "until gone and verified, p50", f"{whole:.1f} s", _bare(commit), f"{whole / commit:,.0f}"
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        value, still = _quantile(during, share), _quantile(idle, share)
        told = f"{value / still:.2f}{' (over the goal)' if value / still > GOAL else ''}"
        yield f"search during erasures, {name}", f"{value * 1000:.1f} ms", f"{still * 1000:.1f} ms: idle", told


@contextmanager
def _opened() -> Iterator[tuple[Place, Ringfence, Adapters]]:
    home = Path(tempfile.mkdtemp(prefix="bench-"))  # short: a socket's path has at most 107 bytes
    with a_database() as (_, made):
        database = SqlDatabase(made.app_url, keys=SqliteKeyStore(home / "keys", _MASTER))
        who = Principal(tenant_id=tenant_in(database), key_id=KeyId(uuid4()), role=Role.ADMIN)
        database.close()
        place = Place(database=made.app_url, home=home, who=who)
        owner = place.owner()
        try:
            owner.start()
            adapters = place.adapters()
            yield place, assemble(adapters, LIMITS), adapters
            cast("SqlDatabase", adapters.database).close()
        finally:
            owner.end()
            shutil.rmtree(home)


def _filled(place: Place, adapters: Adapters, documents: int) -> list[DocumentId]:
    """Store so many documents as an ingestion does; return their ids."""
    random = Random(0)
    return [_stored(place.who, adapters, random) for _ in range(documents)]


def _stored(who: Principal, adapters: Adapters, random: Random) -> DocumentId:
    record = a_document(who.tenant_id)
    tenant, document = who.tenant_id, record.id
    key = adapters.keys.create_document_key(tenant_id=tenant, document_id=document)
    texts = [" ".join(random.choices(_VOCABULARY, k=WORDS_PER_CHUNK)) for _ in range(CHUNKS_PER_DOCUMENT)]
    sealed = key.seal("\n".join(texts).encode(), place=original_place(tenant, document))
    adapters.vault.put(tenant_id=tenant, document_id=document, sealed=sealed)
    record = replace(
        record,
        title=key.seal(b"A title", place=title_place(tenant, document)),
        file_name=key.seal(b"a.txt", place=file_name_place(tenant, document)),
        chunk_count=len(texts),
    )
    rows = [_chunk(record, key, ordinal, text) for ordinal, text in enumerate(texts)]
    with adapters.database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        rowed(transaction, record, rows, [])
        pointed(adapters.index, record, rows, adapters.embedder.embed(texts))
    return document


def _chunk(record: DocumentRecord, key: Key, ordinal: int, text: str) -> ChunkRecord:
    return ChunkRecord(
        document_id=record.id,
        ordinal=ordinal,
        start=0,
        end=len(text),
        first_page=1,
        last_page=1,
        text=key.seal(text.encode(), place=chunk_place(record.tenant_id, record.id, ordinal)),
        label=Label(verdict=Verdict.HARMLESS, labeller_version="memory-1", language="en"),
    )


def _bare_commit(place: Place, adapters: Adapters) -> None:
    """Write one entry of the audit and commit: the least that anything on record costs."""
    with adapters.database.transaction(place.who.tenant_id) as transaction:
        at = adapters.clock.now()
        transaction.audit.append(entry(place.who.tenant_id, "turn_erased", at=at, facts={"turn": 0}))


def _one_by_one(
    place: Place, product: Ringfence, documents: Sequence[DocumentId]
) -> tuple[Sequence[float], Sequence[float]]:
    """Erase each by itself; return the seconds until it was unreachable, and until it was gone and verified."""
    unreachable, gone = list[float](), list[float]()
    for document in documents:
        began = time.perf_counter()
        job = product.erasure.request(place.who, document)
        unreachable.append(time.perf_counter() - began)
        product.erasure.run(place.who.tenant_id, job.id)
        gone.append(time.perf_counter() - began)
        _check(product, place.who, job.id)
    return unreachable, gone


def _while_many_are_erased(
    place: Place, product: Ringfence, documents: Sequence[DocumentId]
) -> tuple[Sequence[float], int]:
    """Have another process erase documents in rounds; return the seconds of searches meanwhile, and how many."""
    context = multiprocessing.get_context("spawn")
    doomed = documents[: AT_ONCE * ROUNDS]
    begun, ended = context.Event(), context.Event()
    erasing = context.Process(target=_erase_in_rounds, args=(place, doomed, begun, ended))
    erasing.start()
    begun.wait()
    seconds = list[float]()
    while not ended.is_set() and erasing.is_alive():
        seconds += _searches(place, product, 1)
    erasing.join()
    if erasing.exitcode:
        message = "the erasures failed"
        raise RuntimeError(message)
    return seconds, len(doomed)


def _erase_in_rounds(place: Place, documents: Sequence[DocumentId], begun: Event, ended: Event) -> None:
    adapters = place.adapters()
    product = assemble(adapters, LIMITS)
    begun.set()
    for start in range(0, len(documents), AT_ONCE):
        jobs = [product.erasure.request(place.who, one) for one in documents[start : start + AT_ONCE]]
        product.erasure.run(place.who.tenant_id, jobs[0].id)
        for job in jobs:
            _check(product, place.who, job.id)
    ended.set()


def _check(product: Ringfence, who: Principal, job: JobId) -> None:
    if product.jobs.get(who, job).state is not JobState.SUCCEEDED:
        message = "an erasure is not verified"
        raise RuntimeError(message)


def _searches(place: Place, product: Ringfence, number: int) -> list[float]:
    random = Random(number)
    questions = [" ".join(random.choices(_VOCABULARY, k=4)) for _ in range(number)]
    return [_timed(partial(product.searching.search, place.who, one, limit=8)) for one in questions]


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _quantile(seconds: Sequence[float], share: float) -> float:
    return float(np.quantile(seconds, share))


def _bare(commit: float) -> str:
    return f"{commit * 1000:.1f} ms: a bare commit"


if __name__ == "__main__":
    main()
