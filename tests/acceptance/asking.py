"""Somebody who asks questions with known answers, one after the other, for as long as something goes on."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import httpx

from service.cli.client import Client
from service.errors import PartUnavailableError, RingfenceError
from tests.acceptance.stack import Stack

LIMIT = 5
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How one question went: `at` and `seconds` after the beginning; `reached` is False while no API listened."""

    at: float
    seconds: float
    question: str
    reached: bool = True
    failed: bool = False
    found: bool = False


@dataclass(slots=True)
class Asking:
    """Asks round after round in a thread of its own. A question that no API took is asked again when one listens."""

    stack: Stack
    tenant: str
    known: Mapping[str, str]
    asked: list[Asked] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin."""
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the question under way."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join()

    @property
    def failed(self) -> int:
        """How many questions an API took and did not answer."""
        return sum(one.failed for one in self.asked)

    @property
    def missed(self) -> list[Asked]:
        """Every question that was answered without the document that holds the answer."""
        return [one for one in self.asked if one.reached and not one.failed and not one.found]

    def _ask(self) -> None:
        start = time.monotonic()
        with self.stack.client(self.tenant) as client:
            while not self._stop.is_set():
                for question, document in self.known.items():
                    while not self._stop.is_set() and not self._once(client, question, document, start):
                        time.sleep(_PAUSE_SECONDS)
                    time.sleep(_PAUSE_SECONDS)

    def _once(self, client: Client, question: str, document: str, start: float) -> bool:
        began = time.monotonic()
        reached, failed, found = True, False, False
        try:
            found = document in {hit["document_id"] for hit in searched(client, question)}
        except PartUnavailableError as error:
            reached = not isinstance(error.__cause__, httpx.ConnectError | httpx.RemoteProtocolError | httpx.ReadError)
            failed = reached
        except RingfenceError:
            failed = True
        took = time.monotonic() - began
        self.asked.append(
            Asked(at=began - start, seconds=took, question=question, reached=reached, failed=failed, found=found)
        )
        return reached


def searched(client: Client, question: str) -> list[dict[str, str]]:
    """Return the hits."""
    answer: dict[str, list[dict[str, str]]] = client.call(
        "POST", "/v1/search", json={"question": question, "limit": LIMIT}
    )
    return answer["hits"]
