"""What every inspector promises: it sees a thing while it is there, and none of it after (R42)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from qdrant_client import QdrantClient
from qdrant_client.models import Distance, PointStruct, VectorParams

from service.adapters.celery import QUEUES, configured
from service.adapters.database import SqlDatabase
from service.adapters.inspecting.broker import BrokerInspector
from service.adapters.inspecting.database import SqlInspector
from service.adapters.inspecting.edge import EdgeInspector
from service.adapters.inspecting.folder import REWRITTEN, FolderInspector
from service.adapters.inspecting.keystore import SqliteKeyInspector
from service.adapters.inspecting.memory import (
    InMemoryBrokerInspector,
    InMemoryDatabaseInspector,
    InMemoryKeyInspector,
    InMemoryPlacesInspector,
)
from service.adapters.inspecting.server import QdrantServerInspector
from service.adapters.inspecting.vault import DirectoryInspector, ObstoreInspector
from service.adapters.keystore import SqliteKeyStore
from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.memory.keeping import InMemoryKeyStore, InMemoryVault
from service.adapters.qdrant_server import QdrantServerChunkIndex
from service.adapters.vault import DirectoryVault, ObstoreVault
from service.answering import Question
from service.errors import PartUnavailableError
from service.policy.access import DocumentId, JobId, TenantId, TurnId
from service.ports import ChunkIndex, JobKind, KeyStore, Point, Vault, chunk_id
from service.ports.inspecting import Inspector, Target
from service.sealing import KEY_BYTES, Key, Sealed
from tests.assembled import World, a_world
from tests.records import a_job, a_review
from tests.servers.edge import DIMENSIONS, EdgeOwner, edge_owner, shared_edge_owner
from tests.servers.postgres import PostgresDatabase, empty_database, migrated_database, postgres
from tests.servers.rabbitmq import RabbitServer, rabbitmq
from tests.servers.s3 import S3StandIn, s3
from tests.servers.valkey import ValkeyServer, valkey

__all__ = [
    "edge_owner",
    "empty_database",
    "migrated_database",
    "postgres",
    "rabbitmq",
    "s3",
    "shared_edge_owner",
    "valkey",
]

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")

SALARY = "Salary of Ellison canarius: SECRET-PII."


def seen(inspector: Inspector, tenant: TenantId, target: Target) -> dict[str, int]:
    """Return what the inspector counted of the target, by thing."""
    inspection = inspector.inspect(tenant, [target])
    assert all(one.document_id == target.document_id for one in inspection.sightings)
    return {one.thing: one.found for one in inspection.sightings}


def a_target(*, chunks: int = 3) -> Target:
    return Target(document_id=DocumentId(uuid4()), chunk_count=chunks)


# The database


@pytest.fixture(params=["memory", "postgres"])
def world(request: pytest.FixtureRequest) -> Iterator[tuple[World, Inspector]]:
    if request.param == "memory":
        twin = InMemoryDatabase()
        yield a_world(database=twin), InMemoryDatabaseInspector(rows=twin.rows)
        return
    url = request.getfixturevalue("migrated_database").app_url
    database = SqlDatabase(url, keys=InMemoryKeyStore())
    yield a_world(database=database), SqlInspector(url)
    database.close()


def test_the_database_inspector_sees_rows_reviews_turns_and_open_jobs_until_they_are_gone(
    world: tuple[World, Inspector],
) -> None:
    """R41, R42."""
    product, inspector = world
    who, _ = product.person(f"tenant-{uuid4().hex[:8]}")
    document = product.uploaded(who, SALARY)
    answer = product.product.answering.ask(who, Question(text="What is the salary of Ellison canarius?", opens=True))
    job = a_job(who.tenant_id, document_id=document.id)
    with product.database.transaction(who.tenant_id) as transaction:
        transaction.reviews.put(a_review(who.tenant_id, document.id))
        transaction.jobs.add(job)
    target = Target(document_id=document.id, chunk_count=1, turn_ids=(TurnId(answer.id),))
    found = seen(inspector, who.tenant_id, target)
    assert {thing for thing, number in found.items() if number} >= {"documents", "chunks", "reviews", "jobs", "turns"}
    assert not {"tombstones"} & found.keys()
    product.product.erasure.request(who, document.id)
    assert seen(inspector, who.tenant_id, target)["turns"]
    product.work()
    assert not any(seen(inspector, who.tenant_id, target).values())


def test_the_database_inspector_counts_each_document_by_itself(world: tuple[World, Inspector]) -> None:
    product, inspector = world
    who, _ = product.person(f"tenant-{uuid4().hex[:8]}")
    kept = product.uploaded(who, SALARY)
    inspection = inspector.inspect(who.tenant_id, [a_target(), Target(document_id=kept.id, chunk_count=1)])
    assert {one.document_id for one in inspection.sightings if one.found} == {kept.id}


def test_a_table_that_somebody_adds_later_is_not_forgotten(migrated_database: PostgresDatabase) -> None:
    """R42: the schema itself says where a document can be named, one by one or in lists."""
    target, tenant = a_target(), TenantId(uuid4())
    address = migrated_database.owner_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("create table later (source_document_id uuid, related_documents uuid[])")
        owner.execute("grant select on later to public")
        inspector = SqlInspector(migrated_database.app_url)
        assert seen(inspector, tenant, target)["later"] == 0
        owner.execute("insert into later values (%s, '{}'), (null, %s)", (target.document_id, [target.document_id]))
        assert seen(inspector, tenant, target)["later"] == 2
        owner.execute("revoke select on later from public")
        with pytest.raises(psycopg.Error):
            inspector.inspect(tenant, [target])


def test_a_database_without_the_schema_or_without_a_server_is_not_empty(empty_database: str) -> None:
    for url in (empty_database, "postgresql+psycopg://nobody@/none?host=/nowhere"):
        with pytest.raises((psycopg.Error, ValueError)):
            SqlInspector(url).inspect(TenantId(uuid4()), [a_target()])


# The keys


@pytest.fixture(params=["memory", "sqlite"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[KeyStore, Inspector]:
    if request.param == "memory":
        twin = InMemoryKeyStore()
        return twin, InMemoryKeyInspector(documents=twin.documents, turns=twin.turns)
    store = SqliteKeyStore(tmp_path, Key(b"m" * KEY_BYTES))
    return store, SqliteKeyInspector(store.path)


def test_the_key_inspector_sees_keys_until_they_are_destroyed(keys: tuple[KeyStore, Inspector]) -> None:
    """R41, R42: of the document and of each turn that rested on it."""
    store, inspector = keys
    tenant, turn, other = TenantId(uuid4()), TurnId(uuid4()), DocumentId(uuid4())
    target = Target(document_id=DocumentId(uuid4()), chunk_count=1, turn_ids=(turn,))
    store.create_document_key(tenant_id=tenant, document_id=target.document_id)
    store.create_document_key(tenant_id=tenant, document_id=other)
    store.create_turn_key(tenant_id=tenant, turn_id=turn)
    assert seen(inspector, tenant, target) == {"document_keys": 1, "turn_keys": 1, "documents_without_mark": 1}
    store.destroy_document_key(tenant_id=tenant, document_id=target.document_id)
    assert seen(inspector, tenant, target) == {"document_keys": 0, "turn_keys": 1, "documents_without_mark": 0}
    store.destroy_turn_keys(tenant_id=tenant, turn_ids=[turn])
    assert not any(seen(inspector, tenant, target).values())


def test_a_key_of_another_tenant_under_the_same_id_is_seen(keys: tuple[KeyStore, Inspector]) -> None:
    store, inspector = keys
    target = a_target()
    store.create_document_key(tenant_id=TenantId(uuid4()), document_id=target.document_id)
    assert seen(inspector, TenantId(uuid4()), target)["document_keys"] == 1


def test_a_key_store_that_is_not_there_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open"):
        SqliteKeyInspector(tmp_path / "keys.sqlite").inspect(TenantId(uuid4()), [a_target()])


# The vault


@pytest.fixture(params=["memory", "folder", "file://", "s3"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Vault, Inspector]:
    if request.param == "memory":
        twin = InMemoryVault()
        return twin, InMemoryPlacesInspector(store="vault", thing="originals", kept=lambda: twin.originals)
    if request.param == "folder":
        return DirectoryVault(tmp_path), DirectoryInspector(tmp_path)
    url = f"file://{tmp_path}"
    if request.param == "s3":
        stand_in: S3StandIn = request.getfixturevalue("s3")
        url = stand_in.url
    return ObstoreVault.at(url), ObstoreInspector(url)


def test_the_vault_inspector_sees_an_original_until_it_is_deleted(vault: tuple[Vault, Inspector]) -> None:
    """R41, R42."""
    store, inspector = vault
    tenant, target = TenantId(uuid4()), a_target()
    others = [DocumentId(uuid4()) for _ in range(5)]
    for document in (target.document_id, *others):
        store.put(tenant_id=tenant, document_id=document, sealed=Sealed(b"sealed"))
    assert seen(inspector, tenant, target) == {"originals": 1}
    store.delete(tenant_id=tenant, document_id=target.document_id)
    assert seen(inspector, tenant, target) == {"originals": 0}
    for document in others:
        assert seen(inspector, tenant, Target(document_id=document, chunk_count=0)) == {"originals": 1}


def test_an_unfinished_original_and_one_of_another_tenant_are_seen_in_a_folder(tmp_path: Path) -> None:
    target = a_target()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / str(target.document_id)).touch()
    (tmp_path / f"{target.document_id}.0123").touch()
    assert seen(DirectoryInspector(tmp_path), TenantId(uuid4()), target) == {"originals": 2}


def test_a_vault_that_is_not_there_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DirectoryInspector(tmp_path / "none").inspect(TenantId(uuid4()), [a_target()])


# The index


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """An index and its inspector."""

    index: ChunkIndex
    inspector: Inspector


@pytest.fixture(params=["memory", "qdrant_edge", "qdrant_server"])
def indexed(request: pytest.FixtureRequest) -> Iterator[Indexed]:
    if request.param == "memory":
        twin = InMemoryChunkIndex()
        inspector = InMemoryPlacesInspector(store="index", thing="points", kept=lambda: twin.points)
        yield Indexed(index=twin, inspector=inspector)
    elif request.param == "qdrant_edge":
        owner: EdgeOwner = request.getfixturevalue("shared_edge_owner")
        edge = owner.index()
        yield Indexed(index=edge, inspector=EdgeInspector(owner.socket))
        edge.close()
    else:
        client = QdrantClient(":memory:")
        yield Indexed(
            index=QdrantServerChunkIndex(client, collection="tests", dimensions=DIMENSIONS),
            inspector=QdrantServerInspector(lambda: client),
        )
        client.close()


def hidden(client: QdrantClient, point: UUID) -> None:
    """Put a point into a collection that is none of ours, without a word of whose it is."""
    client.create_collection("old", VectorParams(size=2, distance=Distance.DOT))
    client.upsert("old", [PointStruct(id=str(point), vector=[1, 0], payload={})])


def some_points(document: DocumentId, number: int) -> list[Point]:
    return [
        Point(
            document_id=document,
            ordinal=ordinal,
            vector=np.array([1, 0, 0, ordinal + 1], dtype=np.float32),
            harmless=True,
            categories=frozenset(),
            groups=frozenset(),
        )
        for ordinal in range(number)
    ]


@pytest.mark.parametrize("number", [1, 3, 1_200])
def test_the_index_inspector_sees_points_in_every_way_until_they_are_gone(indexed: Indexed, number: int) -> None:
    """R41, R42: counted, listed, and under the ids that they must have had."""
    tenant, target = TenantId(uuid4()), a_target(chunks=number)
    other = DocumentId(uuid4())
    for document in (target.document_id, other):
        points = some_points(document, number)
        indexed.index.replace(tenant_id=tenant, document_id=document, points=points)
    assert set(seen(indexed.inspector, tenant, target).values()) == {number}
    indexed.index.erase(tenant_id=tenant, document_ids=[target.document_id])
    assert set(seen(indexed.inspector, tenant, target).values()) == {0}
    assert set(seen(indexed.inspector, tenant, Target(document_id=other, chunk_count=number)).values()) == {number}


def test_points_are_seen_whatever_tenant_they_say_they_are_of(indexed: Indexed) -> None:
    target = a_target()
    points = some_points(target.document_id, 3)
    indexed.index.replace(tenant_id=TenantId(uuid4()), document_id=target.document_id, points=points)
    assert set(seen(indexed.inspector, TenantId(uuid4()), target).values()) == {3}


def test_a_point_that_says_nothing_of_its_document_is_seen_under_its_id() -> None:
    """R42: the ids are derived, so a point that lost its payload is still found."""
    client, target = QdrantClient(":memory:"), a_target()
    hidden(client, chunk_id(target.document_id, 2))
    assert seen(QdrantServerInspector(lambda: client), TenantId(uuid4()), target) == {
        "points_counted": 0,
        "points_listed": 0,
        "points_held": 1,
    }
    client.close()


def test_an_owner_that_does_not_answer_is_not_empty(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        EdgeInspector(tmp_path / "socket").inspect(TenantId(uuid4()), [a_target()])


# The files of the index


def test_the_byte_scan_sees_ids_in_the_files_of_the_index_until_they_are_rewritten(edge_owner: EdgeOwner) -> None:
    """R41: inside compressed pages, too."""
    inspector = FolderInspector(store="index_files", folder=edge_owner.folder, covered_by=REWRITTEN)
    tenant, target, other = TenantId(uuid4()), a_target(chunks=20), a_target(chunks=20)
    index = edge_owner.index()
    for document in (target.document_id, other.document_id):
        index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 20))
    assert seen(inspector, tenant, target)["files_with_its_ids"] > 1
    index.erase(tenant_id=tenant, document_ids=[target.document_id])
    assert seen(inspector, tenant, target) == {"files_with_its_ids": 0}
    assert seen(inspector, tenant, other)["files_with_its_ids"] > 1
    index.close()


@pytest.mark.parametrize("form", [lambda one: str(one).encode(), lambda one: one.hex.encode(), lambda one: one.bytes])
def test_the_byte_scan_sees_an_id_in_every_form(tmp_path: Path, form: Callable[[UUID], bytes]) -> None:
    inspector, target = FolderInspector(store="vault_files", folder=tmp_path, covered_by=()), a_target()
    (tmp_path / "file").write_bytes(b"before" + form(target.document_id) + b"after")
    assert seen(inspector, TenantId(uuid4()), target) == {"files_with_its_ids": 1}
    (tmp_path / "file").unlink()
    assert seen(inspector, TenantId(uuid4()), target) == {"files_with_its_ids": 0}


def test_a_folder_too_large_to_read_is_said_to_be_unchecked(tmp_path: Path) -> None:
    inspector = FolderInspector(store="index_files", folder=tmp_path, covered_by=REWRITTEN, largest=1_000)
    (tmp_path / "file").write_bytes(bytes(range(256)) * 100)
    inspection = inspector.inspect(TenantId(uuid4()), [a_target()])
    assert inspection.sightings == ()
    assert [(one.reason, one.covered_by) for one in inspection.unchecked] == [("too_large", REWRITTEN)]


def test_a_folder_that_is_not_there_is_not_empty(tmp_path: Path) -> None:
    inspector = FolderInspector(store="index_files", folder=tmp_path / "none", covered_by=())
    with pytest.raises(FileNotFoundError):
        inspector.inspect(TenantId(uuid4()), [a_target()])


# The broker


def test_a_message_that_names_a_document_is_seen_in_valkey_until_it_is_taken(valkey: ValkeyServer) -> None:
    """R42, R54: bodies of messages are encoded; a document in one is seen all the same."""
    inspector = BrokerInspector(valkey.url, tuple(QUEUES.values()))
    target, other, app = a_target(), a_target(), configured(valkey.url)
    assert seen(inspector, TenantId(uuid4()), target) == {"messages": 0}
    arguments = (str(target.document_id), str(JobId(uuid4())))
    app.send_task(JobKind.INGEST.value, args=arguments, queue=QUEUES[JobKind.INGEST.value])
    assert seen(inspector, TenantId(uuid4()), target)["messages"] >= 1
    assert seen(inspector, TenantId(uuid4()), other) == {"messages": 0}
    with app.connection_for_read() as connection:
        connection.default_channel.queue_purge(QUEUES[JobKind.INGEST.value])
    assert seen(inspector, TenantId(uuid4()), target) == {"messages": 0}


def test_the_twin_sees_a_message_that_names_a_document() -> None:
    target = a_target()
    rings: list[object] = [f"ring {target.document_id}"]
    inspector = InMemoryBrokerInspector(rings=rings)
    assert seen(inspector, TenantId(uuid4()), target) == {"messages": 1}
    rings.clear()
    assert seen(inspector, TenantId(uuid4()), target) == {"messages": 0}


@pytest.mark.slow
def test_what_waits_in_rabbitmq_cannot_be_read_and_that_is_said(rabbitmq: RabbitServer) -> None:
    """R42: an empty queue is counted; messages that wait or are in a worker's hands are unchecked."""
    inspector, app, target = BrokerInspector(rabbitmq.url, ("ingest",)), configured(rabbitmq.url), a_target()
    app.send_task(JobKind.INGEST.value, args=(str(target.document_id), ""), queue="ingest")
    inspection = inspector.inspect(TenantId(uuid4()), [target])
    assert inspection.sightings == ()
    assert {one.thing for one in inspection.unchecked} == {"messages_in_hand", "messages_waiting"}
    with app.connection_for_read() as connection:
        connection.default_channel.queue_purge("ingest")
    inspection = inspector.inspect(TenantId(uuid4()), [target])
    assert [(one.thing, one.method, one.found) for one in inspection.sightings] == [("messages", "queue_depth", 0)]
    assert [one.thing for one in inspection.unchecked] == ["messages_in_hand"]


@pytest.mark.parametrize("url", ["redis+socket:///nowhere/none.sock", "amqp://guest:guest@127.0.0.1:1//"])
def test_a_broker_that_does_not_answer_is_not_empty(url: str) -> None:
    with pytest.raises((OSError, PartUnavailableError, Exception)):
        BrokerInspector(url, ("ingest",)).inspect(TenantId(uuid4()), [a_target()])
