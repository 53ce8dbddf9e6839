"""Twins of the embedder, its tokenizer and the parser that need no model and no process."""

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from ingestion.document import Document
from ingestion.parsing import Limits, parse
from service.ports.models import Vectors

_WORD = re.compile(r"\w+|[^\w\s]")


class InMemoryEmbedder:
    """A `ports.Embedder` that hashes words: texts that share words are near each other."""

    def __init__(self, dimensions: int = 64) -> None:
        """Make vectors of this length."""
        self._dimensions = dimensions

    @property
    def name(self) -> str:
        """The twin's name and its length."""
        return f"words-hashed/{self._dimensions}"

    @property
    def dimensions(self) -> int:
        """The length of every vector."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector per text, in the order given."""
        vectors: Vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in _WORD.findall(text.lower()) or [""]:
                place = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
                vector[place % self._dimensions] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class InMemoryTokenizer:
    """A `ports.Tokenizer` for which every word and every mark is one token."""

    def offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the span of every word and mark."""
        return [match.span() for match in _WORD.finditer(text)]


class InMemoryParser:
    """A `ports.Parser` in this very process: for texts that are known to be harmless."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Parse under these limits."""
        self._limits = limits or Limits()

    def parse(self, content: bytes, *, name: str, media_type: str | None = None) -> Document:
        """Return the document. Raises UnreadableError."""
        return parse(content, name=name, media_type=media_type, limits=self._limits)
