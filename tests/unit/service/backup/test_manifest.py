"""A backup says what it consists of, and every changed, missing or added file is found (R44)."""

from pathlib import Path

import pytest

from service.backup import Manifest, hashed
from service.errors import InvalidRequestError
from service.ports import LedgerHead


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vault" / "tenant").mkdir(parents=True)
    (tmp_path / "database.dump").write_bytes(b"dump")
    (tmp_path / "vault" / "tenant" / "document").write_bytes(b"sealed")
    a_manifest(tmp_path).write(tmp_path)
    return tmp_path


def a_manifest(folder: Path, version: int = 1) -> Manifest:
    return Manifest(
        version=version,
        backup="b",
        part="data",
        made_at="2026-01-01T00:00:00+00:00",
        schema="0001",
        embedder="packaged",
        ledger=LedgerHead(number=3, hash="f" * 64),
        files=hashed(folder),
    )


def test_a_whole_backup_is_read(folder: Path) -> None:
    found = Manifest.read(folder, "data")
    assert found == a_manifest(folder)
    assert set(found.files) == {"database.dump", "vault/tenant/document"}


@pytest.mark.parametrize("name", ["database.dump", "vault/tenant/document"])
def test_a_changed_file_is_found(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"other")
    with pytest.raises(InvalidRequestError, match=f"{name} was changed"):
        Manifest.read(folder, "data")


def test_a_missing_file_is_found(folder: Path) -> None:
    (folder / "database.dump").unlink()
    with pytest.raises(InvalidRequestError, match=r"database\.dump is missing"):
        Manifest.read(folder, "data")


def test_an_added_file_is_found(folder: Path) -> None:
    (folder / "vault" / "more").write_bytes(b"")
    with pytest.raises(InvalidRequestError, match="vault/more was not in it"):
        Manifest.read(folder, "data")


def test_an_unfinished_backup_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="no finished backup"):
        Manifest.read(tmp_path, "data")


def test_the_halves_are_not_mistaken_for_each_other(folder: Path) -> None:
    with pytest.raises(InvalidRequestError, match="not the keys half"):
        Manifest.read(folder, "keys")


@pytest.mark.parametrize("told", [b"", b"{}", b'{"version": "x"}'], ids=["empty", "nothing", "nonsense"])
def test_a_damaged_manifest_is_told_in_one_line(folder: Path, told: bytes) -> None:
    (folder / "manifest.json").write_bytes(told)
    with pytest.raises(InvalidRequestError, match="cannot be read"):
        Manifest.read(folder, "data")


def test_a_later_version_is_refused(folder: Path) -> None:
    a_manifest(folder, version=2).write(folder)
    with pytest.raises(InvalidRequestError, match="this version can read"):
        Manifest.read(folder, "data")
