"""The main job from start to end: ingest two tenants, ask, erase, show every byte that left, and verify the audit.

The cloud model is a stand-in on this machine (tests/standin) that speaks Anthropic's Messages protocol through
the real SDK and records what it receives. Nothing leaves this machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from examples import evidence
from examples.commands import HOME, ROOT, client, command, ringfence, say, step
from examples.questions import ERASED, QUESTIONS, SECRETS, Asked
from service.cli.asking import print_answer
from service.cli.client import Client
from tests.servers.ports import free_port
from tests.standin import StandIn

PROVIDERS = ROOT / "examples" / "providers.toml"
TENANTS = ("acme", "lakeside")
MODEL = "SmolLM2-135M-Instruct"
_START_SECONDS = 180
_MODEL_SECONDS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class _Started:
    """A server of ours and where it will answer."""

    url: str
    process: subprocess.Popen[bytes]


def main() -> int:
    """Run the demonstration; 0 when everything it promises was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="smollm2", help="`none` answers local questions with quotes")
    wanted = parser.parse_args().model != "none"
    HOME.mkdir(mode=0o711, exist_ok=True)
    record = HOME / "cloud-stand-in.bytes"
    record.unlink(missing_ok=True)
    # A new start: labels of an earlier version of the labeller are stale, and what is stale stays local.
    shutil.rmtree(HOME / "data", ignore_errors=True)
    with ExitStack() as stack:
        stand_in = stack.enter_context(StandIn(record=record))
        model = stack.enter_context(_local_model()) if wanted and _installed() else None
        if model is None:
            say.print("No local model: local answers will be quotes (make local-model sets one up).")
        environment = _environment(stand_in.url, model)
        os.environ.update(environment)
        say.print(
            f"The stand-in's attestations are made up, in {PROVIDERS.relative_to(ROOT)}: a key alone opens nothing."
        )
        stack.enter_context(_knowledge_base(environment))
        _ingest()
        if model is not None:
            step("Waiting for vLLM, which started beside the rest (25 to 75 seconds in all)")
            _wait_for("/health", model, seconds=_MODEL_SECONDS)
        faults = _tell(stand_in)
    _next_steps(record)
    for fault in faults:
        say.print(f"[red]NOT AS PROMISED:[/] {fault}")
    return 1 if faults else 0


def _ingest() -> None:
    for tenant in TENANTS:
        step(f"Ingesting examples/{tenant}")
        ringfence("tenants", "add", tenant)
        ringfence("ingest", str(ROOT / "examples" / tenant), "--tenant", tenant)


def _tell(stand_in: StandIn) -> list[str]:
    faults: list[str] = []
    answers: dict[str, list[dict[str, Any]]] = {tenant: [] for tenant in TENANTS}
    for asked in QUESTIONS:
        answer = _ask(asked)
        answers[asked.tenant].append(answer)
        faults += _not_as_promised(asked, answer)
    faults += _erase(ERASED)
    faults += _show_what_left(stand_in)
    return faults + evidence.show(answers, [received.body for received in stand_in.received])


def _ask(asked: Asked) -> dict[str, Any]:
    step(f"{asked.tenant} asks: {asked.question}")
    with client(asked.tenant) as connection:
        answer: dict[str, Any] = connection.call("POST", "/v1/answers", json={"question": asked.question})
    print_answer(answer)
    return answer


def _not_as_promised(asked: Asked, answer: dict[str, Any]) -> list[str]:
    categories = {name for source in answer["sources"] for name in source["label"]["categories"]}
    if answer["route"] != asked.route:
        return [f"{asked.question!r} went {answer['route']}, not {asked.route}"]
    if asked.category and asked.category not in categories:
        return [f"{asked.question!r} retrieved nothing labelled {asked.category}"]
    return []


def _erase(asked: Asked) -> list[str]:
    step("Erasing the document behind one of the answers")
    with client(asked.tenant) as connection:
        before = _found(connection, asked)
        if not before:
            return ["the document to erase was not found before its erasure"]
        ringfence("delete", before[0], "--tenant", asked.tenant)
        say.print(f"{asked.tenant} asks again: {asked.question}")
        answer = connection.call("POST", "/v1/answers", json={"question": asked.question})
        print_answer(answer)
        after = _found(connection, asked)
        seen = {source["document_id"] for source in answer["sources"]}
    say.print(f"Chunks of the erased document found before: {len(before)}; now: {len(set(after) & set(before))}.")
    return ["the erased document was found again"] if set(before) & (set(after) | seen) else []


def _found(connection: Client, asked: Asked) -> list[str]:
    """Return the ids of the documents titled as asked for whose chunks the question finds."""
    found = connection.call("POST", "/v1/search", json={"question": asked.question, "limit": 20})
    return [hit["document_id"] for hit in found["hits"] if hit["title"] == asked.title]


def _show_what_left(stand_in: StandIn) -> list[str]:
    step(f"Everything that the cloud stand-in received: {len(stand_in.received)} requests, byte for byte")
    for received in stand_in.received:
        sys.stdout.flush()
        sys.stdout.buffer.write(received.whole + b"\n\n")
        sys.stdout.buffer.flush()
    everything = b"".join(received.whole for received in stand_in.received)
    leaked = [secret for secret in SECRETS if secret.encode() in everything]
    say.print(f"Of {len(SECRETS)} sensitive phrases in examples/, {len(leaked)} are in these bytes.")
    faults = ["a sensitive phrase left"] if leaked else []
    return faults if stand_in.received else [*faults, "no answer was made by the cloud stand-in"]


@contextmanager
def _knowledge_base(environment: dict[str, str]) -> Iterator[None]:
    """Run `ringfence up` on the demo's data folder."""
    step("Starting PostgreSQL, Valkey, Qdrant Edge, the API and a worker in .demo/data")
    ringfence("init")
    process = subprocess.Popen(command("up"), env=os.environ | environment, start_new_session=True)
    try:
        _wait_for("/readyz", _Started(url=environment["RINGFENCE_URL"], process=process), seconds=_START_SECONDS)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()


@contextmanager
def _local_model() -> Iterator[_Started]:
    """Start a real vLLM server on the CPU, without waiting for it."""
    port = free_port()
    with (HOME / "vllm.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "local-model"), "serve", "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _Started(url=f"http://127.0.0.1:{port}", process=process)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def _wait_for(path: str, started: _Started, *, seconds: float) -> None:
    began = time.monotonic()
    with say.status("starting …") as status:
        while time.monotonic() - began < seconds:
            if started.process.poll() is not None:
                sys.exit(f"it ended with exit code {started.process.returncode} before it was ready; see {HOME}")
            with suppress(httpx.TransportError):
                if httpx.get(started.url + path, trust_env=False, timeout=5).is_success:
                    say.print(f"ready after {time.monotonic() - began:.0f} s")
                    return
            status.update(f"starting … {time.monotonic() - began:.0f} s")
            time.sleep(0.5)
    sys.exit(f"nothing answered at {started.url}{path} within {seconds:.0f} s; see {HOME}")


def _environment(cloud_url: str, model: _Started | None) -> dict[str, str]:
    port = str(free_port())
    local = {"RINGFENCE_LOCAL_MODEL_URL": model.url, "RINGFENCE_LOCAL_MODEL": MODEL} if model else {}
    return {
        "RINGFENCE_DATA_DIR": str(HOME / "data"),
        "RINGFENCE_PORT": port,
        "RINGFENCE_URL": f"http://127.0.0.1:{port}",
        "RINGFENCE_CLOUD_URL": cloud_url,
        "RINGFENCE_ANSWER_TOKENS": "64",
        "RINGFENCE_PROVIDERS": str(PROVIDERS),
        "ANTHROPIC_API_KEY": "stand-in-needs-no-real-key",
        **local,
    }


def _installed() -> bool:
    return (ROOT / ".build" / "models" / MODEL / ".complete").exists()


def _next_steps(record: Path) -> None:
    step("Next")
    say.print(f"The recorded bytes are in {record.relative_to(ROOT)}, the audit logs beside them.")
    say.print("Keep a server running:  .venv/bin/ringfence init && .venv/bin/ringfence up   (or: make serve)")
    say.print("Then the API's documentation is at http://127.0.0.1:8700/docs")


if __name__ == "__main__":
    sys.exit(main())
