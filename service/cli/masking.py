"""A text cut into stretches that are shown and stretches that a finding covers, so that none of these is printed."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.pipeline import LabelledChunk

MASK = "▇"
MOST_FINDINGS = 200
"""A label with so many may have lost some: the labeller keeps no more."""
_LOST = "too many findings to place"
_NOT_EXAMINED = "not fully examined"
_FAILED = ("detector_failed", "detector_timed_out")
_REPLACEMENT = "\ufffd"
_CONTROLLING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LAYOUT = "\n\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What covers `text[start:end]` of a document, in a word; `whole` where it is said of a whole chunk."""

    start: int
    end: int
    kind: str
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of a text; the kinds of what covers it, none where it may be shown."""

    text: str
    kinds: tuple[str, ...] = ()

    @property
    def masked(self) -> str:
        """The text where nothing covers it, else as many masks."""
        return MASK * len(self.text) if self.kinds else self.text


def covered(chunks: Iterable[LabelledChunk]) -> list[Covered]:
    """Return what covers a document, in the document's own offsets: neighbours repeat each other's text.

    Of a chunk whose detectors failed, or whose findings were too many to keep, nobody knows what must be covered.
    """
    found: list[Covered] = []
    for labelled in chunks:
        chunk, label = labelled.chunk, labelled.label
        found += (
            Covered(
                start=chunk.start + finding.start,
                end=chunk.start + finding.end,
                kind=finding.kind,
                whole=finding.end - finding.start >= len(chunk.text),
            )
            for finding in label.findings
        )
        if len(label.findings) >= MOST_FINDINGS:
            found.append(Covered(start=chunk.start, end=chunk.end, kind=_LOST, whole=True))
        if any(reason.startswith(_FAILED) for reason in label.reasons):
            found.append(Covered(start=chunk.start, end=chunk.end, kind=_NOT_EXAMINED, whole=True))
    return found


def stretches(text: str, covers: Sequence[Covered], *, begin: int = 0) -> list[Stretch]:
    """Cut a text that begins at `begin` of its document. Together the stretches are the text, in order."""
    inside = sorted(
        (max(cover.start - begin, 0), min(cover.end - begin, len(text)), cover.kind)
        for cover in covers
        if cover.start - begin < len(text) and cover.end > begin and cover.start < cover.end
    )
    cut, read = [], 0
    while inside:
        start, end, kind = inside.pop(0)
        kinds = {kind: None}
        while inside and inside[0][0] < end:
            _, further, another = inside.pop(0)
            end, kinds = max(end, further), kinds | {another: None}
        if start > read:
            cut.append(Stretch(text=text[read:start]))
        cut.append(Stretch(text=text[start:end], kinds=tuple(kinds)))
        read = end
    if read < len(text):
        cut.append(Stretch(text=text[read:]))
    return cut


def printable(text: str) -> str:
    """Return the text with every character replaced, one by one, that would steer a terminal instead of showing."""
    return "".join(
        character if character in _LAYOUT or unicodedata.category(character) not in _CONTROLLING else _REPLACEMENT
        for character in text
    )
