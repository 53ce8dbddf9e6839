"""How to see that a part is ready. Each probe takes the pid of the part, answers quickly and never raises."""

import socket
from collections.abc import Callable
from pathlib import Path

import httpx

_SECONDS = 2.0


def listening(path: Path) -> Callable[[int], bool]:
    """Whether a unix socket takes a connection."""
    return lambda _: _exchange(path, b"", b"")


def answering_ping(path: Path) -> Callable[[int], bool]:
    """Whether a Valkey on a unix socket has its data loaded and answers."""
    return lambda _: _exchange(path, b"PING\r\n", b"+PONG")


def serving(url: str) -> Callable[[int], bool]:
    """Whether a GET gives 200."""

    def probe(_: int) -> bool:
        try:
            return httpx.get(url, timeout=_SECONDS, trust_env=False).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return probe


def showing(folder: Path) -> Callable[[int], bool]:
    """Whether a Celery process shows its sign of life in the folder."""
    return lambda pid: any(folder.glob(f"*-{pid}.alive"))


def _exchange(path: Path, question: bytes, answer: bytes) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_SECONDS)
        try:
            client.connect(str(path))
            client.sendall(question)
            return not answer or client.recv(len(answer)) == answer
        except OSError:
            return False
