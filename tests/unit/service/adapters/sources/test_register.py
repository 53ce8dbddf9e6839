"""The operator's file of sources: what it allows, and how it says that something is wrong (R30, R60)."""

from pathlib import Path

import pytest

from service.adapters.sources import AllowedSources, TomlSourceRegister
from service.adapters.sources.register import ConnectionKind, secret
from service.errors import InvalidRequestError, SettingsError
from service.ports import SourceKind, SourceSettings

MAIL = """
[[connection]]
name = "hr-mail"
kind = "imap"
tenants = ["acme"]
host = "mail.example"
user = "reader"
secret_file = "{place}"
"""


def written(folder: Path, text: str) -> TomlSourceRegister:
    """Return the register in a file that says this."""
    (folder / "sources.toml").write_text(text)
    return TomlSourceRegister(folder / "sources.toml")


def test_without_a_file_nothing_may_be_read(tmp_path: Path) -> None:
    opener = AllowedSources(TomlSourceRegister(tmp_path / "absent.toml"), largest=9)
    with pytest.raises(InvalidRequestError):
        opener.check("acme", SourceKind.FOLDER, SourceSettings(location=str(tmp_path)))


@pytest.mark.parametrize(
    "location",
    ["/etc", "{root}/../other", "{root}-beside", "{root}/out", "share", "{root}/\x00"],
    ids=["elsewhere", "upwards", "beside", "by a link", "relative", "no path"],
)
def test_nothing_outside_an_allowed_folder_is_opened(tmp_path: Path, location: str) -> None:
    """No API key can have /etc read."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    opener = AllowedSources(written(tmp_path, f'[[root]]\npath = "{root}"\ntenants = ["acme"]\n'), largest=9)
    opener.check("acme", SourceKind.FOLDER, SourceSettings(location=str(root)))
    for kind in (SourceKind.FOLDER, SourceKind.MBOX, SourceKind.MAILDIR, SourceKind.MANIFEST):
        with pytest.raises(InvalidRequestError):
            opener.check("acme", kind, SourceSettings(location=location.format(root=root)))


def test_a_connection_is_for_its_tenants_and_its_kind(tmp_path: Path) -> None:
    file = written(tmp_path, MAIL.format(place="/run/mail")).read()
    assert file.connected("acme", "hr-mail", ConnectionKind.IMAP) is not None
    assert file.connected("acme", "hr-mail", ConnectionKind.S3) is None
    assert file.connected("lakeside", "hr-mail", ConnectionKind.IMAP) is None


def test_a_secret_lies_in_a_file_that_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    connection = written(tmp_path, MAIL.format(place=path)).read().connection[0]
    with pytest.raises(SettingsError, match="cannot be read"):
        secret(connection)
    path.write_text("hunter2\n")
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="open to others"):
        secret(connection)
    path.chmod(0o600)
    assert secret(connection) == "hunter2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[root]", "no TOML"),
        ('[[root]]\npath = "/"\ntenants = ["acme"]', "not / itself"),
        ('[[root]]\npath = "share"\ntenants = ["acme"]', "from / on"),
        ('[[root]]\npath = "/srv"\ntenants = []', "tenants"),
        ('[[root]]\npath = "/srv"\ntenants = ["acme"]\nmode = 1', "mode"),
        (MAIL.format(place="/a") * 2, "same name"),
        (MAIL.format(place="/a").replace('host = "mail.example"\n', ""), "host is missing"),
        (MAIL.format(place="/a").replace("secret_file", "ca_file"), "secret_file is missing"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        written(tmp_path, text).read()
    assert "\n" not in str(caught.value)
