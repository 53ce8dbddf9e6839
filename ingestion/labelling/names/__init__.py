"""Names of persons, found by gazetteers and by the words around them."""

from ingestion.labelling.names.detector import NameDetector

__all__ = ["NameDetector"]
