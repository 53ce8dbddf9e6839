"""Refusing what was erased: who hands it in again is told no, and what resembles it is pointed out (R44)."""

from service.refusing.refusals import Refusals, compared, refuse_again
from service.refusing.sketching import THRESHOLD, alike, sketched

__all__ = ["THRESHOLD", "Refusals", "alike", "compared", "refuse_again", "sketched"]
