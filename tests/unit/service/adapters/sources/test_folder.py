"""A folder as a source: nothing outside it is read, and nobody sees more here than there (R31, R60)."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from service.adapters.sources.access import AccessMap, Reach
from service.adapters.sources.folder import FolderSource, parts_of, place_of
from service.errors import SourceUnreachableError
from service.ports import Found, SourceSettings, Trouble
from service.ports.sourcing import SourceTroubleError

STAFF = SourceSettings(location="share", groups=frozenset({"staff"}))


@pytest.fixture
def share(tmp_path: Path) -> Path:
    made = tmp_path / "share"
    (made / "inner").mkdir(parents=True)
    (made / "inner" / "plan.txt").write_text("The plan.")
    return made


def walked(share: Path, settings: SourceSettings = STAFF) -> dict[str, Trouble | None]:
    """Return what a walk meets, with its trouble, read or not."""
    met: dict[str, Trouble | None] = {}
    with FolderSource.at(share, settings, largest=1_000) as source:
        for one in source.walk():
            assert isinstance(one, Found)
            met[one.place] = one.trouble
            if one.trouble is None:
                try:
                    one.read()
                except SourceTroubleError as error:
                    met[one.place] = error.trouble
    return met


def test_links_and_special_files_are_told_and_hidden_ones_left_out(share: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Outside.")
    (share / "link.txt").symlink_to(tmp_path / "secret.txt")
    (share / "folder").symlink_to(tmp_path)
    os.mkfifo(share / "pipe")
    (share / ".hidden").write_text("x")
    (share / ".git").mkdir()
    (share / ".git" / "config").write_text("x")
    assert walked(share) == {
        "folder": Trouble.SYMLINK,
        "inner/plan.txt": None,
        "link.txt": Trouble.SYMLINK,
        "pipe": Trouble.SPECIAL,
    }


@pytest.mark.parametrize("exchanged", ["file", "folder"])
def test_a_link_that_takes_the_place_of_something_met_is_not_followed(
    share: Path, tmp_path: Path, exchanged: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "plan.txt").write_text("Outside.")
    with FolderSource.at(share, STAFF, largest=1_000) as source:
        (found,) = source.walk()
        assert isinstance(found, Found)
        if exchanged == "file":
            (share / "inner" / "plan.txt").unlink()
            (share / "inner" / "plan.txt").symlink_to(outside / "plan.txt")
        else:
            (share / "inner").rename(share / "was")
            (share / "inner").symlink_to(outside)
        with pytest.raises(SourceTroubleError):
            found.read()


def test_the_folder_itself_is_no_link(share: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(share)
    with pytest.raises(SourceUnreachableError), FolderSource.at(tmp_path / "link", STAFF, largest=9):
        pass
    (tmp_path / "around").symlink_to(tmp_path)
    with pytest.raises(SourceUnreachableError), FolderSource.at(tmp_path / "around" / "share", STAFF, largest=9):
        pass


def test_a_pipe_that_takes_the_place_of_a_file_holds_nobody_up(share: Path) -> None:
    with FolderSource.at(share, STAFF, largest=1_000) as source:
        (found,) = source.walk()
        assert isinstance(found, Found)
        (share / "inner" / "plan.txt").unlink()
        os.mkfifo(share / "inner" / "plan.txt")
        with pytest.raises(SourceTroubleError) as caught:
            found.read()
    assert caught.value.trouble is Trouble.SPECIAL


def test_names_that_are_no_utf8_are_places_like_others(share: Path) -> None:
    (share / os.fsdecode(b"caf\xe9.txt")).write_text("Coffee.")
    met = walked(share)
    assert set(met.values()) == {None}
    (odd,) = set(met) - {"inner/plan.txt"}
    assert parts_of(odd) == (b"caf\xe9.txt",)
    assert place_of(parts_of(odd)) == odd


def a_stat(mode: int, *, folder: bool = False) -> os.stat_result:
    """Return what the file system says of something of user 4001 and group 4002."""
    kind = stat.S_IFDIR if folder else stat.S_IFREG
    return os.stat_result((kind | mode, 0, 0, 1, 4001, 4002, 0, 0, 0, 0))


MAPPED = {"user:4001": ("owner",), "group:4002": ("finance",), "others": ("all",)}


@pytest.mark.parametrize(
    ("mode", "mapping", "groups"),
    [
        (0o640, MAPPED, {"owner", "finance"}),
        (0o600, MAPPED, {"owner"}),
        (0o644, MAPPED, {"all"}),
        (0o644, {"group:4002": ("finance",)}, {"finance"}),  # nobody said who everybody is
        (0o604, MAPPED, {"owner"}),  # others, but not the group: that is not everybody
        (0o004, MAPPED, set()),
        (0o000, MAPPED, set()),
        (0o640, {}, set()),  # nobody is mapped: refused, not open
        (0o640, {"group:9999": ("finance",)}, set()),
    ],
)
def test_who_may_read_a_file_by_its_mode(mode: int, mapping: Mapping[str, tuple[str, ...]], groups: set[str]) -> None:
    access = AccessMap(mapping)
    assert access.groups(access.reach(a_stat(mode), listed=False)) == groups


@pytest.mark.parametrize(
    ("folder", "file", "groups"),
    [
        (0o755, 0o644, {"all"}),
        (0o750, 0o644, {"owner", "finance"}),  # everybody could read it, but not everybody gets there
        (0o700, 0o644, {"owner"}),
        (0o700, 0o040, set()),
        (0o755, 0o640, {"owner", "finance"}),
    ],
)
def test_a_folder_lets_nobody_through_to_a_file_whom_it_shuts_out(folder: int, file: int, groups: set[str]) -> None:
    access = AccessMap(MAPPED)
    around = access.reach(a_stat(folder, folder=True), listed=False)
    assert access.groups(access.reach(a_stat(file), listed=False).within(around)) == groups


def test_an_access_list_beside_the_mode_is_refused() -> None:
    access = AccessMap(MAPPED)
    assert access.reach(a_stat(0o644), listed=True) == Reach(everybody=False, named=frozenset())


def test_a_walk_tells_the_groups_of_owners_and_refuses_what_is_unmapped(share: Path) -> None:
    mapping = {f"user:{os.geteuid()}": ("owners",)}
    for path in (share, share / "inner"):
        path.chmod(0o700)
    (share / "inner" / "plan.txt").chmod(0o600)
    for given, groups in ((mapping, {"owners"}), ({"user:4001": ("owners",)}, set())):
        with FolderSource.at(share, SourceSettings(location="share", access=given), largest=1_000) as source:
            (found,) = source.walk()
            assert isinstance(found, Found)
            assert found.groups == groups
