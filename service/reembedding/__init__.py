"""Re-embedding: a second vector space is built beside the one that serves and takes its place (R63)."""

from service.reembedding.operating import Reembedding, SpaceView

__all__ = ["Reembedding", "SpaceView"]
