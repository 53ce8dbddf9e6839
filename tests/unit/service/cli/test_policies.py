"""`ringfence providers` and `ringfence policy` without a server: the register on this machine (R15, R55)."""

import json
import shutil
from pathlib import Path

import pytest

from service.cli import main
from service.policy.document import policy_document
from service.policy.tightening import Policy
from service.settings import Settings

MADE_UP = Path(__file__).parents[4] / "examples" / "providers.toml"


@pytest.fixture(autouse=True)
def register(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("ANTHROPIC_API_KEY", *(f"RINGFENCE_{field}".upper() for field in Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "providers.toml"
    monkeypatch.setenv("RINGFENCE_PROVIDERS", str(path))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "stand-in")
    return path


def ended(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


def ways(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert ended("providers", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    return {one["data"]: one["way"] for one in told["may_go"] if one["egress"] == "cloud"}


def test_without_a_register_it_says_that_nothing_leaves(register: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("providers") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "is missing: nothing is attested, so nothing leaves" in told
    assert register.name in told
    assert set(ways(capsys).values()) == {"never"}


def test_with_a_register_it_says_what_may_go(register: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(MADE_UP, register)
    assert ways(capsys)["NON_SENSITIVE"] == "as_it_is"
    assert ended("providers") == 0
    assert "2999-12-31" in capsys.readouterr().out


def test_what_expires_or_has_expired_is_a_warning(register: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register.write_text(MADE_UP.read_text().replace("2999-12-31", "2020-01-31", 1))
    assert ended("providers") == 0
    assert "warning: anthropic: dpa expired" in capsys.readouterr().out
    assert ways(capsys)["NON_SENSITIVE"] == "never"


def test_without_a_cloud_key_nothing_is_said_to_leave(
    register: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(MADE_UP, register)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    assert ways(capsys)["NON_SENSITIVE"] == "never"


def test_a_bad_register_ends_with_2_and_one_line(register: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register.write_text("[provider")
    for arguments in (["providers"], ["policy", "document"]):
        assert ended(*arguments) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert "is no TOML" in told.err


def test_the_document_is_printed_or_written(register: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R55: the defaults' for docs/, the operator's own otherwise."""
    assert ended("policy", "document", "--defaults") == 0
    assert capsys.readouterr().out == policy_document(Policy())
    register.write_text(f"[policy]\ncloud = false\n{MADE_UP.read_text()}")
    assert ended("policy", "document", "--write", str(tmp_path / "policy.md")) == 0
    assert "- The cloud: forbidden." in (tmp_path / "policy.md").read_text()
    capsys.readouterr()
    assert ended("policy", "document", "--write", str(tmp_path / "absent" / "policy.md")) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "say what to change"), (["--clear", "everything"], "--clear everything: write one of")],
)
def test_a_change_that_says_nothing_is_refused_before_anybody_is_asked(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("policy", "set", "--tenant", "acme", *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())
