"""Erasure requests on the running stack: over HTTP and the command line, executed by a real worker (R40, R42, R46)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.cli.client import Client
from service.errors import ConflictError, NotFoundError
from tests.acceptance.stack import Stack, finished, hand_in

_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify-receipt"
MAIL = "quentin.zauberfeld@lakeside.example"
MANY = 120.0


def handed_in(stack: Stack, client: Client, text: str, **fields: Any) -> str:  # noqa: ANN401 - form fields
    """Hand in a text, wait until it is ready, and return its id."""
    sent = hand_in(client, text, **fields)
    stack.wait_until(lambda: finished(client, sent["job"]["id"]) is not None, seconds=MANY)
    return str(sent["document"]["id"])


def ended(stack: Stack, client: Client, request: str, state: str) -> dict[str, Any]:
    """Wait until the request is in this state, and return it."""
    stack.wait_until(lambda: client.call("GET", f"/v1/erasures/{request}")["state"] == state, seconds=MANY)
    found: dict[str, Any] = client.call("GET", f"/v1/erasures/{request}")
    return found


def checked(receipt: Path) -> str:
    """Have the receipt checked by the program that shares no code with the product; return what it says."""
    done = subprocess.run([sys.executable, _SCRIPT, receipt], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_person_is_erased_by_request_and_the_receipt_verifies_offline(stack: Stack, tmp_path: Path) -> None:
    """R40, R42."""
    with stack.client("lakeside") as client:
        both = handed_in(stack, client, f"{MAIL} rents a boat. The pier opens at nine.", title="Boats")
        hers = handed_in(stack, client, f"Send the bill to {MAIL}.", title="Bill")
        asked = {"kind": "subject", "reason": "consent_withdrawn", "subject": {"identifiers": [MAIL]}}
        request = client.call("POST", "/v1/erasures", json=asked)["id"]
        preview = client.call("POST", f"/v1/erasures/{request}/preview")
        assert {one["item"]["target"] for one in preview["documents"]} == {both, hers}
        assert all(MAIL not in hit["snippet"] for one in preview["documents"] for hit in one["hits"])
        choices = [{"target": both, "action": "redact"}, {"target": hers, "action": "erase"}]
        client.call("POST", f"/v1/erasures/{request}/choices", json={"choices": choices})
        client.call("POST", f"/v1/erasures/{request}/approve")
        done = ended(stack, client, request, "verified")
        assert {item["state"] for item in done["items"]} == {"gone"}
        for document in (both, hers):
            with pytest.raises(NotFoundError):
                client.call("GET", f"/v1/documents/{document}")
        later = client.call("POST", "/v1/search", json={"question": "When does the pier open?"})["hits"]
        assert any("pier" in hit["text"] for hit in later)
        assert MAIL not in json.dumps(later)
        receipt = tmp_path / "receipt.json"
        receipt.write_text(client.text(f"/v1/erasures/{request}/receipt"))
    assert "verified" in checked(receipt)
    assert MAIL not in receipt.read_text()


def test_the_command_line_takes_a_request_through_its_life(stack: Stack, tmp_path: Path) -> None:
    """R40."""
    with stack.client("acme") as client:
        document = handed_in(stack, client, "The greenhouse is rented to nobody.", title="Greenhouse")
        opened = stack.command(
            "erasures", "open", "--tenant", "acme", "--document", document, "--reason", "no_longer_necessary", "--json"
        )
        request = json.loads(opened)["id"]
        assert "Greenhouse" in stack.command("erasures", "preview", request, "--tenant", "acme")
        assert request in stack.command("erasures", "list", "--tenant", "acme")
        stack.command("erasures", "approve", request, "--tenant", "acme")
        ended(stack, client, request, "verified")
    file = tmp_path / "receipt.json"
    stack.command("erasures", "receipt", request, "--tenant", "acme", "--out", str(file))
    assert "verified" in checked(file)


def test_a_deletion_gives_its_receipt(stack: Stack, tmp_path: Path) -> None:
    """R42."""
    with stack.client("acme") as client:
        document = handed_in(stack, client, "The boathouse is painted green.")
    file = tmp_path / "receipt.json"
    stack.command("delete", document, "--tenant", "acme", "--receipt", str(file))
    assert "verified" in checked(file)
    assert json.loads(file.read_bytes())["items"][0]["target"] == document


def test_a_second_approval_comes_from_another_key(stack: Stack) -> None:
    """R40: and a deletion at once is refused, with a word on what to do."""
    created = stack.command("keys", "create", "lakeside", "--role", "data_owner", "--json")
    with stack.client("lakeside") as client:
        document = handed_in(stack, client, "The slipway is closed in winter.")
        stack.command("policy", "set", "--tenant", "lakeside", "--erasure-approvals", "2")
        try:
            with pytest.raises(ConflictError, match="ringfence erasures open"):
                client.call("DELETE", f"/v1/documents/{document}")
            asked = {"kind": "documents", "reason": "owner_decision", "documents": [document]}
            request = client.call("POST", "/v1/erasures", json=asked)["id"]
        finally:
            stack.command("policy", "set", "--tenant", "lakeside", "--erasure-approvals", "1")
        client.call("POST", f"/v1/erasures/{request}/preview")
        assert client.call("POST", f"/v1/erasures/{request}/approve")["state"] == "located"
        headers = {"Authorization": f"Bearer {json.loads(created)['key']}"}
        with httpx.Client(base_url=stack.url, headers=headers, timeout=60, trust_env=False) as http:
            assert Client(http).call("POST", f"/v1/erasures/{request}/approve")["state"] == "approved"
        ended(stack, client, request, "verified")
