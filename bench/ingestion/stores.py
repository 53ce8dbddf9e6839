"""The product on real stores: PostgreSQL that syncs, the key store, a folder of originals, the embedded index."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from bench.ingestion.measuring import CountingEmbedder
from service import bootstrap, settings
from service.adapters.database import SqlDatabase
from service.adapters.keystore import SqliteKeyStore
from service.adapters.memory.queue import InMemoryJobQueue
from service.adapters.vault import DirectoryVault
from service.labels import LabellerParts
from service.policy.access import KeyId, Principal, Role
from service.product import Adapters, Ringfence, assemble
from service.sealing import KEY_BYTES, Key
from tests.assembled import a_world, adapters_of
from tests.contract.databases import tenant_in
from tests.servers.edge import EdgeOwner
from tests.servers.postgres import a_database

_MASTER = Key(b"b" * KEY_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The product, who hands documents in, and the parts that are looked at on their own."""

    product: Ringfence
    adapters: Adapters
    who: Principal
    queue: InMemoryJobQueue
    embedder: CountingEmbedder
    parts: LabellerParts


@contextmanager
def opened() -> Iterator[Bench]:
    """Start the servers and assemble the product with the real parser, embedder and labeller."""
    read = settings.load()
    parts = bootstrap.labeller_parts(read)
    home = Path(tempfile.mkdtemp(prefix="bench-"))  # short: a socket's path has at most 107 bytes
    owner = EdgeOwner(folder=home / "index", socket=home / "socket", dimensions=read.embedder_dimensions)
    parser = bootstrap.parser(read)
    with a_database(durable=True) as (_, made):
        keys = SqliteKeyStore(home / "keys", _MASTER)
        database = SqlDatabase(made.app_url, keys=keys)
        owner.start()
        try:
            queue, embedder = InMemoryJobQueue(), CountingEmbedder(parts.embedder)
            adapters = replace(
                adapters_of(a_world()),
                database=database,
                index=owner.index(collection=embedder.name),
                keys=keys,
                vault=DirectoryVault(home / "vault"),
                queue=queue,
                clock=bootstrap.SystemClock(),
                parser=parser,
                tokenizer=parts.tokenizer,
                embedder=embedder,
                labeller=parts.labeller,
            )
            who = Principal(tenant_id=tenant_in(database), key_id=KeyId(uuid4()), role=Role.ADMIN)
            yield Bench(
                product=assemble(adapters, bootstrap.limits(read)),
                adapters=adapters,
                who=who,
                queue=queue,
                embedder=embedder,
                parts=parts,
            )
        finally:
            parser.close()
            database.close()
            owner.end()
            shutil.rmtree(home)
