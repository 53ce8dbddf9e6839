"""Turns registered originals into labelled, searchable chunks: read, split, embed, label, write."""

from service.ingesting.batching import Ingestion

__all__ = ["Ingestion"]
