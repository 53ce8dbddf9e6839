"""`ringfence receipts` against a served API, and `scripts/verify-receipt` in a process of its own (R42)."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.cli import main
from tests.assembled import World
from tests.integration.test_documents_commands import said, world
from tests.receipts import SCRIPT_FILE

__all__ = ["world"]


def an_erased_one(world: World) -> str:
    who, _ = world.person("acme")
    view = world.uploaded(who, "Visitors park in the garage.")
    world.product.erasure.request(who, view.id)
    world.work()
    return str(view.id)


def exit_code(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return ended.value.code


def test_receipts_are_listed_shown_and_verified(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "no receipts" in said(capsys, "receipts", "list")
    document = an_erased_one(world)
    (listed,) = json.loads(said(capsys, "receipts", "list", "--about", document, "--json"))
    assert (listed["outcome"], listed["about"]) == ("verified", document)
    assert listed["id"] in said(capsys, "receipts", "list")
    shown = said(capsys, "receipts", "show", listed["id"])
    assert "document_keys" in shown
    assert "covered by" in shown
    assert json.loads(said(capsys, "receipts", "show", listed["id"], "--json"))["outcome"] == "verified"
    file = tmp_path / "receipt.json"
    assert "ringfence receipts verify" in said(capsys, "receipts", "show", listed["id"], "--out", str(file))
    key = world.product.auditing.signer.public_key.hex()
    assert exit_code("receipts", "verify", str(file), "--public-key", key) == 0
    assert exit_code("receipts", "verify", str(file), "--public-key", "00" * 32) == 1
    file.write_bytes(file.read_bytes().replace(b'"found":0', b'"found":1', 1))
    assert exit_code("receipts", "verify", str(file), "--json") == 1
    assert exit_code("receipts", "verify", str(tmp_path / "none")) == 2
    assert exit_code("receipts", "verify", str(file), "--public-key", "short") == 2


def test_the_script_runs_by_itself(world: World, tmp_path: Path) -> None:
    """With nothing of Ringfence on its path."""
    an_erased_one(world)
    who, _ = world.person("acme")
    (record,) = world.product.receipts.page(who, limit=5)
    file = tmp_path / "receipt.json"
    file.write_bytes(record.content)
    command = [sys.executable, "-I", str(SCRIPT_FILE), str(file)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    assert "sound, verified. 1 of 1 items gone" in told.stdout
    assert "not checked: backups" in told.stdout
    file.write_bytes(record.content.replace(b"gone", b"Gone", 1))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("script", ["verify-receipt", "verify-audit"])
def test_a_script_whose_reader_has_gone_ends_without_a_word(script: str) -> None:
    """`verify-receipt … | head -1`."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT_FILE.with_name(script)), "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == -signal.SIGPIPE
