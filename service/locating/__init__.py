"""Locating a person in everything that a tenant keeps: by the subject index, exactly, and by meaning (R40)."""

from service.locating.locating import Locating
from service.locating.masking import MASK, masked, snippet, unexamined
from service.locating.values import (
    FoundBy,
    Located,
    LocatedChunk,
    LocatedDocument,
    LocatedField,
    LocatedTurn,
    NotSearched,
    Obstacle,
)

__all__ = [
    "MASK",
    "FoundBy",
    "Located",
    "LocatedChunk",
    "LocatedDocument",
    "LocatedField",
    "LocatedTurn",
    "Locating",
    "NotSearched",
    "Obstacle",
    "masked",
    "snippet",
    "unexamined",
]
