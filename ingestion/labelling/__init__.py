"""Text and its embedding in, a Label out: normalise, patterns, validators, names, semantic heads."""

from ingestion.labelling.labeller import RingfenceLabeller

__all__ = ["RingfenceLabeller"]
