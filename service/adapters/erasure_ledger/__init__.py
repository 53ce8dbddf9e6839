"""The erasure ledger as a file of JSON lines, each chained to the one before it and signed."""

from service.adapters.erasure_ledger.file import FILE, FileErasureLedger
from service.adapters.erasure_ledger.head import HeadNote

__all__ = ["FILE", "FileErasureLedger", "HeadNote"]
