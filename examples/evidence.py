"""The end of the demonstration: what the audit log says, and whether it can be believed."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from examples.commands import HOME, ROOT, command, ringfence, say, step

_VERIFIER = ROOT / "scripts" / "verify-audit"


def show(answers: Mapping[str, Sequence[dict[str, Any]]], left: Sequence[bytes]) -> list[str]:
    """Report on each tenant's answers and verify its audit; return what is not as it should be.

    `left` are the bodies of the requests that the cloud stand-in received.
    """
    for tenant, told in answers.items():
        step(f"What {tenant}'s audit log says: ringfence report budget")
        ringfence("report", "budget", "--tenant", tenant)
        if tenant == next(iter(answers)):
            _report_one_of_each_route(tenant, told)
    return _verified(answers, left)


def _report_one_of_each_route(tenant: str, answers: Sequence[dict[str, Any]]) -> None:
    for route in ("local", "cloud"):
        first = next((one for one in answers if one["route"] == route), None)
        if first is not None:
            say.print(f"\nOne {route} answer: ringfence report answer {first['id']}")
            ringfence("report", "answer", first["id"], "--tenant", tenant)


def _verified(tenants: Mapping[str, object], left: Sequence[bytes]) -> list[str]:
    step("Exporting the audit logs and checking them")
    say.print("scripts/verify-audit shares no code with Ringfence and needs no network.")
    key = subprocess.run(command("audit", "key"), check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    exports = [HOME / f"audit-{tenant}.jsonl" for tenant in tenants]
    for tenant, export in zip(tenants, exports, strict=True):
        ringfence("audit", "export", "--tenant", tenant, "--out", str(export))
    faults = [f"{export.name} does not verify" for export in exports if not _sound(export, key)]
    if _sound(_changed(exports[0]), key):
        faults.append("a changed audit log verifies")
    permitted = [digest for export in exports for digest in _permitted(export)]
    received = [sha256(body).hexdigest() for body in left]
    if sorted(permitted) != sorted(received):
        faults.append("the permits in the audit are not the requests that were received")
    if not faults:
        say.print(
            f"\nVerified: both files are signed by this installation and no byte of them was changed (with one word"
            f" changed, the first is refused); and the {len(permitted)} permits in them are, by their SHA-256, exactly"
            f" the {len(received)} request bodies that the cloud stand-in received."
        )
    return faults


def _sound(export: Path, key: str) -> bool:
    sys.stdout.flush()
    asked = [sys.executable, str(_VERIFIER), str(export), "--public-key", key, "--complete"]
    return subprocess.run(asked, check=False).returncode == 0


def _changed(export: Path) -> Path:
    """Write a copy that says of every prompt that it stayed."""
    changed = export.with_name("audit-changed.jsonl")
    changed.write_bytes(export.read_bytes().replace(b'"route":"cloud"', b'"route":"local"'))
    return changed


def _permitted(export: Path) -> Iterator[str]:
    """Yield the hash of every prompt that was permitted to leave."""
    for line in export.read_bytes().splitlines()[1:]:
        entry = json.loads(line)["leaf"]
        if entry["action"] == "prompt_routed" and entry["facts"]["sha256"] is not None:
            yield entry["facts"]["sha256"]
