"""Amending: a person redacted out of a document, or a text put right (Art. 16), by a new version in its place."""

from service.amending.amending import Amended, Amending
from service.amending.editing import REDACTED, Correction

__all__ = ["REDACTED", "Amended", "Amending", "Correction"]
