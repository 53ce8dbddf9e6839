"""`ringfence models pin` and `check` against local servers (R17)."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service import bootstrap
from service.cli import main
from service.cli.main import EXIT_UNAVAILABLE, EXIT_WRONG
from service.settings import load
from tests.prompts import a_prompt
from tests.servers.openai import FINGERPRINT, NAME, Fault, PlayedVllm
from tests.servers.scripted import ScriptedServer, scripted


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted(PlayedVllm()) as one:
        yield one


@pytest.fixture(autouse=True)
def _configured(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RINGFENCE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RINGFENCE_LOCAL_MODEL_URL", server.url)
    monkeypatch.setenv("RINGFENCE_LOCAL_MODEL", NAME)
    monkeypatch.setenv("RINGFENCE_LOCAL_MODEL_QUANTISATION", "FP8")
    (tmp_path / "keys").mkdir()


def run(*arguments: str) -> int:
    """Run a command; return its exit code."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return int(caught.value.code or 0)


def script(server: ScriptedServer) -> PlayedVllm:
    assert isinstance(server.script, PlayedVllm)
    return server.script


def test_a_declared_model_is_not_ready_until_it_is_pinned(
    server: ScriptedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("models", "check") == EXIT_UNAVAILABLE
    assert "not_pinned" in capsys.readouterr().out
    assert run("models", "pin") == 0
    assert f"pinned {NAME}: fp8; fingerprints: {FINGERPRINT}" in capsys.readouterr().out
    assert run("models", "check") == 0
    (replica,) = bootstrap.replicas(load())
    with closing(replica):
        assert replica.generate(a_prompt())[1].pin == f"fp8 {FINGERPRINT}"
    assert NAME.encode() in server.bodies[-1]


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (Fault.ANOTHER_MODEL, "wrong_model"),
        (Fault.ANOTHER_CONFIGURATION, "wrong_configuration"),
        (Fault.OTHER_WEIGHTS, "drifted"),
    ],
)
def test_a_model_that_changed_is_told_apart_until_it_is_pinned_anew(
    server: ScriptedServer, fault: Fault, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("models", "pin")
    script(server).fault = fault
    capsys.readouterr()
    assert run("models", "check", "--json") == EXIT_UNAVAILABLE
    assert json.loads(capsys.readouterr().out)[0]["failure"] == how


def test_a_pin_of_another_quantisation_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    run("models", "pin")
    monkeypatch.setenv("RINGFENCE_LOCAL_MODEL_QUANTISATION", "awq")
    assert run("models", "check") == EXIT_UNAVAILABLE


def test_without_a_declaration_or_a_data_folder_nothing_is_pinned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RINGFENCE_LOCAL_MODEL_QUANTISATION")
    assert run("models", "pin") == EXIT_WRONG
    (tmp_path / "keys").rmdir()
    assert run("models", "pin") == EXIT_WRONG
    printed = capsys.readouterr().err
    assert "QUANTISATION" in printed
    assert "ringfence init" in printed
