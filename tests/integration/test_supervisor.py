"""`ringfence up` on real PostgreSQL, Valkey and Qdrant Edge: it survives what people and machines do to it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from service import settings, supervisor
from service.folder import DataFolder
from service.supervisor import probes
from service.supervisor.survivors import MARK

_PORT = 8791
_STORES_ONLY = """
import sys
from service import settings, supervisor
sys.exit(supervisor.up(settings.load(), programs=lambda settings, folder: ()))
"""
_PARTS = {"PostgreSQL": "postgres", "Valkey": "valkey-server", "Qdrant Edge": "service.adapters.qdrant_edge.owner"}


@dataclass(slots=True)
class Up:
    """A running `ringfence up` and what it says."""

    folder: DataFolder
    process: subprocess.Popen[str]
    output: Path

    def says(self, line: str, *, times: int = 1) -> None:
        """Wait until it has said this so often."""
        _until(lambda: self._said(line) >= times or self.process.poll() is not None, self.output.read_text)
        assert self._said(line) >= times, self.output.read_text()

    def _said(self, line: str) -> int:
        return self.output.read_text().count(line)

    def ends(self) -> int:
        """Wait until it ends by itself or after a signal; return the exit code."""
        return self.process.wait(timeout=90)

    def pid(self, title: str) -> int:
        """Return the pid of a part."""
        found = [process.pid for process in _alive(self.folder) if _PARTS[title] in " ".join(process.cmdline())]
        return min(found)  # PostgreSQL's children are younger


@pytest.fixture(scope="module")
def folder() -> Iterator[DataFolder]:
    """Yield an initialised folder below a folder that is closed to everybody else."""
    parent = Path(tempfile.mkdtemp(prefix="rf-"))
    assert parent.stat().st_mode & 0o777 == 0o700
    made = DataFolder(parent / "kb")
    supervisor.initialise(settings.load(data_dir=made.path))
    yield made
    shutil.rmtree(parent)


@pytest.fixture
def up(folder: DataFolder, tmp_path: Path) -> Iterator[Callable[[], Up]]:
    """Start `up`; whatever is left of it afterwards is killed."""
    started: list[Up] = []

    def start(code: str = _STORES_ONLY) -> Up:
        output = tmp_path / f"output-{len(started)}"
        environment = os.environ | {"RINGFENCE_DATA_DIR": str(folder.path), "RINGFENCE_PORT": str(_PORT)}
        with output.open("w") as file:
            words = (sys.executable, "-c", code)
            process = subprocess.Popen(words, env=environment, stdout=file, stderr=file, text=True)
        started.append(Up(folder, process, output))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
    _kill_all(folder)
    _until(lambda: not _alive(folder), lambda: str(_alive(folder)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_is_clean_and_leaves_no_process(
    up: Callable[[], Up], folder: DataFolder, number: signal.Signals
) -> None:
    running = up()
    running.says("answers at")
    assert folder.api_file.exists()
    running.process.send_signal(number)
    assert running.ends() == 0
    assert _alive(folder) == []
    assert not folder.api_file.exists()
    assert "database system is shut down" in (folder.logs / "postgres.log").read_text()


def test_a_stop_while_starting_is_clean(up: Callable[[], Up], folder: DataFolder) -> None:
    running = up()
    running.says("PostgreSQL … ready")
    running.process.terminate()
    assert running.ends() == 0
    assert _alive(folder) == []


@pytest.mark.parametrize("title", _PARTS)
def test_a_part_that_is_killed_comes_back(up: Callable[[], Up], title: str) -> None:
    """R60: kill -9 of the database, the broker, the index."""
    running = up()
    running.says("answers at")
    before = running.pid(title)
    os.kill(before, signal.SIGKILL)
    running.says(f"{title} … ready", times=2)
    assert running.pid(title) != before
    assert _all_answer(running.folder)


def test_parts_killed_all_at_once_come_back(up: Callable[[], Up]) -> None:
    running = up()
    running.says("answers at")
    _kill_all(running.folder)
    for title in _PARTS:
        running.says(f"{title} … ready", times=2)
    assert _all_answer(running.folder)


def test_parts_that_outlived_their_supervisor_are_replaced(up: Callable[[], Up], folder: DataFolder) -> None:
    first = up()
    first.says("answers at")
    survivors = {first.pid(title) for title in _PARTS}
    first.process.kill()
    first.process.wait()
    assert survivors <= {process.pid for process in _alive(folder)}
    second = up()
    second.says("answers at")
    assert not survivors & {process.pid for process in _alive(folder)}
    assert _all_answer(folder)


def test_a_start_after_everything_was_killed_finds_its_way_past_what_lies_around(
    up: Callable[[], Up], folder: DataFolder
) -> None:
    """Sockets, postmaster.pid, api.json and lock files are all stale then."""
    first = up()
    first.says("answers at")
    first.process.kill()
    _kill_all(folder)
    first.process.wait()
    assert (folder.postgres / "data" / "postmaster.pid").exists()
    second = up()
    second.says("answers at")
    assert _all_answer(folder)


def test_a_second_start_on_the_same_folder_is_refused_and_harms_nobody(up: Callable[[], Up]) -> None:
    first = up()
    first.says("answers at")
    pids = {first.pid(title) for title in _PARTS}
    second = up()
    assert second.ends() == 1
    line = f"already in use by pid {first.process.pid} on http://127.0.0.1:{_PORT}"
    assert line in second.output.read_text()
    assert pids == {first.pid(title) for title in _PARTS}


def test_initialising_again_changes_nothing_running_or_not(up: Callable[[], Up], folder: DataFolder) -> None:
    key = folder.master_key.read_bytes()
    supervisor.initialise(settings.load(data_dir=folder.path))
    running = up()
    running.says("answers at")
    supervisor.initialise(settings.load(data_dir=folder.path))
    assert running.process.poll() is None
    assert folder.master_key.read_bytes() == key


def test_a_process_of_another_knowledge_base_is_left_alone(up: Callable[[], Up], folder: DataFolder) -> None:
    marks = (f"{folder.path}2|valkey", f"{folder.path.parent}|valkey", "")
    words = ("sleep", "60", str(folder.path))
    others = [subprocess.Popen(words[:2], env={**os.environ, MARK: mark}) for mark in marks]
    running = up()
    running.says("answers at")
    running.process.terminate()
    assert running.ends() == 0
    assert [other.poll() for other in others] == [None, None, None]
    for other in others:
        other.kill()
        other.wait()


def test_a_part_that_cannot_start_is_one_line_with_its_reason(up: Callable[[], Up], folder: DataFolder) -> None:
    configuration = folder.postgres / "data" / "postgresql.conf"
    before = configuration.read_text()
    configuration.write_text("shared_buffers = plenty\n")
    try:
        running = up()
        assert running.ends() == 1
    finally:
        configuration.write_text(before)
    lines = [line for line in running.output.read_text().splitlines() if "did not start" in line]
    assert len(lines) == 1
    assert lines[0].startswith("PostgreSQL did not start: ")
    assert "contains errors" in lines[0]
    assert _alive(folder) == []


_DIES = """
import sys
from service import settings, supervisor
from service.settings import bare_environment
from service.supervisor.part import Part

def mayfly(settings, folder):
    command = (sys.executable, "-c", "import time; time.sleep(0.2)")
    return [Part(name="mayfly", title="Mayfly", command=command, environment=bare_environment(),
                 log=folder.logs / "mayfly.log", ready=lambda pid: True)]

sys.exit(supervisor.up(settings.load(), programs=mayfly))
"""


def test_a_part_that_keeps_dying_stops_everything_with_one_line(up: Callable[[str], Up], folder: DataFolder) -> None:
    running = up(_DIES)
    assert running.ends() == 1
    assert "Mayfly died 5 times" in running.output.read_text()
    assert _alive(folder) == []


def test_no_log_of_a_store_holds_what_a_statement_said(up: Callable[[], Up], folder: DataFolder) -> None:
    """R54: PostgreSQL's own errors quote values, parameters and statements unless told not to."""
    running = up()
    running.says("answers at")
    where = f"host={folder.postgres_sockets} user=ringfence_owner dbname=ringfence"
    with psycopg.connect(where, autocommit=True) as connection:
        for statement in ("select 'canary'::int", "select %s::int", "create table canary (x int check (x > 5))"):
            _try(connection, statement)
        _try(connection, "insert into canary values (3)")
        connection.execute("drop table canary")
    running.process.terminate()
    assert running.ends() == 0
    assert all("canary" not in log.read_text() for log in folder.logs.iterdir())


def test_everything_in_the_folder_is_closed_to_others(folder: DataFolder) -> None:
    """Only the two folders that PostgreSQL's user walks through may be entered, and not listed, when root runs it."""
    passages = {folder.path, folder.run}
    for path in folder.path.rglob("*"):
        if not path.is_symlink():
            open_to_others = path.stat().st_mode & 0o077
            assert open_to_others in ({0, 0o011} if path in passages else {0}), path


def _try(connection: psycopg.Connection, statement: str) -> None:
    try:
        connection.execute(statement, ("canary",) if "%s" in statement else None)
    except psycopg.Error:
        return


def _kill_all(folder: DataFolder) -> None:
    for process in _alive(folder):
        with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL's children end with the first of them
            process.kill()


def _alive(folder: DataFolder) -> list[psutil.Process]:
    """Every process that names the folder in its command or works in it; not by the mark, which is under test."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = " ".join(process.cmdline())
            if f"{folder.path}/" in words or Path(process.cwd()).is_relative_to(folder.path):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _all_answer(folder: DataFolder) -> bool:
    with psycopg.connect(f"host={folder.postgres_sockets} user=ringfence_owner dbname=ringfence") as connection:
        connection.execute("select 1")
    return probes.answering_ping(folder.valkey_socket)(0) and probes.listening(folder.edge_socket)(0)


def _until(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)
