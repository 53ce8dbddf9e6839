"""Turn a text into the few views on which detectors look: as it reads, uncovered, and backwards."""

from dataclasses import dataclass

from ingestion.labelling.decoding import decoded
from ingestion.labelling.folding import folded
from ingestion.labelling.rejoining import rejoined
from ingestion.labelling.spelling import respelled
from ingestion.labelling.swapping import swapped_back
from ingestion.labelling.unmarking import unmarked
from ingestion.labelling.views import View

_DEPTH = 4
"""Encodings inside encodings: three are usual play, and each costs one more pass over what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """What a text looks like to a reader, what it looks like once uncovered, and that read backwards."""

    original: str
    plain: View
    uncovered: View
    backwards: View

    @classmethod
    def of(cls, text: str) -> "Views":
        """Return the views of a text, in time linear in its length."""
        plain = folded(View.of(text))
        uncovered = plain
        for _ in range(_DEPTH):
            deeper = _put_right(decoded(uncovered))
            if deeper is uncovered:
                break
            uncovered = deeper
        return cls(original=text, plain=plain, uncovered=uncovered, backwards=plain.backwards())

    def forward(self) -> tuple[View, ...]:
        """Return the distinct views that read forwards."""
        return (self.plain,) if self.uncovered.text == self.plain.text else (self.plain, self.uncovered)


def _put_right(view: View) -> View:
    """Return the view without marks inside words, and with dictated, swapped and gapped characters put right."""
    return rejoined(swapped_back(respelled(unmarked(view))))
