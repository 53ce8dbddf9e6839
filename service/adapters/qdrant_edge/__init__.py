"""Qdrant's engine in an owner process of its own, and the client that speaks to it over a local socket."""

from service.adapters.qdrant_edge.client import QdrantEdgeChunkIndex

__all__ = ["QdrantEdgeChunkIndex"]
