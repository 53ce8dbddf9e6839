"""What a process tells of itself without being asked (R54)."""

import json
import subprocess
import sys

_PROGRAM = """
import logging, resource
from service import telemetry
telemetry.configure()
try:
    raise ValueError("canaryword")
except ValueError:
    logging.getLogger("some.library").exception("it_failed")
    logging.getLogger("httpx").info("GET https://example/canaryword")
print(resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_process_logs_no_words_of_an_exception_and_leaves_no_crash_dump() -> None:
    told = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True, timeout=60)
    (line,) = map(json.loads, told.stderr.splitlines())
    assert (line["event"], line["error"], line["level"]) == ("it_failed", "ValueError", "error")
    assert "canaryword" not in told.stderr
    assert told.stdout.strip() == "(0, 0)"


_COMMAND = """
import resource, structlog
from service import telemetry
log = structlog.get_logger()
with telemetry.warnings_only():
    log.info("model_loaded")
    try:
        raise ValueError("canaryword")
    except ValueError:
        log.warning("detector_failed", exc_info=True)
    print(resource.getrlimit(resource.RLIMIT_CORE))
log.info("afterwards")
"""


def test_a_command_that_prints_a_result_logs_warnings_alone_and_beside_it() -> None:
    told = subprocess.run([sys.executable, "-c", _COMMAND], check=True, capture_output=True, text=True, timeout=60)
    (line,) = map(json.loads, told.stderr.splitlines())
    assert (line["event"], line["error"]) == ("detector_failed", "ValueError")
    limit, afterwards = told.stdout.splitlines()
    assert limit == "(0, 0)"
    assert "afterwards" in afterwards
    assert "canaryword" not in told.stderr
