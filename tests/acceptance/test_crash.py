"""`ringfence up` brings back what is killed with -9, itself included: nothing is lost, nothing done twice (R60, R43).

Every part at every stage of an ingestion, on servers, is killed in test_crash_matrix.py.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from service.cli.client import Client
from service.policy.access import DocumentId
from tests.acceptance.stack import PARTS, Stack, finished, hand_in

DOCUMENTS = 12
_SECONDS = 150


def _text(case: str, number: int) -> str:
    """Return some pages of harmless text; the same size for every document, so the same chunks."""
    return "\n\n".join(
        f"Paragraph {part} of rota {number} for {case}: the garden is watered in the morning, the paths are swept "
        "after lunch, and the benches are painted in spring before the season begins."
        for part in range(30)
    )


def _each_part(stack: Stack) -> None:
    """Kill every part, the next one when all are back."""
    for part in PARTS:
        stack.kill(part)
        stack.wait_until(stack.ready, seconds=_SECONDS)


def _supervisor(stack: Stack) -> None:
    stack.kill_supervisor()
    stack.start()


def _everything(stack: Stack) -> None:
    stack.kill_all()
    stack.start()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("killing", [_each_part, _supervisor, _everything])
def test_every_document_is_ready_exactly_once_after_a_kill(stack: Stack, killing: Callable[[Stack], None]) -> None:
    """R60, R43."""
    case = killing.__name__
    with stack.client("acme") as client:
        sent = [hand_in(client, _text(case, number), title=f"{case} {number}") for number in range(DOCUMENTS)]
        stack.wait_until(lambda: _any_started(client, sent), seconds=60)
    killing(stack)
    stack.wait_until(stack.ready, seconds=_SECONDS)
    with stack.client("acme") as client:
        stack.wait_until(lambda: all(finished(client, one["job"]["id"]) for one in sent), seconds=_SECONDS)
        documents = [client.call("GET", f"/v1/documents/{one['document']['id']}") for one in sent]
    assert {document["state"] for document in documents} == {"ready"}
    assert len({document["chunk_count"] for document in documents}) == 1
    assert all(document["chunk_count"] > 1 for document in documents)
    for document in documents:
        assert _stored(stack, document) == (document["chunk_count"], document["chunk_count"])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("killing", [_each_part, _everything])
def test_every_erased_document_is_gone_after_a_kill(stack: Stack, killing: Callable[[Stack], None]) -> None:
    """R41, R43: killed while documents are being destroyed, and nothing of any comes back."""
    case = f"erasing {killing.__name__}"
    with stack.client("acme") as client:
        sent = [hand_in(client, _text(case, number), title=f"{case} {number}") for number in range(4)]
        stack.wait_until(lambda: all(finished(client, one["job"]["id"]) for one in sent), seconds=_SECONDS)
        jobs = [client.call("DELETE", f"/v1/documents/{one['document']['id']}")["id"] for one in sent]
    killing(stack)
    stack.wait_until(stack.ready, seconds=_SECONDS)
    with stack.client("acme") as client:
        stack.wait_until(lambda: all(finished(client, job) for job in jobs), seconds=_SECONDS)
        assert {client.call("GET", f"/v1/jobs/{job}")["state"] for job in jobs} == {"succeeded"}
    for one in sent:
        assert _stored(stack, one["document"]) == (0, 0)


def _any_started(client: Client, sent: list[dict[str, Any]]) -> bool:
    return any(client.call("GET", f"/v1/jobs/{one['job']['id']}")["state"] != "queued" for one in sent)


def _stored(stack: Stack, document: dict[str, Any]) -> tuple[int, int]:
    """Return how many rows and how many points the stores hold for a document."""
    record = DocumentId(UUID(document["id"]))
    with stack.adapters() as adapters:
        tenant = next(one for one in adapters.database.tenants() if one.slug == "acme")
        with adapters.database.transaction(tenant.id) as transaction:
            rows = transaction.chunks.count(record)
        return rows, adapters.index.count(tenant_id=tenant.id, document_id=record)
