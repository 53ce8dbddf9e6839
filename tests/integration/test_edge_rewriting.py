"""A large collection is rewritten in another process: nobody waits for it, no byte stays, no kill loses anything."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.adapters.qdrant_edge.rewriting import cleared
from service.adapters.qdrant_edge.shard import Shard
from service.errors import PartUnavailableError
from service.policy.access import DocumentId
from service.ports import chunk_id
from tests.scan import scan
from tests.servers.edge import EdgeOwner, edge_owner
from tests.servers.wide_edge import WIDE, a_document, a_tenant, everything, some_points, wide_owner, wire

__all__ = ["edge_owner", "wide_owner"]

_PATIENCE = 60


@pytest.fixture
def owner(wide_owner: EdgeOwner) -> EdgeOwner:
    """Return an owner that rewrites every collection in another process."""
    assert wide_owner.stop() == os.EX_OK
    wide_owner.rewritten_beside = 0
    wide_owner.start()
    return wide_owner


@pytest.fixture
def index(owner: EdgeOwner) -> Iterator[QdrantEdgeChunkIndex]:
    made = owner.index()
    yield made
    made.close()


def needles(document: DocumentId, size: int) -> dict[str, bytes]:
    """Return what the engine writes of a document."""
    ids = {f"chunk {ordinal}": chunk_id(document, ordinal).bytes for ordinal in range(size)}
    return ids | {"document": str(document).encode()}


def collection(owner: EdgeOwner) -> Path:
    """Return the folder of the one collection."""
    (found,) = (path for path in owner.folder.iterdir() if path.is_dir())
    return found


def test_an_erasure_leaves_no_byte_and_everything_else(owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> None:
    """R41: once while it runs, once after another, and after a stop."""
    tenant, kept, *gone = a_tenant(), a_document(), a_document(), a_document()
    for seed, document in enumerate((kept, *gone)):
        index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 20, seed=seed))
    wanted = needles(gone[0], 20) | {f"other {name}": needle for name, needle in needles(gone[1], 20).items()}
    assert all(scan(owner.folder, wanted).values())
    for document in gone:
        index.erase(tenant_id=tenant, document_ids=[document])
    assert not any(scan(owner.folder, wanted).values())
    assert index.count(tenant_id=tenant, document_id=kept) == 20
    found = index.search(vector=some_points(kept, 1, seed=0)[0].vector, scope=everything(tenant), limit=100)
    assert {hit.document_id for hit in found} == {kept}
    index.replace(tenant_id=tenant, document_id=gone[0], points=some_points(gone[0], 3))
    owner.restart()
    assert index.count(tenant_id=tenant, document_id=kept) == 20
    assert index.count(tenant_id=tenant, document_id=gone[0]) == 3
    assert "rewritten_in_place" not in owner.log.read_text()


def test_searches_are_answered_while_a_collection_is_rewritten(owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    for one in (document, a_document()):
        index.replace(tenant_id=tenant, document_id=one, points=some_points(one, 500))
    erasing = threading.Thread(target=index.erase, kwargs={"tenant_id": tenant, "document_ids": [document]})
    erasing.start()
    answered = 0
    while erasing.is_alive():
        working = bool(rewriters(owner))
        index.search(vector=some_points(document, 1)[0].vector, scope=everything(tenant), limit=5)
        answered += working and bool(rewriters(owner))
    erasing.join()
    assert answered > 0


def test_where_a_copy_cannot_be_made_the_owner_rewrites_by_itself(
    owner: EdgeOwner, index: QdrantEdgeChunkIndex
) -> None:
    tenant, document = a_tenant(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=some_points(document, 20))
    in_the_way = collection(owner).with_name(collection(owner).name + ".new")
    in_the_way.touch()
    index.erase(tenant_id=tenant, document_ids=[document])
    in_the_way.unlink()
    assert "rewritten_in_place" in owner.log.read_text()
    assert not any(scan(owner.folder, needles(document, 20)).values())


def test_a_kill_while_a_copy_is_rewritten_loses_nothing_and_leaves_nothing(
    owner: EdgeOwner, index: QdrantEdgeChunkIndex
) -> None:
    """R41, R43: the other process dies with the owner, and the next start finishes."""
    tenant, kept, document = a_tenant(), a_document(), a_document()
    for one in (kept, document):
        index.replace(tenant_id=tenant, document_id=one, points=some_points(one, 200))

    def erase() -> None:
        with pytest.raises(PartUnavailableError):
            index.erase(tenant_id=tenant, document_ids=[document])

    erasing = threading.Thread(target=erase)
    erasing.start()
    deadline = time.monotonic() + _PATIENCE
    while not (working := rewriters(owner)):
        assert time.monotonic() < deadline
    owner.kill()
    erasing.join()
    psutil.wait_procs(working, timeout=_PATIENCE)
    owner.start()
    assert index.count(tenant_id=tenant, document_id=kept) == 200
    index.erase(tenant_id=tenant, document_ids=[document])
    assert not any(scan(owner.folder, needles(document, 200)).values())
    assert sorted(path.name for path in owner.folder.iterdir() if path.suffix in {".new", ".next", ".old"}) == []


@pytest.mark.parametrize("collection_there", [True, False], ids=["before the exchange", "in the middle of it"])
def test_a_kill_at_the_exchange_is_finished_by_the_next_start(tmp_path: Path, *, collection_there: bool) -> None:
    tenant, kept, gone = UUID(int=1), a_document(), a_document()
    shard = Shard.create(tmp_path / "shard-64", dimensions=WIDE)
    for document in (kept, gone):
        shard.replace(tenant=tenant, documents=[(document, wire(some_points(document, 5)))])
    shard.close()
    shutil.copytree(tmp_path / "shard-64", tmp_path / "shard-64.next")
    copy = Shard.load(tmp_path / "shard-64.next", dimensions=WIDE)
    copy.delete(tenant=tenant, documents=[gone])
    copy.rewrite_alone()
    copy.close()
    if not collection_there:
        (tmp_path / "shard-64").rename(tmp_path / "shard-64.old")
    cleared(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["shard-64"]
    shard = Shard.load(tmp_path / "shard-64", dimensions=WIDE)
    assert [shard.count(tenant=tenant, documents=[document]) for document in (kept, gone)] == [5, 0]
    shard.close()
    assert not any(scan(tmp_path, needles(gone, 5)).values())


def rewriters(owner: EdgeOwner) -> list[psutil.Process]:
    """Return the processes that rewrite for this owner now."""
    assert owner.process is not None
    return psutil.Process(owner.process.pid).children()
