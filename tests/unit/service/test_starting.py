"""What `ringfence up` finds out before it starts anything, told in one line."""

from pathlib import Path

import pytest

from service import supervisor
from service.adapters.keystore import SqliteKeyStore, create_master_key, load_master_key
from service.adapters.signing import create_signing_key
from service.folder import DataFolder
from service.settings import load


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    create_master_key(folder.master_key)
    create_signing_key(folder.audit_key)
    SqliteKeyStore(folder.keys, load_master_key(folder.master_key))
    return folder


def last_line(folder: DataFolder, capsys: pytest.CaptureFixture[str], **overrides: object) -> str:
    assert supervisor.up(load(data_dir=folder.path, **overrides)) == 1
    said = capsys.readouterr().out.strip()
    assert "\n" not in said
    return said


def test_a_folder_that_was_never_initialised_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "ringfence init" in last_line(DataFolder(tmp_path / "nothing"), capsys)


def test_a_master_key_of_another_knowledge_base_is_refused(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.master_key.unlink()
    create_master_key(folder.master_key)
    assert "master key" in last_line(folder, capsys)


def test_a_master_key_that_others_can_read_is_refused(folder: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.master_key.chmod(0o644)
    assert "master" in last_line(folder, capsys)


def test_an_embedder_that_is_not_here_is_named(folder: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no/such-model" in last_line(folder, capsys, embedder="no/such-model")


def test_a_folder_without_the_audit_signing_key_is_told_what_makes_one(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """R50: one from before the audit was signed; nothing else of it is touched."""
    folder.audit_key.unlink()
    assert "ringfence init" in last_line(folder, capsys)


def test_an_audit_signing_key_that_others_can_read_is_refused(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.audit_key.chmod(0o644)
    assert "audit signing key" in last_line(folder, capsys)


def test_a_register_that_cannot_be_understood_is_told_before_anything_starts(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """R15."""
    folder.providers.write_text("[provider")
    assert "providers.toml: is no TOML" in last_line(folder, capsys)
