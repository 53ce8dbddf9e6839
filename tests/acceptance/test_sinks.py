"""After a run full of words and faults, no sink holds one of them (R54): Shown by a search that is shown to see.

The stack runs with every debug switch of its libraries on. Words are planted wherever a person can put some, in good
requests and in wrong ones, while the cloud fails, the local model is down, the labeller is too slow, and the database
and the worker are killed. Then everything that is left is searched: logs, traces, metrics, the broker's file,
PostgreSQL's folder with its write-ahead log, the index, the vault, and whatever a crash wrote.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis

from service.cli.client import Client, token_file
from service.errors import PartUnavailableError, RingfenceError
from tests.acceptance.stack import Stack, finished, hand_in
from tests.servers.collector import Collector, collecting
from tests.servers.ports import free_port
from tests.sinks import Leak, canaries, control, found_in
from tests.standin import StandIn
from tests.standin.faults import Fault

TENANT = "acme"
_REGISTER = Path(__file__).parents[2] / "examples" / "providers.toml"
"""Made up, and said so in the file: without attestations no prompt would leave, and no cloud would fail."""
DEBUG = {
    "ANTHROPIC_LOG": "debug",
    "HTTPX_LOG_LEVEL": "trace",
    "KOMBU_LOG_CHANNEL": "1",
    "KOMBU_LOG_CONNECTION": "1",
    "KOMBU_LOG_DEBUG": "1",
    "LITESTAR_DEBUG": "1",
    "OTEL_LOG_LEVEL": "debug",
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONWARNINGS": "always",
    "TRANSFORMERS_VERBOSITY": "debug",
}
_SECONDS = 120
_TOO_SLOW = "0.000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run left behind."""

    stack: Stack
    collector: Collector
    metrics: Path
    words: dict[str, str]

    def sinks(self) -> dict[str, list[Path]]:
        """Return every sink by name."""
        folder = self.stack.folder
        return {
            "logs": [folder.logs, folder.path.parent / "up.log"],
            "traces": [self.collector.folder],
            "metrics": [self.metrics],
            "broker": [folder.valkey],
            "database": [folder.postgres],
            "index": [folder.edge],
            "everything else": [folder.path],
        }

    def found(self, words: Mapping[str, str]) -> dict[str, list[Leak]]:
        """Return what each sink holds of these words. The folder that holds them all is read once."""
        leaks = found_in([self.stack.folder.path.parent], words)
        return {
            name: [leak for leak in leaks if any(leak.path.is_relative_to(path) for path in paths)]
            for name, paths in (self.sinks() | {"beside the sinks": [self.stack.folder.path.parent]}).items()
        }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Do everything that a person and a bad day can do, then stop."""
    path = tmp_path_factory.mktemp("sinks")
    with StandIn(slow_seconds=0.1) as cloud, collecting(path / "traces") as collector:
        known = {
            "ANTHROPIC_API_KEY": "stand-in",
            "RINGFENCE_CLOUD_URL": cloud.url,
            "RINGFENCE_PROVIDERS": str(_REGISTER),
        }
        stack = Stack(path / "data", **known, **DEBUG, RINGFENCE_TRACES_URL=collector.url)
        stack.command("init")
        made = Run(stack=stack, collector=collector, metrics=path / "metrics.txt", words=canaries())
        stack.start()
        try:
            stack.command("tenants", "add", TENANT)
            _ordinary_day(made, cloud)
            _bad_requests(made)
            _deaths(made)
            _metrics(made)
            stack.stop()
            _nothing_local_and_no_labeller(made)
            yield made
        finally:
            stack.stop()


def _ordinary_day(run: Run, cloud: StandIn) -> None:
    words = run.words
    text = f"Visitors of {words['text']} park in the garage behind the building.\n\n" * 20
    names = {name: f"{words[name]} rota" for name in ("title", "file_name", "external_id")}
    with run.stack.client(TENANT) as client:
        sent = hand_in(client, text, **names)
        hand_in(client, f"The contract of {words['text']} is confidential, attorney-client privileged.", title="x")
        _ended(run, client, sent["job"]["id"])
        for fault in (None, *Fault):
            cloud.fault = fault
            _asked(client, run)
        cloud.fault = None
        client.call("DELETE", f"/v1/documents/{sent['document']['id']}")


def _asked(client: Client, run: Run) -> None:
    """Ask whole and as a stream; what the answer is does not matter here."""
    question = f"Where do visitors of {run.words['question']} park?"
    turns = [{"role": role, "text": run.words["history"]} for role in ("user", "assistant")]
    for body in (
        {"question": question},
        {"question": question, "history": turns},
        {"question": question, "stream": True},
        {"question": question, "conversation": "new"},
    ):
        with suppress(RingfenceError, httpx.HTTPError):
            client.http.post("/v1/answers", json=body)
    with suppress(RingfenceError, httpx.HTTPError):
        client.http.post("/v1/search", json={"question": question})


def _bad_requests(run: Run) -> None:
    words = run.words
    broken = b"%PDF-1.7 " + words["bad_file"].encode()
    with run.stack.client(TENANT) as client:
        post = client.http.post
        post("/v1/answers", content=b'{"question": "' + words["bad_json"].encode())
        post("/v1/answers", json={"question": words["too_long"] * 500})
        post("/v1/answers", json={"question": "x", words["unknown_field"]: words["unknown_field"]})
        post("/v1/answers", content=b'{"question": "\\ud800 ' + words["surrogate"].encode() + b'"}')
        client.http.get(f"/v1/documents/{words['bad_path']}")
        client.http.get(f"/{words['bad_path']}", params={words["bad_parameter"]: words["bad_parameter"]})
        client.http.get("/v1/documents", params={"limit": words["bad_parameter"]})
        client.http.get("/v1/documents", headers={"authorization": f"Bearer {words['bad_token'].encode().hex()}"})
        file = (f"{words['file_name']}.pdf", broken, "application/pdf")
        sent = client.call("POST", "/v1/documents", files={"file": file})
        post("/v1/documents", content=broken, headers={"content-type": "multipart/form-data; boundary=x"})
        _ended(run, client, sent["job"]["id"])


def _deaths(run: Run) -> None:
    """Kill the database, the broker, the index and the worker in the middle of things; let the API crash."""
    with run.stack.client(TENANT) as client:
        for part in ("postgres", "valkey", "edge", "worker"):
            with suppress(RingfenceError, httpx.HTTPError):
                hand_in(client, f"{run.words['text']} and more while {part} dies.", title=run.words["title"])
            run.stack.kill(part)
            _asked(client, run)
            run.stack.wait_until(run.stack.ready, seconds=_SECONDS)
        _asked(client, run)


def _nothing_local_and_no_labeller(run: Run) -> None:
    """Run again with a local model that is down and a labeller that is too slow for any text."""
    local = {"RINGFENCE_LOCAL_MODEL_URL": f"http://127.0.0.1:{free_port()}/v1", "RINGFENCE_LOCAL_MODEL": "small"}
    run.stack.change(**local, RINGFENCE_LABEL_SECONDS=_TOO_SLOW)
    run.stack.start()
    with run.stack.client(TENANT) as client:
        sent = hand_in(client, f"Visitors of {run.words['text']} park in the yard.", title=run.words["title"])
        _ended(run, client, sent["job"]["id"])
        _asked(client, run)
    _metrics(run)
    run.stack.stop()


def _ended(run: Run, client: Client, job: str) -> None:
    """Wait for a job; a server that is busy loading its models may meanwhile hang up on an idle connection."""

    def ended() -> bool:
        with suppress(PartUnavailableError):
            return finished(client, job) is not None
        return False

    run.stack.wait_until(ended, seconds=_SECONDS)


def _metrics(run: Run) -> None:
    with run.metrics.open("ab") as file:
        file.write(httpx.get(f"{run.stack.url}/metrics", trust_env=False).content)


def _events(run: Run) -> set[str]:
    lines: list[dict[str, Any]] = []
    for log in run.stack.folder.logs.iterdir():
        for line in log.read_text(errors="replace").splitlines():
            with suppress(ValueError):
                lines.append(json.loads(line))
    return {str(line["event"]) for line in lines if isinstance(line, dict) and "event" in line}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_run_went_through_what_it_meant_to(run: Run) -> None:
    """A run in which nothing failed would prove little."""
    told = _events(run)
    assert {"cloud_answer_failed", "detector_timed_out", "server_started", "foreign_message"} <= told
    assert "unlisted_event" not in told
    assert {"ask", "plan", "cloud_model", "ingest"} <= set(run.collector.names())
    assert b'path="/v1/answers"' in run.metrics.read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_sink_holds_a_word_that_somebody_said(run: Run) -> None:
    assert {name: found for name, found in run.found(run.words).items() if found} == {}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_line_of_the_programs_logs_is_one_of_ours(run: Run) -> None:
    """Nothing is printed past the boundary once a program serves; before, Celery prints its banner."""
    for part in ("api", "edge"):
        for log in run.stack.folder.logs.glob(f"{part}.log*"):
            foreign = [line for line in log.read_text().splitlines() if not line.startswith("{")]
            assert foreign == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_search_sees_a_word_in_every_sink(run: Run) -> None:
    """Planted as each sink would hold it: in a table, a queue, a payload, a span, a line."""
    word = control()["control"]
    run.stack.start()
    _plant(run, word)
    run.stack.stop()
    assert {name for name, found in run.found(control()).items() if not found} == set()


def _plant(run: Run, word: str) -> None:
    with psycopg.connect(run.stack.folder.database_owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("create table canary (word text)")
        connection.execute("insert into canary values (%s)", [word])
        connection.execute("checkpoint")
    with redis.Redis(unix_socket_path=str(run.stack.folder.valkey_socket)) as broker:
        broker.lpush("canary", word)
    token = token_file(run.stack.folder, TENANT).read_text()
    with httpx.Client(base_url=run.stack.url, headers={"authorization": f"Bearer {token}"}, trust_env=False) as http:
        client = Client(http)
        sent = hand_in(client, "The garden is open.", groups=[word])
        _ended(run, client, sent["job"]["id"])
    httpx.post(run.collector.url, content=word.encode(), trust_env=False)
    for sink in (run.metrics, run.stack.folder.logs / "api.log", run.stack.folder.run / "crash"):
        with sink.open("ab") as file:
            file.write(json.dumps({"said": word}).encode())
