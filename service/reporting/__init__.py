"""Reports that answer from the audit log alone: where data went, how often, and on what grounds."""

from service.reporting.evidence import EvidencePacks
from service.reporting.journeys import Journey, Outcome, journeys
from service.reporting.packing import packed
from service.reporting.reports import Period, Reporting
from service.reporting.statements import shown_documents

__all__ = ["EvidencePacks", "Journey", "Outcome", "Period", "Reporting", "journeys", "packed", "shown_documents"]
