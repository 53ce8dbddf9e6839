"""Retention: documents go when their time is up, by rules that somebody previewed and approved (R47)."""

from service.retaining.expiring import Expiry
from service.retaining.judging import Judged, decided, judged
from service.retaining.rules import Preview, PreviewedDocument, Retention, RetentionView

__all__ = ["Expiry", "Judged", "Preview", "PreviewedDocument", "Retention", "RetentionView", "decided", "judged"]
