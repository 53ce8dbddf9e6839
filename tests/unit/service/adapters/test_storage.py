"""A disk that takes nothing is told as what it is, with what to do, and without a path (R60, R54)."""

import errno
from pathlib import Path

import pytest

from service.adapters.storage import check_room, disks, refused
from service.errors import PartUnavailableError, StorageFullError, StorageReadOnlyError

_MORE_THAN_ANY_DISK = 1 << 62


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_a_used_up_quota_and_a_limit_on_files_are_full(number: int) -> None:
    error = refused(OSError(number, "x", "/secret/place"), store="vault")
    assert isinstance(error, StorageFullError)
    assert "disk of the vault is full: make room" in error.detail
    assert "secret" not in error.detail


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_what_may_only_be_read_is_said_to_be(number: int) -> None:
    error = refused(OSError(number, "x"), store="keys")
    assert isinstance(error, StorageReadOnlyError)
    assert "written to the key store: make its folder" in error.detail


def test_another_error_of_a_disk_is_a_part_that_does_not_answer() -> None:
    error = refused(OSError(errno.EIO, "x"), store="vault")
    assert type(error) is PartUnavailableError


def test_the_device_that_is_always_full_is_full() -> None:
    with pytest.raises(OSError, match="No space") as raised:
        Path("/dev/full").write_bytes(b"x")
    assert isinstance(refused(raised.value, store="ledger"), StorageFullError)


def test_room_is_asked_for_before_anything_is_written(tmp_path: Path) -> None:
    check_room(tmp_path, store="index", needed=1)
    with pytest.raises(StorageFullError):
        check_room(tmp_path, store="index", needed=_MORE_THAN_ANY_DISK)


def test_nobody_is_warned_of_a_disk_that_can_be_written_and_nothing_stays_of_the_question(tmp_path: Path) -> None:
    assert disks({"vault": tmp_path})() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_written_is_a_warning_with_what_to_do(tmp_path: Path) -> None:
    (told,) = disks({"vault": tmp_path, "keys": tmp_path / "absent"})()
    assert told == "nothing can be written to the key store: make its folder and disk writable for this user"
