"""Receipts of erasures: signed, without personal data, and never saying more than the verifier counted."""

from service.receipts.contents import Contents, Item, Located, Requested
from service.receipts.receipts import Receipts, Versions
from service.receipts.verifying import verify

__all__ = ["Contents", "Item", "Located", "Receipts", "Requested", "Versions", "verify"]
