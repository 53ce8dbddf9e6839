"""Options that many commands share, and how they print."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column

from service import settings
from service.errors import SettingsError
from service.settings import Settings

_WIDTH_OF_A_FILE = 160
_KEY_BYTES = 32
out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
err = Console(stderr=True, highlight=False)

DataDir = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder; default RINGFENCE_DATA_DIR or ./ringfence-data.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
TenantName = Annotated[
    str | None,
    typer.Option("--tenant", "-t", help="Use the API key saved by `ringfence tenants add`.", show_default=False),
]


def loaded(data: Path | None) -> Settings:
    """Return the settings, with the data folder of the command line if one was given."""
    return settings.load(**({"data_dir": data} if data is not None else {}))


def naming(tenant: str | None) -> str:
    """Return the option that the next command needs to go on for the same tenant."""
    return "" if tenant is None else f" --tenant {tenant}"


def public_key(given: str | None) -> bytes | None:
    """Return the key that must have signed a file, None where any will do. Raises SettingsError."""
    if given is None:
        return None
    try:
        found = bytes.fromhex(given)
    except ValueError:
        found = b""
    if len(found) != _KEY_BYTES:
        message = "--public-key takes 64 hexadecimal digits, as `ringfence audit key` prints them"
        raise SettingsError(message)
    return found


def write_file(to: Path, pieces: Iterable[bytes]) -> None:
    """Write what was asked for into the file. Raises SettingsError where that cannot be written."""
    try:
        with to.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        message = f"{to} cannot be written: {error.strerror}"
        raise SettingsError(message) from None


def print_json(value: object) -> None:
    """Print one JSON value, indented."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def identifier() -> Column:
    """Return the column of an id: never cut, because people copy it into the next command."""
    return Column("id", min_width=36, no_wrap=True)
