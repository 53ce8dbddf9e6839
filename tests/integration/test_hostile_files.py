"""Hostile files cost one document, in bounded time and memory, and the parser goes on (R61)."""

import json
import multiprocessing
import shutil
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from multiprocessing.queues import Queue
from pathlib import Path

import psutil
import pytest

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import Limits
from service.adapters.sandbox import SandboxedParser
from tests.documents import a_docx, a_pdf, a_pdf_of, a_stream, a_zip, an_xlsx, with_member

SECONDS = 15
MEMORY = 768 << 20
LIMITS = Limits(max_bytes=20_000_000, max_pages=2_000, max_text=5_000_000)
WORD = "word/document.xml"
SLOW = b"<div/>" * 100_000
"""HTML does not know self-closing elements: this nests, and its tree takes quadratic time."""
UNSHARE = shutil.which("unshare") or "unshare"


@cache
def a_flate_bomb() -> bytes:
    """Return a few kB that become 1.2 GB of page content, more than the parser is granted."""
    squeeze = zlib.compressobj(1)
    pattern = b"(a)Tj " * 1_000_000
    once = b"".join(squeeze.compress(pattern) for _ in range(200)) + squeeze.flush()
    twice = zlib.compress(once, 9)
    return a_pdf_of([b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(twice), twice)])


def a_long_pdf() -> bytes:
    """Return a PDF of 200,000 pages: one page, listed that often."""
    return a_pdf_of([a_stream(b"")]).replace(
        b"/Count 1/Kids[5 0 R]", b"/Count 200000/Kids[" + b"5 0 R " * 200_000 + b"]"
    )


def a_laughing_docx() -> bytes:
    """Return a Word document whose entities would expand to 10^9 characters."""
    entities = b"".join(b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10))
    body = b'<!DOCTYPE d [<!ENTITY a0 "ha">' + entities + b"]><d><t>&a9;</t></d>"
    return with_member(a_docx("x"), WORD, body)


def an_encrypted_pdf() -> bytes:
    password = b"<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>"
    return a_pdf_of([a_stream(b"")], encryption=password)


def a_far_corner() -> bytes:
    """Return a workbook with a cell in the last corner: 17 thousand million cells for a dense reader."""
    return with_member(
        an_xlsx({"Sheet": [["x"]]}),
        "xl/worksheets/sheet1.xml",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>",
    )


HOSTILE: list[tuple[str, Callable[[], bytes], set[Unreadable]]] = [
    ("zip bomb.docx", lambda: with_member(a_docx("x"), WORD, bytes(1 << 28)), {Unreadable.TOO_LARGE}),
    ("many parts.docx", lambda: a_zip({f"word/{n}": b"" for n in range(20_000)}), {Unreadable.TOO_LARGE}),
    ("flate bomb.pdf", a_flate_bomb, {Unreadable.OUT_OF_MEMORY, Unreadable.CRASHED}),
    ("200,000 pages.pdf", a_long_pdf, {Unreadable.TOO_MANY_PAGES}),
    ("encrypted.pdf", an_encrypted_pdf, {Unreadable.ENCRYPTED}),
    ("truncated.docx", lambda: a_docx("x" * 9_999)[:-99], {Unreadable.DAMAGED}),
    ("laughs.docx", a_laughing_docx, {Unreadable.DAMAGED}),
    ("deep.html", lambda: b"<div>" * 100_000, {Unreadable.DAMAGED}),
    ("deep.docx", lambda: with_member(a_docx("x"), WORD, b"<p>" * 1_000_000), {Unreadable.DAMAGED}),
    ("wide.csv", lambda: b",".join([b"column"] * 1_000_000) + b"\n1", {Unreadable.TOO_MUCH_TEXT}),
    ("far corner.xlsx", a_far_corner, {Unreadable.OUT_OF_MEMORY, Unreadable.CRASHED}),
    ("picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), {Unreadable.DAMAGED}),
    ("empty.txt", bytes, {Unreadable.EMPTY}),
]


@pytest.fixture(params=[False, True], ids=["limits", "bubblewrap"])
def wrapped(request: pytest.FixtureRequest) -> bool:
    if request.param and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed (Debian package bubblewrap)")
    return bool(request.param)


@pytest.mark.parametrize(("name", "make", "reasons"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_a_hostile_file_fails_alone_with_its_code_and_the_parser_goes_on(
    name: str,
    make: Callable[[], bytes],
    reasons: set[Unreadable],
    servers: set[int],
    wrapped: bool,  # noqa: FBT001 - a fixture
) -> None:
    parser = SandboxedParser(limits=LIMITS, seconds=SECONDS, memory_bytes=MEMORY, wrapped=wrapped)
    content = make()
    began = time.monotonic()
    with pytest.raises(UnreadableError) as refusal:
        parser.parse(content, name=name)
    assert refusal.value.reason in reasons
    assert time.monotonic() - began < SECONDS + 5
    parser.close()
    assert not offspring(servers)
    assert parser.parse(b"The next document.", name="a.txt").text == "The next document."


def test_the_memory_of_a_hostile_file_is_bounded(servers: set[int]) -> None:
    parser = SandboxedParser(limits=LIMITS, seconds=SECONDS, memory_bytes=MEMORY)
    with ThreadPoolExecutor(1) as pool:
        parsing = pool.submit(parser.parse, a_flate_bomb(), name="a.pdf")
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
