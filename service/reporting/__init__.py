"""Reports that answer from the audit log alone: where data went, how often, and on what grounds."""

from service.reporting.evidence import EvidencePacks
from service.reporting.journeys import Journey, Outcome, journeys
from service.reporting.reports import Reporting

__all__ = ["EvidencePacks", "Journey", "Outcome", "Reporting", "journeys"]
