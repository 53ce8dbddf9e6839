"""The master key, in a file of its own: it wraps every tenant's key."""

from pathlib import Path

from service.adapters.secret_file import read_secret, write_secret
from service.sealing import KEY_BYTES, Key


def create_master_key(path: Path) -> Key:
    """Write a new master key, readable by its owner only. Raises SettingsError where there is a file already."""
    key = Key.fresh()
    write_secret(path, key.secret, name="master key", loss="everything sealed under it would be lost")
    return key


def load_master_key(path: Path) -> Key:
    """Read the master key. Raises SettingsError where it is missing, too short or long, or open to others."""
    return Key(read_secret(path, size=KEY_BYTES, name="master key"))
