"""A share kept in step on the running stack: change, move, delete there; a second run changes nothing (R60)."""

import json
import time
from pathlib import Path
from typing import Any

from tests.acceptance.stack import Stack

SECONDS = 120.0


def ran(stack: Stack, source: str, *options: str) -> dict[str, int]:
    """Run the source by the command line; return what became of what lies there."""
    told = json.loads(stack.command("sources", "run", source, "--tenant", "acme", "--json", *options))
    assert told["state"] == "done", told
    counts: dict[str, int] = told["counts"]
    return counts


def of_source(stack: Stack, source: str, *, ready: int) -> dict[str, str]:
    """Return the documents of the source by place, once so many are ready and no other is there."""
    limit = time.monotonic() + SECONDS
    prefix = f"source:{source}:"
    while True:
        with stack.client("acme") as client:
            page: list[dict[str, Any]] = client.call("GET", "/v1/documents", params={"limit": "200"})["documents"]
        mine = [one for one in page if (one["external_id"] or "").startswith(prefix)]
        if len(mine) == ready and {one["state"] for one in mine} == {"ready"}:
            return {one["external_id"].removeprefix(prefix): one["id"] for one in mine}
        assert time.monotonic() < limit, [one["state"] for one in mine]
        time.sleep(0.2)


def test_a_share_is_kept_in_step_by_workers(stack: Stack, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    for number in range(4):
        (share / f"rule-{number}.txt").write_text(f"Rule number {number} of the boat house: row quietly.")
    register = f'[[root]]\npath = "{tmp_path}"\ntenants = ["acme"]\n'
    stack.folder.source_register.write_text(register)
    added = ("sources", "add", "folder", str(share), "--name", "Boats", "--group", "*", "--gone", "erase")
    source = json.loads(stack.command(*added, "--tenant", "acme", "--json"))["id"]
    assert ran(stack, source) == {"met": 4, "new": 4}
    before = of_source(stack, source, ready=4)

    (share / "rule-0.txt").write_text("Rule number 0 of the boat house was changed: whistle.")
    (share / "rule-1.txt").rename(share / "moved.txt")
    (share / "rule-2.txt").unlink()
    changes = {"changed": 1, "copied": 1, "erased": 1, "lost": 1, "moved": 1}
    assert ran(stack, source) == {"met": 3, "unchanged": 1} | changes
    after = of_source(stack, source, ready=3)
    assert set(after) == {"rule-0.txt", "moved.txt", "rule-3.txt"}
    assert after["moved.txt"] == before["rule-1.txt"]
    assert after["rule-3.txt"] == before["rule-3.txt"]
    assert after["rule-0.txt"] != before["rule-0.txt"]

    assert ran(stack, source, "--verify") == {"met": 3, "unchanged": 3}
    assert of_source(stack, source, ready=3) == after
    stack.command("sources", "remove", source, "--tenant", "acme")
