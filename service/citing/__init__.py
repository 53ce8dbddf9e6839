"""Which sources an answer rests on, verified: quotations, figures and words are looked up in what was shown."""

from service.citing.quoting import quoted
from service.citing.statements import NOTHING_FOUND, Unsupported, statement
from service.citing.values import Cited, Credited, Quotation, Support
from service.citing.verifying import cited, nothing_found

__all__ = [
    "NOTHING_FOUND",
    "Cited",
    "Credited",
    "Quotation",
    "Support",
    "Unsupported",
    "cited",
    "nothing_found",
    "quoted",
    "statement",
]
