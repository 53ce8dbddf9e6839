"""Scores a text for instructions to a model, in time linear in its length."""

from collections.abc import Iterator, Sequence

import re2

from ingestion.document import Chunk
from ingestion.injection.cues import CUES, Cue
from ingestion.injection.suspicion import Injection, SuspectChunk, Suspicion
from ingestion.injection.unseen import unseen
from ingestion.labelling.normalising import Views

_MARGIN = 200
"""Characters on either side of a chunk that count with it: what is cut in two is read in one."""
_BEFORE = 90
"""Characters in front of a cue that may say that it is only mentioned."""
_CHUNKS_KEPT = 20
_MENTIONED = 0.35
"""What a cue counts for where the text speaks of such words instead of saying them."""
_CONCEALED = Cue(name="concealed", weight=0.6)
_UNSEEN = Cue(name="unseen_text", weight=0.6)
_COMMENT = re2.compile(r"(?s)<!--(.{1,900}?)-->")
_COMMENTED = Cue(name="commented", weight=0.4)
_DISCUSSED = re2.compile(
    r"(?i)\bprompt[- ]injection|\binjected (?:instruction|prompt)|\bjailbreak(?:s|ing)?\b|\battack(?:er|ers|s)?\b|"
    r"\badversar|\bred[- ]team|\bmalicious|\bguardrails?\b|\bangreif|\bangriff|\battaqu|\batacant|\bataque|"
    r"\bphrases? (?:like|such)|\bsuch as\b|\bfor example\b|\be\.g\.|\bzum beispiel|\bz\. ?b\.|\bpar exemple|"
    r"\bpor ejemplo|\btest cases?\b|\bexamples?\b"
)
_QUOTES = "\"'`"


def suspicion(text: str) -> Suspicion:
    """Return how much the text reads like instructions to a model: as it is, and with its disguises taken off."""
    views = Views.of(text)
    found = _found(views.plain.text)
    if views.uncovered.text != views.plain.text:
        below = {cue: weight for cue, weight in _found(views.uncovered.text).items() if weight > found.get(cue, 0.0)}
        if sum(below.values()) - sum(found.get(cue, 0.0) for cue in below) >= _CONCEALED.weight / 2:
            found |= below | {_CONCEALED: _CONCEALED.weight}
    if unseen(text):
        found[_UNSEEN] = _UNSEEN.weight
    if any(_found(comment.group(1)) for comment in _COMMENT.finditer(views.plain.text)):
        found[_COMMENTED] = _COMMENTED.weight
    return _summed(found)


def suspicion_of_document(chunks: Sequence[Chunk], names: Sequence[str]) -> Injection:
    """Return the score of a document from all its chunks, in order, and its names: the title and the file name."""
    scored = [(chunk.ordinal, suspicion(text)) for chunk, text in zip(chunks, _within(chunks), strict=True)]
    named = suspicion("\n".join(names))
    worst = max((named, *(one for _, one in scored)), key=lambda one: one.score)
    suspects = sorted(((ordinal, one) for ordinal, one in scored if one.cues), key=lambda pair: -pair[1].score)
    return Injection(
        score=worst.score,
        cues=worst.cues,
        chunks=tuple(
            SuspectChunk(ordinal=ordinal, score=one.score, cues=one.cues) for ordinal, one in suspects[:_CHUNKS_KEPT]
        ),
    )


def _within(chunks: Sequence[Chunk]) -> Iterator[str]:
    """Yield each chunk with the end of the one before and the beginning of the one after."""
    texts = ["", *(chunk.text for chunk in chunks), ""]
    for before, text, after in zip(texts, texts[1:], texts[2:], strict=False):
        yield f"{before[-_MARGIN:]}{text}{after[:_MARGIN]}"


def _found(text: str) -> dict[Cue, float]:
    """Return the weight of every cue in the text: less where all its matches are mentions."""
    found = {}
    for cue in CUES:
        mentions = (_mentioned(text, match.start()) for match in cue.pattern.finditer(text))
        first = next(mentions, None)
        if first is not None:
            found[cue] = cue.weight * (_MENTIONED if first and all(mentions) else 1.0)
    return found


def _mentioned(text: str, start: int) -> bool:
    """Whether the words at `start` are spoken of: quoted, or named as an example or as an attack."""
    before = text[max(start - _BEFORE, 0) : start]
    line = before[before.rfind("\n\n") + 1 :]
    return any(line.count(quote) % 2 for quote in _QUOTES) or _DISCUSSED.search(line) is not None


def _summed(found: dict[Cue, float]) -> Suspicion:
    """Return the cues as if each were a witness of its own: one alone proves little, several do."""
    doubt = 1.0
    for weight in found.values():
        doubt *= 1.0 - weight
    ordered = sorted(found, key=lambda cue: (-found[cue], cue.name))
    return Suspicion(score=round(1.0 - doubt, 4), cues=tuple(cue.name for cue in ordered))
