"""The data folder: the same private places for every process, whatever the folder is called."""

import socket
from pathlib import Path
from urllib.parse import unquote

import pytest

from service.errors import SettingsError
from service.folder import DataFolder


def test_a_folder_is_made_closed_to_others_and_making_it_again_changes_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "kb")
    folder.create()
    folder.create()
    for private in (folder.keys, folder.postgres, folder.valkey, folder.edge, folder.vault, folder.logs):
        assert private.stat().st_mode & 0o777 == 0o700
    assert folder.path.stat().st_mode & 0o066 == 0  # others may at most walk through, and only when root owns it


def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all")
    mode = tmp_path.stat().st_mode
    with pytest.raises(SettingsError, match="neither empty nor a Ringfence data folder"):
        DataFolder(tmp_path).create()
    assert tmp_path.stat().st_mode == mode


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear all")
    with pytest.raises(SettingsError, match="is a file; name a folder"):
        DataFolder(letter).create()


@pytest.mark.parametrize("name", ["kb", "a" * 120, "ein Büro & Söhne %41"])
def test_a_socket_fits_its_path_however_long_that_of_the_folder_is(tmp_path: Path, name: str) -> None:
    folder = DataFolder(tmp_path / name)
    folder.create()
    for path in (folder.valkey_socket, folder.edge_socket, folder.postgres_sockets / ".s.PGSQL.5432"):
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
        path.unlink()
    if folder.sockets != folder.run:
        folder.postgres_sockets.rmdir()
        folder.sockets.rmdir()


def test_every_process_finds_the_same_sockets(tmp_path: Path) -> None:
    path = tmp_path / ("b" * 120)
    assert DataFolder(path).sockets == DataFolder(path).sockets
    assert DataFolder(path).sockets != DataFolder(tmp_path / ("c" * 120)).sockets


def test_a_socket_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    """In a public place another user may have made the folder first, with a database of his own in it."""
    folder = DataFolder(tmp_path / ("d" * 120))
    sockets = folder.sockets
    sockets.mkdir()
    sockets.chmod(0o777)
    try:
        with pytest.raises(SettingsError, match="made by somebody else"):
            folder.database_url  # noqa: B018 - reading it is what must fail
    finally:
        sockets.rmdir()


def test_the_addresses_name_the_sockets(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "my kb")
    assert unquote(folder.database_url).endswith(f"ringfence_app@/ringfence?host={folder.postgres_sockets}")
    assert unquote(folder.database_owner_url).endswith(f"ringfence_owner@/ringfence?host={folder.postgres_sockets}")
    assert unquote(folder.broker_url) == f"redis+socket://{folder.valkey_socket}"
