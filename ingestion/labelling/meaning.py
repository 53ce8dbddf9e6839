"""What the heads say of a text, alone and beside its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.labelling.heads import Judgement

_SWAYED = 0.2
"""The share of a head's lower threshold above which a neighbour's kind is not ruled out.

Measured on pages of a handbook: it keeps 1 harmless chunk in 120 back, where every chunk beside a sensitive one
would be 1 in 40.
"""

Judged = tuple[Judgement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """The judgements that make a text sensitive, and the reasons for which it cannot be harmless."""

    sensitive: tuple[Judgement, ...] = ()
    doubts: tuple[str, ...] = ()

    @classmethod
    def of(cls, judgements: Sequence[Judgement]) -> "Meaning":
        """Return what these judgements say of a text by itself."""
        return cls(
            sensitive=tuple(one for one in judgements if one.sensitive),
            doubts=tuple(f"uncertain:{one.kind}" for one in judgements if not one.sensitive and not one.harmless),
        )


def beside(before: Judged, own: Judged, after: Judged) -> Meaning:
    """Return what a chunk means beside its neighbours, whose judgements are their own, never inherited ones.

    Next to something sensitive, what is doubtful of the same kind is sensitive, and what is nearly doubtful is
    unknown; between two such neighbours nothing is proved harmless. All of this only ever adds.
    """
    sides = [{one.kind for one in side if one.sensitive} for side in (before, after)]
    sensitive: list[Judgement] = []
    doubts: list[str] = []
    for one in own:
        swayed = any(one.kind in side for side in sides)
        if one.sensitive or (swayed and not one.harmless):
            sensitive.append(one)
        elif not one.harmless:
            doubts.append(f"uncertain:{one.kind}")
        elif all(one.kind in side for side in sides):
            doubts.append(f"between:{one.kind}")
        elif swayed and one.probability > _SWAYED * one.low:
            doubts.append(f"beside:{one.kind}")
    return Meaning(sensitive=tuple(sensitive), doubts=tuple(doubts))
