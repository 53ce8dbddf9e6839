"""Backups: what is in one, and what has to happen before a restored one may answer (R44, R63)."""

from service.backup.manifest import Manifest, hashed
from service.backup.rebuilding import Rebuilding
from service.backup.replaying import Replayed, Replaying

__all__ = ["Manifest", "Rebuilding", "Replayed", "Replaying", "hashed"]
