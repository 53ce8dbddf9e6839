"""The owner process of the embedded index: what it leaves on the disk, and what it survives."""

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from qdrant_edge import EdgeShard

from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.adapters.qdrant_edge.owner import ALREADY_OWNED
from service.adapters.qdrant_edge.protocol import WirePoint
from service.adapters.qdrant_edge.shard import Shard
from service.errors import PartUnavailableError
from service.policy.access import EVERYONE, DocumentId, KeyId, Principal, Role, Scope, TenantId
from service.ports import Point, chunk_id
from tests.scan import forms_of, scan
from tests.servers.edge import EdgeOwner, edge_owner

__all__ = ["edge_owner"]

WIDE = 64
"""Dimensions where a vector's bytes are too long to appear by chance."""


@pytest.fixture
def wide_owner(edge_owner: EdgeOwner) -> EdgeOwner:
    assert edge_owner.stop() == os.EX_OK
    edge_owner.dimensions = WIDE
    edge_owner.start()
    return edge_owner


@pytest.fixture
def index(wide_owner: EdgeOwner) -> Iterator[QdrantEdgeChunkIndex]:
    index = wide_owner.index()
    yield index
    index.close()


def a_tenant() -> TenantId:
    return TenantId(uuid4())


def a_document() -> DocumentId:
    return DocumentId(uuid4())


def some_points(document_id: DocumentId, size: int, *, seed: int = 1) -> list[Point]:
    vectors = np.random.default_rng(seed).normal(size=(size, WIDE)).astype(np.float32)
    return [
        Point(
            document_id=document_id,
            ordinal=ordinal,
            vector=vector / np.linalg.norm(vector),
            harmless=True,
            categories=frozenset(),
            groups=frozenset({EVERYONE}),
        )
        for ordinal, vector in enumerate(vectors)
    ]


def everything(tenant_id: TenantId) -> Scope:
    return Scope.of(Principal(tenant_id=tenant_id, key_id=KeyId(uuid4()), role=Role.ADMIN))


def stored_vectors(owner: EdgeOwner, ids: Sequence[UUID]) -> dict[str, bytes]:
    """Return the vectors' bytes as the engine stores them (it normalises), read from a copy of a stopped store."""
    needles = {}
    for folder in (path for path in owner.folder.iterdir() if path.is_dir()):
        copy = owner.folder.with_name("copy")
        shutil.copytree(folder, copy)
        engine = EdgeShard.load(str(copy))
        for record in engine.retrieve(list(ids), with_payload=False, with_vector=True):
            needles[f"vector of {record.id}"] = np.array(record.vector, dtype="<f4").tobytes()
        engine.close()
        shutil.rmtree(copy)
    return needles


def needles_of(owner: EdgeOwner, document: DocumentId, *, size: int) -> dict[str, bytes]:
    """Return what Edge writes of a document, in the forms in which it does: its id, its chunks' ids, its vectors."""
    ids = [chunk_id(document, ordinal) for ordinal in range(size)]
    chunks = {f"chunk {identifier}": identifier.bytes for identifier in ids}
    vectors = stored_vectors(owner, ids)
    return {f"document {document}": str(document).encode(), **chunks, **vectors}


def test_an_erasure_leaves_no_byte_of_ids_or_vectors(wide_owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> None:
    """R41: no id, no list of ids, no raw vector; the scan is shown to see each of them first."""
    tenant, kept, *gone = a_tenant(), a_document(), a_document(), a_document()
    for seed, document in enumerate((kept, *gone)):
        index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 20, seed=seed))
    assert wide_owner.stop() == os.EX_OK
    of_kept = needles_of(wide_owner, kept, size=20)
    of_gone = needles_of(wide_owner, gone[0], size=20) | needles_of(wide_owner, gone[1], size=20)
    assert len(of_gone) == 2 * (1 + 20 + 20)
    assert all(scan(wide_owner.folder, of_kept | of_gone).values())

    wide_owner.start()
    index.erase(tenant_id=tenant, document_ids=gone)

    of_gone |= {**forms_of("a", gone[0]), **forms_of("b", gone[1]), **forms_of("c", chunk_id(gone[0], 3))}
    assert not any(scan(wide_owner.folder, of_gone).values())
    assert wide_owner.stop() == os.EX_OK
    assert not any(scan(wide_owner.folder, of_gone).values())
    assert all(scan(wide_owner.folder, of_kept).values())


def test_a_replaced_version_leaves_with_the_next_erasure(wide_owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> None:
    tenant, document, other = a_tenant(), a_document(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 5, seed=1))
    assert wide_owner.stop() == os.EX_OK
    old = stored_vectors(wide_owner, [chunk_id(document, ordinal) for ordinal in range(5)])
    wide_owner.start()
    index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 5, seed=2))
    assert all(scan(wide_owner.folder, old).values())
    index.erase(tenant_id=tenant, document_ids=[other])
    assert not any(scan(wide_owner.folder, old).values())


def wire(points: Sequence[Point]) -> list[WirePoint]:
    return [
        WirePoint(ordinal=point.ordinal, vector=point.vector.tobytes(), harmless=True, categories=[], groups=[EVERYONE])
        for point in points
    ]


def test_without_a_rewrite_the_scan_finds_what_was_deleted(tmp_path: Path) -> None:
    """The proof above has teeth: the engine itself keeps every byte of what it deletes."""
    tenant, document = a_tenant(), a_document()
    shard = Shard.create(tmp_path / "shard", dimensions=WIDE)
    shard.replace(tenant=tenant, document=document, points=wire(some_points(document, 3)))
    shard.delete(tenant=tenant, documents=[document])
    shard.flush()
    assert shard.count(tenant=tenant, documents=[document]) == 0
    needles = {"document": str(document).encode(), "chunk": chunk_id(document, 1).bytes}
    assert all(scan(tmp_path, needles).values())
    assert any("payload_storage" in path.as_posix() for path in scan(tmp_path, needles)["document"])
    shard.rewrite()
    assert not any(scan(tmp_path, needles).values())
    shard.close()


_UPSERT_AND_DIE = """
import os, pathlib, signal, sys
from uuid import UUID
from service.adapters.qdrant_edge.protocol import WirePoint
from service.adapters.qdrant_edge.shard import Shard
from service.adapters.qdrant_edge.store import Store
folder, document, vector = pathlib.Path(sys.argv[1]), UUID(sys.argv[2]), bytes.fromhex(sys.argv[3])
store = Store(folder, dimensions=64)
(collection,) = (path for path in folder.iterdir() if path.is_dir())
shard = Shard.load(collection, dimensions=64)
shard.replace(tenant=UUID(int=1), document=document, points=[WirePoint(0, vector, True, [], [])])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_kill_left_of_an_unfinished_write_is_gone_after_the_next_start(wide_owner: EdgeOwner) -> None:
    """R41, R43: a document whose write never finished can be erased, and then no byte of the attempt may stay."""
    index, tenant, kept, document = wide_owner.index(), a_tenant(), a_document(), a_document()
    index.replace(tenant_id=tenant, document_id=kept, points=some_points(kept, 20, seed=2))
    index.close()
    assert wide_owner.stop() == os.EX_OK
    (point,) = wire(some_points(document, 1))
    arguments = [str(wide_owner.folder), str(document), point.vector.hex()]
    died = subprocess.run([sys.executable, "-c", _UPSERT_AND_DIE, *arguments], check=False)
    assert died.returncode == -signal.SIGKILL
    needles = {"document": str(document).encode(), "vector": point.vector[8:-8]}
    assert all(scan(wide_owner.folder, needles).values())
    wide_owner.start()
    assert index.count(tenant_id=tenant, document_id=kept) == 20
    assert not any(scan(wide_owner.folder, needles).values())
    index.close()


def test_what_a_kill_left_of_an_unfinished_rewrite_is_gone_after_the_next_start(wide_owner: EdgeOwner) -> None:
    """R41: the engine itself never removes these copies, and they hold documents that may be erased later."""
    index, document = wide_owner.index(), a_document()
    index.replace(tenant_id=a_tenant(), document_id=document, points=some_points(document, 1))
    index.close()
    wide_owner.kill()
    (collection,) = (path for path in wide_owner.folder.iterdir() if path.is_dir())
    shutil.copytree(collection / "segments", collection / "temp_segments" / "segment_builder_1")
    wide_owner.start()
    places = scan(wide_owner.folder, {"document": str(document).encode()})["document"]
    assert places
    assert not any("temp_segments" in path.parts for path in places)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_is_corrupted_by_kill_9(wide_owner: EdgeOwner) -> None:
    """R60: kill during replacements and erasures, again and again."""
    index, tenant = wide_owner.index(), a_tenant()
    expected: dict[DocumentId, int] = {}
    rng = np.random.default_rng(7)
    for seed in range(6):
        killer = threading.Timer(rng.uniform(0.05, 0.6), wide_owner.kill)
        killer.start()
        uncertain = _write_until_it_dies(index, tenant, expected, seed=seed)
        killer.join()
        wide_owner.start()
        for document, size in expected.items():
            if document != uncertain:
                assert index.count(tenant_id=tenant, document_id=document) == size
        index.erase(tenant_id=tenant, document_ids=[uncertain])
        expected[uncertain] = 0
        hits = index.search(vector=some_points(uncertain, 1)[0].vector, scope=everything(tenant), limit=1_000)
        assert len(hits) == min(1_000, sum(expected.values()))
    index.close()


def _write_until_it_dies(
    index: QdrantEdgeChunkIndex, tenant: TenantId, expected: dict[DocumentId, int], *, seed: int
) -> DocumentId:
    """Write and erase until the owner is gone; return the document whose state nobody acknowledged."""
    while True:
        document = a_document()
        try:
            index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 40, seed=seed))
            expected[document] = 40
            if len(expected) % 3 == 0:
                document = next(iter(expected))
                index.erase(tenant_id=tenant, document_ids=[document])
                expected[document] = 0
        except PartUnavailableError:
            return document


def test_erasures_that_wait_share_one_rewrite(wide_owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> None:
    tenant, documents = a_tenant(), [a_document() for _ in range(6)]
    for document in documents:
        index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 2))
    large = a_document()
    points = some_points(large, 12_000)
    writing = threading.Thread(target=lambda: index.replace(tenant_id=tenant, document_id=large, points=points))
    erasing = [
        threading.Thread(target=lambda name=document: index.erase(tenant_id=tenant, document_ids=[name]))
        for document in documents
    ]
    writing.start()
    while index.count(tenant_id=tenant, document_id=large) == 0:
        time.sleep(0.01)
    for thread in erasing:
        thread.start()
    for thread in (writing, *erasing):
        thread.join()
    assert [index.count(tenant_id=tenant, document_id=document) for document in documents] == [0] * 6
    assert wide_owner.log.read_text().count("documents_erased") < len(documents)


def test_an_erasure_reaches_every_collection(wide_owner: EdgeOwner) -> None:
    """R41: a collection of an embedder that is no longer used still holds what it was given."""
    tenant, document = a_tenant(), a_document()
    old, new = wide_owner.index(collection="old model"), wide_owner.index(collection="old/model")
    old.replace(tenant_id=tenant, document_id=document, points=some_points(document, 3))
    assert new.search(vector=some_points(document, 1)[0].vector, scope=everything(tenant), limit=5) == ()
    assert new.count(tenant_id=tenant, document_id=document) == 3
    new.erase(tenant_id=tenant, document_ids=[document])
    assert old.count(tenant_id=tenant, document_id=document) == 0
    old.close()
    new.close()


def test_a_second_owner_of_a_folder_is_refused_in_one_line(wide_owner: EdgeOwner) -> None:
    assert wide_owner.launch().wait(30) == ALREADY_OWNED
    written = wide_owner.log.read_text()
    assert written.count("already belongs to a running owner\n") == 1
    assert "Traceback" not in written
    assert wide_owner.index().ready()


def test_only_the_user_can_reach_the_socket_and_the_files(wide_owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> None:
    index.replace(tenant_id=a_tenant(), document_id=(document := a_document()), points=some_points(document, 1))
    everywhere = [wide_owner.socket, wide_owner.folder, *wide_owner.folder.rglob("*")]
    assert [path for path in everywhere if path.stat().st_mode & 0o077] == []


def test_sigterm_finishes_the_write_under_way_and_removes_the_socket(
    wide_owner: EdgeOwner, index: QdrantEdgeChunkIndex
) -> None:
    tenant, document = a_tenant(), a_document()
    points = some_points(document, 8_000)
    writing = threading.Thread(target=lambda: index.replace(tenant_id=tenant, document_id=document, points=points))
    writing.start()
    while index.count(tenant_id=tenant, document_id=document) == 0:
        time.sleep(0.01)
    assert wide_owner.stop() == os.EX_OK
    writing.join()
    assert not wide_owner.socket.exists()
    assert not (wide_owner.folder / "unclean").exists()
    wide_owner.start()
    assert index.count(tenant_id=tenant, document_id=document) == 8_000


def test_a_socket_left_by_a_killed_owner_is_replaced(wide_owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> None:
    assert index.ready()
    wide_owner.kill()
    assert wide_owner.socket.exists()
    with pytest.raises(PartUnavailableError):
        index.count(tenant_id=a_tenant(), document_id=a_document())
    wide_owner.start()
    assert index.ready()


def test_an_owner_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        index = QdrantEdgeChunkIndex(path, collection="tests", timeout_seconds=0.1)
        with pytest.raises(PartUnavailableError):
            index.count(tenant_id=a_tenant(), document_id=a_document())


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"\x00\x00\x00\x03abc", "no message of ours"),
        (b"\x00\x00\x00\x00", "empty"),
        (b"\xff\xff\xff\xff", "announces four gigabytes"),
        (b"\x00\x00\x10\x00cut", "ends too early"),
    ],
)
def test_a_message_without_sense_harms_nobody_else(wide_owner: EdgeOwner, message: bytes, why: str) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(wide_owner.socket))
        stranger.sendall(message)
        stranger.shutdown(socket.SHUT_WR)
        stranger.settimeout(10)
        while stranger.recv(4096):
            pass
    assert wide_owner.index().ready(), why


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_parent_and_forked_child_do_not_disturb_each_other(index: QdrantEdgeChunkIndex) -> None:
    """Celery forks its workers after the application was built."""
    tenant, document = a_tenant(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 3))

    def ask(often: int) -> None:
        counts = {index.count(tenant_id=tenant, document_id=document) for _ in range(often)}
        if counts != {3}:
            os._exit(1)

    children = [multiprocessing.get_context("fork").Process(target=ask, args=(100,)) for _ in range(2)]
    for child in children:
        child.start()
    ask(100)
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
