"""Labels for texts that are not stored chunks: questions, instructions, and what is about to leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingestion.document import Document, Page
from ingestion.sensitivity import Label, highest
from ingestion.splitting import split
from service.ports import Embedder, Labeller, Tokenizer, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Asks the labeller in force. Long texts are cut, and the highest label of the pieces counts."""

    embedder: Embedder
    tokenizer: Tokenizer
    labeller: Labeller

    @property
    def version(self) -> str:
        """The labeller version that a label must carry to count."""
        return self.labeller.version

    def of_question(self, text: str) -> tuple[Label, Vector]:
        """Return the label of a question and its vector, which retrieval needs too."""
        vectors = self.embedder.embed([text])
        if len(self._pieces(text)) > 1:
            return self.of((text,)), vectors[0]
        return self.labeller.label([text], vectors)[0], vectors[0]

    def of(self, texts: Sequence[str]) -> Label:
        """Return the highest label among the texts; this is also the scan at the egress (R11)."""
        pieces = [piece for text in texts for piece in self._pieces(text)]
        if not pieces:
            return Label.unknown("made_from_nothing", version=self.version)
        return highest(self.labeller.label(pieces, self.embedder.embed(pieces)))

    def of_constant(self, text: str) -> Label:
        """Return the label of a text that is part of the program; computed once per labeller version."""
        return _remembered(self, text, self.version)

    def _pieces(self, text: str) -> list[str]:
        page = Page(number=1, start=0, end=len(text))
        document = Document(text=text, pages=(page,), media_type="text/plain")
        return [chunk.text for chunk in split(document, self.tokenizer)]


@lru_cache(maxsize=16)
def _remembered(labels: Labels, text: str, version: str) -> Label:  # noqa: ARG001 - the version is part of the key
    return labels.of((text,))
