"""What scoring says of a text and of a document: a score from 0 to 1 and the names of the cues, never the words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """The score of one text and the cues that made it, the weightiest first."""

    score: float
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectChunk:
    """A chunk in which cues were found."""

    ordinal: int
    score: float
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """The score of a document: its worst chunk's or its names'. `chunks` are the worst of those with cues."""

    score: float
    cues: tuple[str, ...] = ()
    chunks: tuple[SuspectChunk, ...] = ()
