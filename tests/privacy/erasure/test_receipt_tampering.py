"""A single changed byte of a receipt is found, by the product and by the verifier that shares no code (R42)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.auditing.canonical import canonical
from service.receipts.receipts import DOMAIN
from tests.evidence import exported
from tests.receipts import SCRIPT, SCRIPT_FILE, VERIFIERS, Verifier, an_erased_document

verifiers = pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)


@pytest.fixture(scope="module")
def evidence() -> tuple[bytes, bytes]:
    """Return a receipt and an export of the audit log made after it."""
    world, who, _ = an_erased_document()
    (record,) = world.product.receipts.page(who, limit=5)
    world.product.auditing.sequence(who.tenant_id)
    return record.content, exported(world, who)


def changed(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the content with each byte changed: its lowest bit, and the one that tells a from A."""
    for place in range(len(content)):
        for bit in (0x01, 0x20):
            yield place, content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


def signed_anew(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the receipt as somebody with a key of their own could have signed it."""
    key, value = Ed25519PrivateKey.generate(), json.loads(content)
    value.pop("signature")
    value["audit"] = None
    value["public_key"] = key.public_key().public_bytes_raw().hex()
    change(value)
    signature = key.sign(DOMAIN + canonical(value)).hex()
    return canonical(value | {"signature": signature}) + b"\n"


@verifiers
def test_a_receipt_as_it_was_issued_is_sound(evidence: tuple[bytes, bytes], verifier: Verifier) -> None:
    assert verifier(evidence[0]) == []


@verifiers
def test_every_changed_byte_is_found(evidence: tuple[bytes, bytes], verifier: Verifier) -> None:
    assert [place for place, content in changed(evidence[0]) if not verifier(content)] == []


@verifiers
def test_a_byte_removed_or_added_anywhere_is_found(evidence: tuple[bytes, bytes], verifier: Verifier) -> None:
    content = evidence[0]
    places = range(len(content))
    assert [place for place in places if not verifier(content[:place] + content[place + 1 :])] == []
    assert [place for place in places if not verifier(content[:place] + b" " + content[place:])] == []


OVERSTATED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a count": lambda value: value["counts"][0].update(found=1),
    "no counts": lambda value: value.update(counts=[]),
    "a store that did not answer": lambda value: value.update(unanswered=["index"]),
    "an item that remains": lambda value: value["items"][0].update(outcome="remains", gone_at=None),
    "an item that is held": lambda value: value["items"][0].update(outcome="held", gone_at=None),
}


@verifiers
@pytest.mark.parametrize("change", OVERSTATED.values(), ids=OVERSTATED)
def test_a_receipt_that_says_more_than_its_counts_is_not_sound_whoever_signed_it(
    evidence: tuple[bytes, bytes], verifier: Verifier, change: Callable[[dict[str, Any]], object]
) -> None:
    assert verifier(signed_anew(evidence[0], lambda _: None)) == []
    assert verifier(signed_anew(evidence[0], change)) != []


def test_a_receipt_of_another_key_is_found_where_the_key_is_known(evidence: tuple[bytes, bytes]) -> None:
    content = evidence[0]
    key = json.loads(content)["public_key"]
    assert SCRIPT.check(content, public_key=key) == []
    assert SCRIPT.check(signed_anew(content, lambda _: None), public_key=key) != []


def test_a_later_export_of_the_audit_shows_that_the_receipt_was_issued(evidence: tuple[bytes, bytes]) -> None:
    receipt, export = evidence
    assert SCRIPT.check(receipt, audit=export) == []


def test_an_export_that_does_not_fit_is_found(evidence: tuple[bytes, bytes]) -> None:
    receipt, export = evidence
    world, who, _ = an_erased_document()
    world.product.auditing.sequence(who.tenant_id)
    assert SCRIPT.check(receipt, audit=exported(world, who)) != [], "of another tenant"
    lines = export.splitlines(keepends=True)
    assert SCRIPT.check(receipt, audit=b"".join(lines[:-1])) != [], "without its end"
    assert SCRIPT.check(receipt, audit=b"".join([lines[0], *lines[2:]])) != [], "without its beginning"
    assert SCRIPT.check(receipt, audit=export.replace(b"receipt_issued", b"receipt_Issued")) != []
    assert SCRIPT.check(receipt, audit=b"") != []


def test_the_export_of_before_does_not_show_the_receipt() -> None:
    world, who, _ = an_erased_document()
    before = exported(world, who)
    world.product.auditing.sequence(who.tenant_id)
    (record,) = world.product.receipts.page(who, limit=5)
    fits = SCRIPT.check(record.content, audit=exported(world, who))
    assert fits == []
    if b"receipt_issued" not in before:
        assert SCRIPT.check(record.content, audit=before) != []


def test_the_script_tells_by_its_exit_code(evidence: tuple[bytes, bytes], tmp_path: Path) -> None:
    receipt, export = (tmp_path / name for name in ("receipt.json", "log.jsonl"))
    receipt.write_bytes(evidence[0])
    export.write_bytes(evidence[1])
    key = json.loads(evidence[0])["public_key"]
    assert SCRIPT.main([str(receipt), "--public-key", key, "--audit", str(export)]) == 0
    receipt.write_bytes(evidence[0].replace(b"verified", b"Verified"))
    assert SCRIPT.main([str(receipt)]) == 1
    with pytest.raises(SystemExit):
        SCRIPT.main([str(tmp_path / "none")])


def test_the_script_shares_no_code_with_the_product() -> None:
    imported = [line for line in SCRIPT_FILE.read_text().splitlines() if line.lstrip().startswith(("import ", "from "))]
    allowed = {"argparse", "hashlib", "json", "re", "signal", "sys", "collections", "pathlib", "typing", "cryptography"}
    assert {line.split()[1].split(".")[0] for line in imported} <= allowed
