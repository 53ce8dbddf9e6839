"""The commands about sources: what they send, and what they say of a run (R60)."""

import pytest

from service.cli.sources import _access, _seconds, _told
from service.errors import SettingsError


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("6h", 21_600), ("1d", 86_400), (None, None)])
def test_how_often_a_source_runs_is_said_in_a_unit(text: str | None, seconds: int | None) -> None:
    assert _seconds(text) == seconds


@pytest.mark.parametrize("text", ["6", "h", "six h", "6w", ""])
def test_an_interval_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="6h"):
        _seconds(text)


def test_owners_groups_and_others_are_mapped_to_several_groups() -> None:
    given = ["user:anna=board", "group:finance=finance", "group:finance=audit", "others=staff"]
    mapping = {"user:anna": ["board"], "group:finance": ["finance", "audit"], "others": ["staff"]}
    assert _access(given) == mapping


@pytest.mark.parametrize("text", ["anna=board", "user:anna", "others", "everybody=staff", "user:anna="])
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    """Nobody is let in by a word that was mistyped."""
    with pytest.raises(SettingsError, match="GROUP"):
        _access([text])


def test_a_run_is_told_in_one_line() -> None:
    run = {"dry": True, "asked_at": "2026-11-24T18:00:00Z", "state": "done", "counts": {"met": 3, "let_go": 1}}
    assert _told(run | {"failure_detail": None}) == "dry run 2026-11-24T18:00:00: done; met 3, let go 1"
    failed = run | {"state": "failed", "failure_detail": "The source does not answer."}
    assert _told(failed) == "dry run 2026-11-24T18:00:00: failed; The source does not answer."
