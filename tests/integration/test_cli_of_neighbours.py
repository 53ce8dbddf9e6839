"""Holds, retention and exports from the command line, against a server in this process (R45, R47)."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from service.app import application
from service.cli import main
from service.policy.access import Role
from tests.assembled import World, a_world

PATIENCE = 60
TEXT = "Ada Example plays chess. SECRET-PII"
Run = Callable[..., str]


@pytest.fixture(scope="module")
def world() -> World:
    return a_world()


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """Serve the product on a free port of this machine."""
    app = application(world.product, max_upload_bytes=100_000)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture
def run(
    world: World, address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return a way to run a command as the first, or as the `second` data owner; it must end with `code`."""
    monkeypatch.setenv("RINGFENCE_URL", address)
    monkeypatch.setenv("RINGFENCE_DATA_DIR", str(tmp_path))
    tokens = [world.person("acme", Role.DATA_OWNER)[1] for _ in range(2)]

    def called(*arguments: str, second: bool = False, code: int = 0) -> str:
        monkeypatch.setenv("RINGFENCE_API_KEY", tokens[second])
        with pytest.raises(SystemExit) as end:
            main(arguments)
        told = capsys.readouterr()
        assert end.value.code == code, told
        return told.out + told.err

    return called


def test_a_hold_is_placed_widened_and_released_by_two(world: World, run: Run) -> None:
    document = world.uploaded(world.person("acme")[0], TEXT)
    placed = json.loads(run("holds", "place", "--name", "Doe [v.] Acme", "--document", str(document.id), "--json"))
    matter = placed["id"]
    assert matter in run("holds", "list")
    assert "Doe [v.] Acme" in run("holds", "show", matter)
    assert "groups hr" in run("holds", "add", matter, "--group", "hr")
    assert f"held by {matter}" in " ".join(run("documents", "show", str(document.id)).split())
    assert f"Held for: {matter}" in " ".join(run("delete", str(document.id), code=1).split())
    assert "another key has to confirm" in run("holds", "release", matter, "--reason", "matter_closed")
    assert "two people" in run("holds", "confirm", matter, code=1)
    assert "released" in run("holds", "confirm", matter, second=True)
    run("holds", "place", "--name", "nothing", code=2)
    run("holds", "release", matter, code=2)


def test_rules_are_set_previewed_and_approved(world: World, run: Run) -> None:
    world.uploaded(world.person("acme")[0], TEXT)
    assert "no rules" in run("retention", "show")
    assert "preview` is next" in run("retention", "set", "--rule", "PII=30", "--rule", "any=365:shortest")
    assert "not_due" in run("retention", "preview")
    assert "`ringfence retention approve 1` is next" in run("retention", "show")
    assert "in force: version 1" in run("retention", "approve", "1")
    assert "at most 365 days" in run("retention", "show")
    run("retention", "set", "--rule", "PII:30", code=2)
    run("retention", "set", "--rule", "FOO=3", code=2)
    assert "in force: version 2: no rules" in run("retention", "set", "--none")


def test_an_export_is_made_written_and_removed(world: World, run: Run, tmp_path: Path) -> None:
    world.uploaded(world.person("acme")[0], TEXT)
    export = json.loads(run("exports", "make", "--name", "Ada Example", "--json"))["id"]
    assert "Ada Example" in run("exports", "list")
    file = tmp_path / "ada.zip"
    file.touch()
    file.chmod(0o644)
    run("exports", "get", export, "--out", str(file))
    assert file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(file) as pack:
        assert "chess" in pack.read("index.html").decode()
    assert "destroyed" in run("exports", "remove", export)
    run("exports", "get", export, "--out", str(file), code=1)
    run("exports", "make", code=2)
