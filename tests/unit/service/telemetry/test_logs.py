"""What a process tells of itself, by whichever way (R54). Each program runs in a process of its own."""

import json
import subprocess
import sys
from typing import Any

import pytest

CANARY = "Zanzibarquartz"
_SAID: dict[str, str] = {
    "an argument of a template": 'logging.getLogger("httpx").warning("GET %s", word)',
    "an f-string": 'logging.getLogger("uvicorn.error").error(f"cannot serve {word}")',
    "the message of an exception": 'try: raise ValueError(word)\nexcept ValueError: logging.exception("it failed")',
    "a chained exception": (
        "try:\n try: raise KeyError(word)\n except KeyError as e: raise ValueError(word) from e\n"
        'except ValueError: logging.exception("x")'
    ),
    "a stack, with locals": 'logging.error("x", stack_info=True)',
    "an extra field": 'logging.error("x", extra={"question": word})',
    "the name of a logger": "logging.getLogger(word).error(word)",
    "the name of a level": "logging.addLevelName(35, word); logging.log(35, word)",
    "a message that is no text": "logging.error({word: word})",
    "a message that cannot be formatted": 'logging.error("%d", word)',
    "a warning": "import warnings; warnings.warn(word)",
    "print": "print(word); print(word, file=sys.stderr)",
    "a printed traceback": "import traceback\ntry: raise ValueError(word)\nexcept ValueError: traceback.print_exc()",
    "a thread that fails": (
        "import threading\ndef f(): raise ValueError(word)\n"
        "t = threading.Thread(target=f, name=word); t.start(); t.join()"
    ),
    "what cannot be raised": (
        "class Odd:\n def __del__(self): raise ValueError(word)\nodd = Odd()\ndel odd\nimport gc; gc.collect()"
    ),
    "a coroutine that nobody awaits": (
        "import asyncio, gc\nasync def f(): raise ValueError(word)\n"
        "async def g(): t = asyncio.create_task(f(), name=word); await asyncio.sleep(0); del t; gc.collect()\n"
        "asyncio.run(g(), debug=True)"
    ),
    "an event of ours that is not listed": "structlog.get_logger().error(word)",
    "a key of ours that is not listed": 'structlog.get_logger().error("task_failed", question=word)',
    "a value of another shape": 'structlog.get_logger().error("task_failed", job=word, error=word, path="/v1/" + word)',
    "our own exception": (
        'try: raise ValueError(word)\nexcept ValueError: structlog.get_logger().exception("task_failed")'
    ),
    "a debug setting that adds a handler": (
        "h = logging.StreamHandler(sys.__stderr__)\n"
        'lib = logging.getLogger("anthropic"); lib.addHandler(h); lib.setLevel(logging.DEBUG); lib.propagate = False\n'
        'lib.debug("Request options: %s", word, exc_info=ValueError(word))'
    ),
    "a library that configures logging anew": (
        'logging.basicConfig(force=True, level=logging.DEBUG, format="%(message)s"); logging.debug(word)'
    ),
    "a library that makes its own records": (
        "logging.setLogRecordFactory(logging.LogRecord); logging.error(word)\n"
        "try: raise ValueError(word)\nexcept ValueError: logging.exception(word)"
    ),
    "a record that is filled in later": (
        'record = logging.makeLogRecord({"msg": word, "levelno": 40, "levelname": "ERROR"})\n'
        "logging.getLogger().handle(record); logging.StreamHandler(sys.__stderr__).handle(record)"
    ),
}
_BEFORE = "import logging, os, sys, structlog\nfrom service import telemetry\n"
_WORD = f'word = "".join({list(CANARY)})\n'
_EVERYTHING = f"""
{_BEFORE}
for number, program in enumerate({list(_SAID.values())}):
    telemetry.configure()
    os.write(2, b"\\x1e")
    exec({_WORD!r} + program, {{"logging": logging, "sys": sys, "structlog": structlog}})
"""


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Run every program in one process, each after `configure`, and return what came out of each."""
    ran = subprocess.run([sys.executable, "-c", _EVERYTHING], check=True, capture_output=True, text=True, timeout=120)
    assert ran.stdout == ""
    return dict(zip(_SAID, ran.stderr.split("\x1e")[1:], strict=True))


def _told(program: str, before: str = "") -> tuple[list[dict[str, Any]], str]:
    """Run a program after `configure`; return its lines and everything that it wrote."""
    whole = f"{_BEFORE}{before}\ntelemetry.configure()\n{_WORD}{program}\n"
    ran = subprocess.run([sys.executable, "-c", whole], check=False, capture_output=True, text=True, timeout=60)
    return [json.loads(line) for line in ran.stderr.splitlines()], ran.stderr + ran.stdout


@pytest.mark.parametrize("what", _SAID)
def test_nothing_said_is_logged(told: dict[str, str], what: str) -> None:
    assert [json.loads(line) for line in told[what].splitlines()], "something happened, so something is told"
    assert CANARY.lower() not in told[what].lower()


@pytest.mark.parametrize(
    ("what", "event"),
    [
        ("a thread that fails", "thread_failed"),
        ("what cannot be raised", "error_ignored"),
        ("a warning", "foreign_message"),
        ("print", "output_withheld"),
    ],
)
def test_what_passes_every_log_is_told_as_an_event(told: dict[str, str], what: str, event: str) -> None:
    assert {json.loads(line)["event"] for line in told[what].splitlines()} == {event}


def test_the_last_words_of_a_process_are_its_failure_s_kind_and_place() -> None:
    lines, everything = _told("raise ValueError(word)")
    assert [(line["event"], line["error"]) for line in lines] == [("process_failed", "ValueError")]
    assert CANARY not in everything


def test_what_was_logged_before_we_came_went_elsewhere_and_no_handler_is_left() -> None:
    """Uvicorn and transformers bring handlers of their own, which would print their records in their own way."""
    before = (
        'uv = logging.getLogger("uvicorn.error"); uv.addHandler(logging.StreamHandler()); uv.propagate = False\n'
        'uv.handlers[0].setFormatter(logging.Formatter("%(levelname)s: %(message)s"))'
    )
    lines, _ = _told('logging.getLogger("uvicorn.error").error(word)', before)
    assert [line["event"] for line in lines] == ["foreign_message"]


def test_a_failure_is_told_by_kind_and_place() -> None:
    program = 'import json\ntry: json.loads(word)\nexcept ValueError: logging.getLogger("httpx").exception("%s", word)'
    (line,), _ = _told(program)
    assert (line["event"], line["error"], line["level"]) == ("foreign_message", "JSONDecodeError", "error")
    assert line["at"][-1].startswith("json/decoder.py:")
    assert line["logger"] == "elsewhere"


def test_a_warning_is_told_with_its_place() -> None:
    (line,), _ = _told("import warnings, json.decoder as d\nwarnings.warn_explicit(word, UserWarning, d.__file__, 7)")
    assert (line["event"], line["where"].partition(":")[0]) == ("foreign_message", "warnings.py")


def test_the_messages_that_operators_look_for_are_told_as_our_own() -> None:
    (line,), _ = _told(
        'import uvicorn.config\nlogging.getLogger("uvicorn.error").info("Started server process [%d]", 7)'
    )
    assert line["event"] == "server_started"


def test_a_process_leaves_no_crash_dump() -> None:
    (line,), _ = _told(
        "import resource\nlimits = resource.getrlimit(resource.RLIMIT_CORE)\n"
        'structlog.get_logger().info("worker_went_deaf", seconds=sum(limits))'
    )
    assert line["seconds"] == 0


_COMMAND = """
import resource, structlog
from service import telemetry
log = structlog.get_logger()
with telemetry.warnings_only():
    log.info("model_loaded")
    try:
        raise ValueError("canaryword")
    except ValueError:
        log.warning("detector_failed", exc_info=True, text="canaryword")
    print(resource.getrlimit(resource.RLIMIT_CORE))
log.info("afterwards")
"""


def test_a_command_that_prints_a_result_logs_warnings_alone_and_beside_it() -> None:
    told = subprocess.run([sys.executable, "-c", _COMMAND], check=True, capture_output=True, text=True, timeout=60)
    (line,) = map(json.loads, told.stderr.splitlines())
    assert (line["event"], line["error"], line["dropped"]) == ("detector_failed", "ValueError", 1)
    limit, afterwards = told.stdout.splitlines()
    assert limit == "(0, 0)"
    assert "afterwards" in afterwards
    assert "canaryword" not in told.stderr
