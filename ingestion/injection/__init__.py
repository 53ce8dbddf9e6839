"""How much a text reads like instructions to a model: for whom it was written, and what it wants done."""

from ingestion.injection.scoring import suspicion, suspicion_of_document
from ingestion.injection.suspicion import Injection, SuspectChunk, Suspicion

__all__ = ["Injection", "SuspectChunk", "Suspicion", "suspicion", "suspicion_of_document"]
