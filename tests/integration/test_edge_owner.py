"""The owner process of the embedded index: who may reach it, and what it survives."""

import multiprocessing
import os
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.adapters.qdrant_edge.owner import ALREADY_OWNED
from service.errors import PartUnavailableError
from service.policy.access import DocumentId, TenantId
from tests.servers.edge import EdgeOwner, edge_owner
from tests.servers.wide_edge import a_document, a_tenant, everything, index, some_points, wide_owner

__all__ = ["edge_owner", "index", "wide_owner"]


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
        index = QdrantEdgeChunkIndex(path, collection="tests", dimensions=4, timeout_seconds=0.1)
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
