"""Exports of what is kept about a person, for that person (Art. 15 GDPR, R47)."""

from service.exporting.exports import Exports, ExportView
from service.exporting.gathering import Gathering

__all__ = ["ExportView", "Exports", "Gathering"]
