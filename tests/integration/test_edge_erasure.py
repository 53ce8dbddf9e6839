"""What the embedded index leaves on the disk: nothing of what was erased."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import numpy as np
from qdrant_edge import EdgeShard

from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.adapters.qdrant_edge.shard import Shard
from service.policy.access import DocumentId
from service.ports import chunk_id
from tests.scan import forms_of, scan
from tests.servers.edge import EdgeOwner, edge_owner
from tests.servers.wide_edge import WIDE, a_document, a_tenant, everything, index, some_points, wide_owner, wire

__all__ = ["edge_owner", "index", "wide_owner"]


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


def test_without_a_rewrite_the_scan_finds_what_was_deleted(tmp_path: Path) -> None:
    """The proof above has teeth: the engine itself keeps every byte of what it deletes."""
    tenant, document = a_tenant(), a_document()
    shard = Shard.create(tmp_path / "shard", dimensions=WIDE)
    shard.replace(tenant=tenant, documents=[(document, wire(some_points(document, 3)))])
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
store = Store(folder)
(collection,) = (path for path in folder.iterdir() if path.is_dir())
shard = Shard.load(collection, dimensions=64)
shard.replace(tenant=UUID(int=1), documents=[(document, [WirePoint(0, vector, True, [], [])])])
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


def test_no_byte_of_a_dropped_space_is_left_whoever_else_has_points_in_it(wide_owner: EdgeOwner) -> None:
    """R63, R41: shared with another tenant it is rewritten, and removed with its folder by the last."""
    mine, yours, document, other = a_tenant(), a_tenant(), a_document(), a_document()
    old = wide_owner.index(collection="old")
    old.replace(tenant_id=mine, document_id=document, points=some_points(document, 3))
    old.replace(tenant_id=yours, document_id=other, points=some_points(other, 2, seed=2))
    assert wide_owner.stop() == os.EX_OK
    needles = needles_of(wide_owner, document, size=3)
    wide_owner.start()
    assert all(scan(wide_owner.folder, needles).values())
    old.drop(tenant_id=mine)
    assert not any(scan(wide_owner.folder, needles).values())
    assert old.held(tenant_id=yours, document_id=other) == 2
    assert [path for path in wide_owner.folder.iterdir() if path.is_dir()] != []
    old.drop(tenant_id=yours)
    assert [path for path in wide_owner.folder.iterdir() if path.is_dir()] == []
    old.close()


def test_a_kill_while_a_space_is_removed_leaves_none_of_it_after_the_next_start(wide_owner: EdgeOwner) -> None:
    """R63, R60: its name goes first; what lies under the name for replaced collections, the next start removes."""
    old, tenant, document = wide_owner.index(collection="old"), a_tenant(), a_document()
    old.replace(tenant_id=tenant, document_id=document, points=some_points(document, 3))
    wide_owner.kill()
    (collection,) = (path for path in wide_owner.folder.iterdir() if path.is_dir())
    collection.rename(collection.with_name(collection.name + ".old"))
    wide_owner.start()
    assert old.held(tenant_id=tenant, document_id=document) == 0
    assert [path for path in wide_owner.folder.iterdir() if path.is_dir()] == []
    old.close()
