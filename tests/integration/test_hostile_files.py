"""Hostile files cost one document, in bounded time and memory, and the parser goes on (R61)."""

import json
import multiprocessing
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from multiprocessing.queues import Queue
from pathlib import Path

import psutil
import pytest

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import Limits
from service.adapters.sandbox import SandboxedParser
from tests.documents import a_pdf
from tests.hostile import containers
from tests.hostile.files import LIMITS, MEMORY, READ, SECONDS, SET, SLOW, Hostile

UNSHARE = shutil.which("unshare") or "unshare"
LEFT_TO_THE_TABLE = {"slow.html", "81 megapixels.png"}
"""They take their whole time; `python -m tests.hostile` measures them, too."""
QUICK = [hostile for hostile in SET if hostile.name not in LEFT_TO_THE_TABLE]
IDS = [f"{number} {hostile.name[:40].encode('unicode_escape').decode()}" for number, hostile in enumerate(QUICK, 1)]
WITHOUT_BUBBLEWRAP = ("zip bomb.docx", "flate bomb.pdf", "far corner.xlsx", "deep.docx", "two gigapixels.png")


@pytest.fixture(params=[False, True], ids=["limits", "bubblewrap"])
def wrapped(request: pytest.FixtureRequest) -> bool:
    if request.param and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed (Debian package bubblewrap)")
    return bool(request.param)


@pytest.mark.parametrize("hostile", QUICK, ids=IDS)
def test_a_hostile_file_costs_one_document_and_the_parser_goes_on(hostile: Hostile, servers: set[int]) -> None:
    ends_as_it_may(hostile, servers, SandboxedParser(limits=LIMITS, seconds=SECONDS, memory_bytes=MEMORY))


@pytest.mark.parametrize("hostile", [one for one in SET if one.name in WITHOUT_BUBBLEWRAP], ids=WITHOUT_BUBBLEWRAP)
def test_the_same_holds_without_bubblewrap(hostile: Hostile, servers: set[int]) -> None:
    parser = SandboxedParser(limits=LIMITS, seconds=SECONDS, memory_bytes=MEMORY, wrapped=False)
    ends_as_it_may(hostile, servers, parser)


def ends_as_it_may(hostile: Hostile, servers: set[int], parser: SandboxedParser) -> None:
    """Have it parsed: a code that it may have, no process left behind, and the next document is read."""
    content, reason = hostile.make(), READ
    try:
        parser.parse(content, name=hostile.name)
    except UnreadableError as refusal:
        reason = refusal.reason
    assert reason in hostile.ends
    parser.close()
    assert not offspring(servers)
    assert parser.parse(b"The next document.", name="a.txt").text == "The next document."


def test_the_memory_of_a_hostile_file_is_bounded(servers: set[int]) -> None:
    parser = SandboxedParser(limits=LIMITS, seconds=SECONDS, memory_bytes=MEMORY)
    with ThreadPoolExecutor(1) as pool:
        parsing = pool.submit(parser.parse, containers.a_flate_bomb(), name="a.pdf")
        seen = [0]
        while not parsing.done():
            seen += [memory(child) for child in offspring(servers)]
            time.sleep(0.01)
    assert isinstance(parsing.exception(), UnreadableError)
    assert MEMORY // 4 < max(seen) <= MEMORY


def test_the_time_of_a_hostile_file_is_bounded(wrapped: bool) -> None:  # noqa: FBT001 - a fixture
    parser = SandboxedParser(limits=LIMITS, seconds=1, wrapped=wrapped)
    began = time.monotonic()
    with pytest.raises(UnreadableError) as refusal:
        parser.parse(SLOW, name="a.html")
    assert refusal.value.reason is Unreadable.TIMED_OUT
    assert time.monotonic() - began < 4


def test_the_child_shows_neither_the_name_nor_a_secret_of_its_parent(
    monkeypatch: pytest.MonkeyPatch,
    servers: set[int],
    wrapped: bool,  # noqa: FBT001 - a fixture
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary")
    parser = SandboxedParser(limits=LIMITS, seconds=3, wrapped=wrapped)
    with ThreadPoolExecutor(1) as pool:
        parsing = pool.submit(parser.parse, SLOW, name="canary.html")
        while not (children := offspring(servers)):
            time.sleep(0.05)
        time.sleep(0.5)
        shown = "".join(" ".join(child.cmdline()) + repr(environment(child)) for child in children)
        assert isinstance(parsing.exception(), UnreadableError)
    assert "ingestion.parsing" in shown
    assert "canary" not in shown


def memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


@pytest.fixture
def servers() -> set[int]:
    """Note which processes other tests have started: they are not the parser's."""
    return {child.pid for child in psutil.Process().children()}


def offspring(servers: set[int]) -> list[psutil.Process]:
    """Return the processes that this one started since, and those that they started."""
    fresh = [child for child in psutil.Process().children() if child.pid not in servers]
    found = list(fresh)
    for child in fresh:
        with suppress(psutil.NoSuchProcess):
            found += child.children(recursive=True)
    return found


def environment(process: psutil.Process) -> dict[str, str]:
    """Return the environment of a process; none where it has made even that unreadable."""
    try:
        return dict(process.environ())
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return {}


CONFINED = """
import json, resource, socket, sys
from ingestion.parsing.confinement import confine
confine(seconds=5, memory_bytes=1 << 29, output_bytes=100)

def refused(attempt):
    try:
        attempt()
    except (OSError, MemoryError, ValueError):
        return True
    return False

def write_much():
    with open(sys.argv[1], "wb", buffering=0) as file:
        while file.write(b"x" * 60):
            pass

print(json.dumps({
    "network": refused(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=2)),
    "memory": refused(lambda: bytearray(1 << 30)),
    "disk": refused(write_much),
    "more": refused(lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))),
}), flush=True)
"""


def test_the_child_takes_network_memory_and_disk_from_itself(tmp_path: Path) -> None:
    if subprocess.run([UNSHARE, "--user", "--net", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel lets nobody here leave the network (user namespaces are off)")
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = [sys.executable, "-c", CONFINED, str(tmp_path / "out"), str(server.getsockname()[1])]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == {"network": True, "memory": True, "disk": True, "more": True}
    assert (tmp_path / "out").stat().st_size <= 100


def parse_one(answers: "Queue[str]") -> None:
    answers.put(SandboxedParser(limits=LIMITS, seconds=SECONDS).parse(b"Text", name="a.txt").text)


def test_a_daemonic_process_can_parse() -> None:
    """Celery's worker processes are daemonic: they may have no children of `multiprocessing`."""
    context = multiprocessing.get_context("spawn")
    answers: Queue[str] = context.Queue()
    worker = context.Process(target=parse_one, args=(answers,), daemon=True)
    worker.start()
    assert answers.get(timeout=60) == "Text"
    worker.join(timeout=60)


def test_the_child_leaves_no_compiled_module_behind() -> None:
    """Its limit on file sizes once cut them short, and the next process could not import the halves."""
    spec = find_spec("ingestion.parsing.pdf")
    assert spec is not None
    assert spec.cached is not None
    compiled = Path(spec.cached)
    compiled.unlink(missing_ok=True)
    SandboxedParser(limits=Limits(), wrapped=False).parse(a_pdf(["Text"]), name="a.pdf")
    assert not compiled.exists()
