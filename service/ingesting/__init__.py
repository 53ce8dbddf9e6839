"""Turns registered originals into labelled, searchable chunks: read, split, embed, label, write."""

from service.ingesting.batching import Ingestion
from service.ingesting.expanding import Nesting

__all__ = ["Ingestion", "Nesting"]
