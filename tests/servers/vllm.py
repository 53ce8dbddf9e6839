"""A real vLLM server on the CPU, started once per session through `scripts/local-model`; minutes on a cold machine."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

_SCRIPT = Path(__file__).parents[2] / "scripts" / "local-model"
_START_SECONDS = 280
_STOP_SECONDS = 20


@pytest.fixture(scope="session")
def vllm_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a server of SmolLM2-135M-Instruct."""
    if not is_set_up():
        pytest.skip("no local model is set up here: run make local-model")
    with a_server(tmp_path_factory.mktemp("vllm") / "log") as url:
        yield url


def is_set_up() -> bool:
    """Whether `scripts/local-model setup` was run here."""
    return subprocess.run([_SCRIPT, "check"], capture_output=True, check=False).returncode == 0


@contextmanager
def a_server(log: Path) -> Iterator[str]:
    """Start the server, yield its address, and end it."""
    port = _free_port()
    with log.open("wb") as output:
        server = subprocess.Popen(
            [_SCRIPT, "serve", "--port", str(port)], stdout=output, stderr=output, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, server, log)
        yield url
    finally:
        _stop(server)


def _wait_until_healthy(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(base_url=url, trust_env=False) as client:
        while not _healthy(client):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"vLLM did not start: {log.read_text(errors='replace')[-1000:]}")
            time.sleep(0.2)


def _healthy(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """End the server and its engine processes, which share its process group."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, word)
            server.wait(_STOP_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
