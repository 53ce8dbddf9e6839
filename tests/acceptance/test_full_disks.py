"""A disk that is full, or can only be read, loses nothing: it is told what to do, and all goes on by itself (R60, R43).

Vault, key store, index and PostgreSQL lie on small disks of their own, which are filled up to the last byte or made
read-only when a document has just reached a stage at which they are written.
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import httpx
import psycopg
import pytest

from service.cli.client import token_file
from tests.acceptance import stock
from tests.acceptance.handing_in import Run
from tests.acceptance.services import Services
from tests.acceptance.stages import Stage, armed
from tests.acceptance.storm import Storm
from tests.servers.disks import Disk, small_disk
from tests.servers.postgres import created_database, started
from tests.servers.valkey import ValkeyServer, redis

__all__ = ["redis"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DOCUMENTS = 24
_SECONDS = 240.0
_MEGABYTES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Services whose stores lie on disks of their own, and what a run in peace left."""

    services: Services
    disks: dict[str, Disk]
    calm: stock.Stock


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, redis: ValkeyServer) -> Iterator[House]:
    path = tmp_path_factory.mktemp("disks")
    with ExitStack() as stack:
        folders = {"vault": path / "data/vault", "keys": path / "data/keys", "index": path / "data/edge"}
        folders["database"] = path / "pg"
        disks = {name: stack.enter_context(small_disk(at, megabytes=_MEGABYTES)) for name, at in folders.items()}
        server = started(inside=folders["database"])
        stack.callback(server.stop)
        address = stack.enter_context(created_database(server))
        services = Services(path / "data", server=server, database=address, broker=redis)
        services.command("init")
        stack.callback(services.stop)
        services.start()
        services.command("tenants", "add", "probing")
        services.command("tenants", "add", "calm")
        run = Run(stack=services, tenant="calm", documents=DOCUMENTS)
        Storm(services=services, run=run).rage(())
        yield House(services=services, disks=disks, calm=stock.taken(run))


STAGES = {"vault": Stage.KEPT, "keys": Stage.KEPT, "database": Stage.KEPT, "index": Stage.WRITING}


@pytest.mark.parametrize("store", list(STAGES))
def test_a_full_disk_is_told_loses_nothing_and_all_goes_on_when_there_is_room(house: House, store: str) -> None:
    services, disk = house.services, house.disks[store]
    tenant = f"full-{store}"
    services.command("tenants", "add", tenant)
    run = Run(stack=services, tenant=tenant, documents=DOCUMENTS)
    with run.handing_in():
        with armed(services.points, STAGES[store]) as standing:
            services.wait_until(lambda: standing() is not None, seconds=_SECONDS)
            disk.fill()
        try:
            told(house, store, f"The disk of the {TITLES[store]} is full", "storage_full")
        finally:
            disk.free()
        services.wait_until(lambda: over(house, run), seconds=_SECONDS)
    assert stock.wrong(stock.taken(run), as_in=house.calm, strikes=3) == []
    services.wait_until(lambda: not any(TITLES[store] in one for one in warnings(services)), seconds=_SECONDS)


@pytest.mark.parametrize("store", ["vault", "keys", "index"])
def test_a_read_only_disk_is_told_loses_nothing_and_all_goes_on_when_it_can_be_written(
    house: House, store: str
) -> None:
    services, disk = house.services, house.disks[store]
    tenant = f"closed-{store}"
    services.command("tenants", "add", tenant)
    run = Run(stack=services, tenant=tenant, documents=DOCUMENTS)
    with run.handing_in():
        with armed(services.points, STAGES[store]) as standing:
            services.wait_until(lambda: standing() is not None, seconds=_SECONDS)
            closed(services, disk)
        try:
            told(house, store, f"Nothing can be written to the {TITLES[store]}", "storage_read_only")
        finally:
            disk.open()
        services.wait_until(lambda: over(house, run), seconds=_SECONDS)
    assert stock.wrong(stock.taken(run), as_in=house.calm, strikes=3) == []


TITLES = {"vault": "vault", "keys": "key store", "index": "index", "database": "database"}


def closed(services: Services, disk: Disk) -> None:
    """Make the disk read-only; the owner of the index, who holds files open, is killed for that."""

    def done() -> bool:
        if disk.folder == services.folder.edge:
            services.kill("edge")
        with suppress(subprocess.CalledProcessError):
            disk.close()
            return True
        return False

    services.wait_until(done, seconds=_SECONDS)


def told(house: House, store: str, sentence: str, code: str) -> None:
    """Check what a person is told who hands something in, whoever asks for readiness, and the log."""
    services = house.services
    if store == "index":
        log = services.folder.logs / "edge.log"
    else:
        services.wait_until(lambda: sentence in refusal(services), seconds=_SECONDS)
        log = services.folder.logs / "api.log"
    services.wait_until(lambda: f'"error": "{code}"' in log.read_text(), seconds=_SECONDS)
    if store != "database":  # it is a server: nobody here sees its disk
        services.wait_until(lambda: any(TITLES[store] in one for one in warnings(services)), seconds=_SECONDS)


def refusal(services: Services) -> str:
    """Hand something in for another tenant; return why it is refused. A full database has room for some rows yet."""
    token = token_file(services.folder, "probing").read_text()
    try:
        answer = httpx.post(
            f"{services.url}/v1/documents",
            json={"text": "Too much."},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        )
    except httpx.TransportError:
        return ""
    return str(answer.json().get("detail", ""))


def warnings(services: Services) -> list[str]:
    """Return what readiness warns of."""
    try:
        answer = httpx.get(f"{services.url}/readyz", timeout=60, trust_env=False)
    except httpx.TransportError:
        return []
    return list(answer.json()["warnings"])


def over(house: House, run: Run) -> bool:
    """Whether every job of the run has ended."""
    with suppress(psycopg.Error):
        return Storm(services=house.services, run=run).over()
    return False
