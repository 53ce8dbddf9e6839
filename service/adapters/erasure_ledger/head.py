"""A note of how far the ledger had got, kept apart from it: without one, an end that was cut off leaves no trace."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from service.errors import LedgerDamagedError
from service.ports import LedgerHead


@dataclass(frozen=True, slots=True)
class HeadNote:
    """A small file beside the keys."""

    path: Path

    def read(self) -> LedgerHead | None:
        """Return what was noted last, None where nothing ever was. Raises LedgerDamagedError."""
        try:
            told = json.loads(self.path.read_bytes())
            return LedgerHead(number=int(told["number"]), hash=str(told["hash"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            message = "The note of how far the erasure ledger had got cannot be read."
            raise LedgerDamagedError(message) from None

    def write(self, head: LedgerHead) -> None:
        """Note it durably. Raises OSError."""
        unfinished = self.path.with_suffix(".writing")
        with unfinished.open("w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(json.dumps(asdict(head)))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
