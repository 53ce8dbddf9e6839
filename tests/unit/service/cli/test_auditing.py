"""`ringfence audit verify` and `scripts/verify-audit` on the command line (R50)."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli import main
from tests.evidence import SCRIPT, an_audited_world, exported

_SCRIPT = Path(__file__).resolve().parents[4] / "scripts" / "verify-audit"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a sound log, a changed one, a checkpoint and the public key."""
    folder = tmp_path_factory.mktemp("evidence")
    world, auditor, _ = an_audited_world(4)
    content = exported(world, auditor)
    (folder / "log.jsonl").write_bytes(content)
    (folder / "changed.jsonl").write_bytes(content.replace(b'"sources":2', b'"sources":7'))
    (folder / "kept").write_bytes(world.product.auditing.checkpoint(auditor))
    (folder / "key").write_text(world.product.auditing.signer.public_key.hex())
    return folder


def ours(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(["audit", "verify", *arguments])
    return end.value.code


def theirs(*arguments: str) -> int | str | None:
    try:
        return SCRIPT.main(list(arguments))
    except SystemExit as end:
        return end.code


Command = Callable[..., int | str | None]
commands = pytest.mark.parametrize("command", [ours, theirs])


@commands
def test_a_sound_log_ends_with_0_and_a_changed_one_with_1_and_its_place(
    evidence: Path, capsys: pytest.CaptureFixture[str], command: Command
) -> None:
    assert command(str(evidence / "log.jsonl")) == 0
    assert "sound" in capsys.readouterr().out
    assert command(str(evidence / "changed.jsonl")) == 1
    assert "line 4: entry 3" in capsys.readouterr().out


@commands
def test_the_key_and_the_checkpoint_that_are_known_are_demanded(evidence: Path, command: Command) -> None:
    log, key, kept = str(evidence / "log.jsonl"), (evidence / "key").read_text(), str(evidence / "kept")
    assert command(log, "--public-key", key, "--checkpoint", kept, "--complete") == 0
    assert command(log, "--public-key", "0" * 64) == 1
    assert command(log, "--checkpoint", log) == 1


@commands
def test_what_cannot_be_read_or_understood_ends_with_2(
    evidence: Path, capsys: pytest.CaptureFixture[str], command: Command
) -> None:
    """1 means that the evidence is wrong, and nothing else."""
    assert command(str(evidence / "absent")) == 2
    assert "absent" in capsys.readouterr().err
    assert command(str(evidence / "log.jsonl"), "--public-key", "12 monkeys") == 2
    assert command(str(evidence / "log.jsonl"), "--checkpoint", str(evidence / "absent")) == 2


def test_the_verdict_comes_as_json_too(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ours(str(evidence / "changed.jsonl"), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], len(told["problems"]), told["leaves"]) == (False, 1, 4)


def test_the_script_runs_by_itself_and_knows_nothing_of_the_product(evidence: Path) -> None:
    """It shares no code with what it checks: outside the repository, isolated from its packages, it works too."""
    command = [sys.executable, "-P", str(_SCRIPT)]
    done = subprocess.run(
        [*command, str(evidence / "log.jsonl")], check=False, cwd=evidence, env={}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    source = _SCRIPT.read_text(encoding="utf-8")
    assert not any(f"{word} {package}" in source for word in ("import", "from") for package in ("service", "ingestion"))
    teaching = subprocess.run([*command, "--help"], check=True, env={}, capture_output=True, text=True).stdout
    assert "RFC 6962" in teaching
