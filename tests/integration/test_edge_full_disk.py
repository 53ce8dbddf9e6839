"""The owner of the index outlives a full disk: its files are mapped, and a write without a page would kill it (R60)."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from service.errors import StorageFullError
from service.policy.access import DocumentId, TenantId
from tests.servers.disks import Disk, small_disk
from tests.servers.edge import EdgeOwner
from tests.servers.wide_edge import WIDE, some_points

_MEGABYTES = 256
TENANT = TenantId(uuid4())


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[tuple[EdgeOwner, Disk]]:
    with small_disk(tmp_path / "index", megabytes=_MEGABYTES) as disk:
        made = EdgeOwner(folder=disk.folder, socket=tmp_path / "s", dimensions=WIDE)
        try:
            made.start()
            yield made, disk
        finally:
            made.end()


def test_a_write_without_room_is_refused_and_done_when_there_is_some(owner: tuple[EdgeOwner, Disk]) -> None:
    running, disk = owner
    index = running.index()
    before, after = DocumentId(uuid4()), DocumentId(uuid4())
    index.replace(tenant_id=TENANT, document_id=before, points=some_points(before, 3))
    disk.fill()
    with pytest.raises(StorageFullError, match="make room"):
        index.replace(tenant_id=TENANT, document_id=after, points=some_points(after, 3))
    with pytest.raises(StorageFullError):
        index.erase(tenant_id=TENANT, document_ids=[before])
    assert index.count(tenant_id=TENANT, document_id=before) == 3
    disk.free()
    index.replace(tenant_id=TENANT, document_id=after, points=some_points(after, 3))
    index.erase(tenant_id=TENANT, document_ids=[before])
    assert [index.count(tenant_id=TENANT, document_id=one) for one in (before, after)] == [0, 3]
    index.close()


def test_an_owner_that_starts_on_a_full_disk_waits_for_room(owner: tuple[EdgeOwner, Disk]) -> None:
    running, disk = owner
    running.kill()
    disk.fill()
    running.process = running.launch()
    index = running.index()
    while "storage_refused" not in running.log.read_text():
        assert running.process.poll() is None
    assert not index.ready()
    disk.free()
    while not index.ready():
        assert running.process.poll() is None
    index.close()
