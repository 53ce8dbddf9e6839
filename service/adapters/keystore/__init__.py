"""The keys, in a small SQLite file apart from everything else; a destroyed key leaves no byte in it."""

from service.adapters.keystore.master import create_master_key, load_master_key
from service.adapters.keystore.store import SqliteKeyStore

__all__ = ["SqliteKeyStore", "create_master_key", "load_master_key"]
