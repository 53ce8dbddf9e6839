"""Turns registered originals into labelled, searchable chunks: read, split, embed, label, write."""

from service.ingesting.batching import Ingestion
from service.ingesting.expanding import Nesting
from service.ingesting.reusing import KnownVectors

__all__ = ["Ingestion", "KnownVectors", "Nesting"]
