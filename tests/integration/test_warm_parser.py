"""A document's child is forked from a warm process, and nothing of one document reaches the next (R61).

The parsers are replaced by one that runs what the document says: the worst that a hostile document could make of one.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from service.adapters.sandbox.warm import LateError, WarmParser

_ZYGOTE = Path(__file__).parents[2] / "service" / "adapters" / "sandbox" / "zygote.py"
_START = "import runpy, sys; sys.path.insert(0, sys.argv[2]); runpy.run_path(sys.argv[1])['main']()"
_MAIN = """
import os, sys
import ingestion.parsing.state as state
def main():
    answer = {}
    exec(sys.stdin.buffer.read().decode(), {"answer": answer, "state": state, "os": os, "sys": sys})
    os.write(1, repr(answer).encode())
    os._exit(0)
"""


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[WarmParser]:
    package = tmp_path / "ingestion" / "parsing"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "state.py").write_text("seen = []\n")
    (package / "__main__.py").write_text(_MAIN)
    parser = WarmParser([sys.executable, "-I", "-B", "-c", _START, str(_ZYGOTE), str(tmp_path)], seconds=60)
    yield parser
    parser.kill()


def told(warm: WarmParser, document: str, *, seconds: float = 60) -> str:
    """Have the document run and return its answer; nothing where its child did not end well."""
    source, result = os.memfd_create("source"), os.memfd_create("result")
    with os.fdopen(source, "w+b", buffering=0) as ours, os.fdopen(result, "w+b", buffering=0) as theirs:
        ours.write(dedent(document).encode())
        ours.seek(0)
        status = warm.parse(ours, theirs, seconds=seconds)
        theirs.seek(0)
        return theirs.read().decode() if status == 0 else ""


def apart() -> bool:
    """Whether this kernel gives a document process ids of its own."""
    command = ["unshare", "--user", "--pid", "--fork", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_each_document_has_a_fresh_process_and_sees_no_state_of_the_one_before(warm: WarmParser) -> None:
    tell = "answer.update(seen=list(state.seen), cwd=os.getcwd(), mark=os.environ.get('MARK'), umask=os.umask(0o77))"
    before = told(warm, tell)
    spoil = "state.seen.append('secret'); os.chdir('/tmp'); os.environ['MARK'] = 'x'; sys.modules.clear(); os.umask(0)"
    told(warm, spoil)
    assert "secret" not in told(warm, tell)
    assert told(warm, tell) == before


def test_a_document_has_no_file_of_the_process_that_it_was_forked_from(warm: WarmParser) -> None:
    """It could take the order for the next document from there, or answer in its place."""
    assert told(warm, _SOCKETS) == "{'sockets': []}"


_SOCKETS = """
import stat
def is_socket(file):
    try:
        return stat.S_ISSOCK(os.fstat(file).st_mode)
    except OSError:
        return False
answer["sockets"] = [file for file in range(64) if is_socket(file)]
"""


def test_what_a_document_leaves_running_ends_with_it(warm: WarmParser) -> None:
    if not apart():
        pytest.skip("this kernel gives nobody here process ids of their own (user namespaces are off)")
    mark = f"left-by-a-document-{os.getpid()}"
    leave = f"""
        import time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv("/bin/sleep", ["{mark}", "600"])
            os._exit(0)
        time.sleep(0.2)
    """
    told(warm, leave)
    assert not [one for one in psutil.process_iter() if mark in words(one)]
    assert told(warm, "answer['next'] = True") == "{'next': True}"


def test_a_document_can_neither_see_nor_signal_another_process(warm: WarmParser) -> None:
    if not apart():
        pytest.skip("this kernel gives nobody here process ids of their own (user namespaces are off)")
    reach = f"""
        def reached(process):
            try:
                os.kill(process, 9)
            except OSError:
                return False
            return True
        answer["reached"] = [one for one in ({os.getpid()}, {warm.process_id}) if reached(one)]
        answer["parent"] = os.getppid()
    """
    assert told(warm, reach) == "{'reached': [], 'parent': 0}"


def test_a_child_that_is_killed_is_told_apart_and_the_next_document_is_read(warm: WarmParser) -> None:
    assert told(warm, "os.kill(os.getpid(), 9)") == ""
    assert told(warm, "answer['next'] = True") == "{'next': True}"


def test_nothing_lives_on_when_a_late_document_is_killed(warm: WarmParser) -> None:
    mark = f"a-late-document-{os.getpid()}"
    with pytest.raises(LateError):
        told(warm, f'os.execv("/bin/sleep", ["{mark}", "600"])', seconds=1)
    warm.kill()
    assert not [one for one in psutil.process_iter() if mark in words(one)]


def test_the_warm_process_ends_with_whoever_holds_it(warm: WarmParser) -> None:
    process = psutil.Process(warm.process_id)
    warm.let_go()
    assert process.wait(60) is not None


def words(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []
