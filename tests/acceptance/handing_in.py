"""Documents of a run: short texts of every category, some files that nobody can read, handed in whatever happens."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import httpx

from service.cli.client import token_file
from tests.acceptance.stack import Stack

_AT_ONCE = 3
_PAUSE_SECONDS = 0.2
_LONGEST_SECONDS = 600.0
_UNREADABLE_EACH = 50
_LONG_EACH = 25
_TWICE_EACH = 20


def text_of(number: int) -> str:
    """Return a text of one to many chunks; every tenth is of each sensitive kind, and no two are alike."""
    paragraphs = 14 if number % _LONG_EACH == 0 else 1 + number % 4
    rota = "\n\n".join(
        f"Part {part} of rota {number}: the garden is watered in the morning, the paths are swept after lunch, and the "
        f"{_place(number, part)} are painted in spring before the season begins."
        for part in range(paragraphs)
    )
    return f"{rota}\n\n{_KINDS.get(number % 10, '').format(number=number)}".strip()


def _place(number: int, part: int) -> str:
    places = ("benches", "fences", "gates", "sheds", "boats", "piers", "tables")
    return f"{places[(number + part) % len(places)]} of plot {number * 31 + part}"


_KINDS = {
    1: "Invoice {number}. Please pay to IBAN DE89 3704 0044 0532 0130 00 or by card 4111 1111 1111 1111.",
    2: "Patient Beatrice Lindqvist, SSN 536-22-8714, was diagnosed with type 2 diabetes; chart {number}.",
    3: "Privileged and confidential. Attorney-client communication in matter {number} about the litigation.",
    4: "def key_{number}():\n    password = 'hunter2-{number}'\n    return sign(password)\n",
}


@dataclass(slots=True, kw_only=True)
class Run:
    """Documents of one tenant, by number, with the ids under which the API took them."""

    stack: Stack
    tenant: str
    documents: int
    ids: dict[int, str] = field(default_factory=dict)
    jobs: dict[int, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @contextmanager
    def handing_in(self) -> Iterator[None]:
        """Hand everything in beside what is done meanwhile, again and again where nobody answers; wait for the end."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            sent = [threads.submit(self._send, number) for number in range(self.documents)]
            try:
                yield
            except BaseException:
                self.over.set()
                raise
            for one in sent:
                one.result()

    def _send(self, number: int) -> None:
        token = token_file(self.stack.folder, self.tenant).read_text()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self.stack.url, headers=headers, timeout=60, trust_env=False) as http:
            for _ in range(2 if number % _TWICE_EACH == 0 else 1):
                self._insist(http, number)

    def _insist(self, http: httpx.Client, number: int) -> None:
        """Send until it is taken: under an external id nothing is taken twice."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not self.over.wait(_PAUSE_SECONDS if number in self.jobs else 0):
            try:
                answer = http.post("/v1/documents", **_body(number))
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                self._note(number, answer)
                return
            if answer is not None and not answer.is_server_error and answer.status_code != httpx.codes.CONFLICT:
                self.refused.append(f"{answer.status_code}: {answer.text[:200]}")
            assert time.monotonic() < deadline, f"document {number} was never taken"
            self.over.wait(_PAUSE_SECONDS)

    def _note(self, number: int, answer: httpx.Response) -> None:
        taken = answer.json()
        before = self.ids.setdefault(number, taken["document"]["id"])
        if before != taken["document"]["id"]:
            self.refused.append(f"document {number} was taken twice")
        self.jobs[number] = taken["job"]["id"]


def _body(number: int) -> dict[str, Any]:
    """Return what is sent: a text, or a file that cannot be read."""
    known = {"external_id": f"rota-{number}", "title": f"Rota {number}"}
    if number % _UNREADABLE_EACH == _UNREADABLE_EACH - 1:
        file = (f"{number}.pdf", f"%PDF-1.7 cut short {number}".encode(), "application/pdf")
        return {"files": {"file": file}, "data": known}
    return {"json": {"text": text_of(number), "file_name": f"{number}.txt", **known}}
