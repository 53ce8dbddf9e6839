"""Bytes in, a Document out: one module per family of formats.

A hostile file can still crash or stall a parser written in C: run this where that harms nobody
(`python -m ingestion.parsing` is the child process that the service's sandbox starts).
"""

from ingestion.parsing.dispatch import known_media_type, may_hold_attachments, parse
from ingestion.parsing.limits import Limits

__all__ = ["Limits", "known_media_type", "may_hold_attachments", "parse"]
