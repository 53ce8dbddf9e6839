"""The audit: who did what, when, decided how, in a log that nobody can change unnoticed."""

from service.auditing.entries import entry, reasons_as_facts, recorded, terms_as_facts
from service.auditing.log import Auditing, AuditView
from service.auditing.pseudonyms import ERASED, pseudonym_of, revealed
from service.auditing.verifying import Expected, Verdict, verify

__all__ = [
    "ERASED",
    "AuditView",
    "Auditing",
    "Expected",
    "Verdict",
    "entry",
    "pseudonym_of",
    "reasons_as_facts",
    "recorded",
    "revealed",
    "terms_as_facts",
    "verify",
]
