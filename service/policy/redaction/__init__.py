"""Hides personal values behind placeholders before a prompt leaves, and puts them back into the answer (R14)."""

from service.policy.redaction.eligibility import examined_values, may_be_redacted, values_in
from service.policy.redaction.placeholders import KINDS, Placeholder
from service.policy.redaction.replacing import Value, redacted
from service.policy.redaction.restoring import Restorer
from service.policy.redaction.secrecy import Mapping

__all__ = [
    "KINDS",
    "Mapping",
    "Placeholder",
    "Restorer",
    "Value",
    "examined_values",
    "may_be_redacted",
    "redacted",
    "values_in",
]
