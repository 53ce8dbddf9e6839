"""Shows where a text names somebody without showing whom: the preview is for an owner, who needs a hint, no copy."""

from collections.abc import Iterable, Sequence

from ingestion.sensitivity import Finding, Label
from service.subjects import Match
from service.subjects.folding import words

MASK = "▇"
_AROUND = 48
_MOST_FINDINGS = 200
"""A label with so many may have lost some: the labeller keeps no more."""
_FAILED = ("detector_failed", "detector_timed_out")


def masked(text: str, matches: Iterable[Match]) -> str:
    """Return the text with every match masked but for the first letter of each word in it."""
    signs = list(text)
    for match in matches:
        _cover(signs, match.start, match.end)
        for start in _starts(text[match.start : match.end]):
            signs[match.start + start] = text[match.start + start]
    return "".join(signs)


def snippet(text: str, matches: Sequence[Match], label: Label | None) -> str:
    """Return what stands around the first match, one line, in which all that is sensitive is masked.

    Without a label, or where its detectors failed, nobody knows what is sensitive: only the match is hinted at.
    """
    if not matches:
        return ""
    first = next((one for one in matches if one.certain), matches[0])
    begin, end = max(first.start - _AROUND, 0), min(first.end + _AROUND, len(text))
    if label is None or unexamined(label):
        return masked(text, matches)[first.start : first.end]
    hidden = _without(text, label.findings)
    hinted = masked(text, matches)
    signs = list(hidden)
    for match in matches:
        signs[match.start : match.end] = hinted[match.start : match.end]
    return " ".join("".join(signs[begin:end]).split())


def _without(text: str, findings: Iterable[Finding]) -> str:
    signs = list(text)
    for finding in findings:
        _cover(signs, finding.start, finding.end)
    return "".join(signs)


def _cover(signs: list[str], start: int, end: int) -> None:
    for place in range(max(start, 0), min(end, len(signs))):
        if not signs[place].isspace():
            signs[place] = MASK


def _starts(name: str) -> list[int]:
    """Return where the words of a match begin; of an identifier only its first letter is shown."""
    if any(sign.isdigit() or sign == "@" for sign in name):
        return [0]
    return [word.start for word in words(name)][:2]


def unexamined(label: Label) -> bool:
    """Whether nobody knows everything that is sensitive in the text: a detector failed, or found too much to keep."""
    return len(label.findings) >= _MOST_FINDINGS or any(reason.startswith(_FAILED) for reason in label.reasons)
