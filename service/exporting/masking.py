"""Hides in a text what is of other people, as far as labels tell (Art. 15(4) GDPR)."""

from collections.abc import Iterable

from ingestion.sensitivity import Category, Finding, Label
from service.exporting.values import Text, Withheld
from service.locating import MASK, unexamined
from service.subjects import Match

_WHOLE = 0.8
"""A finding over that much of a text judges the text; it is no place in it."""


def without_others(text: str, matches: Iterable[Match], labels: Iterable[Label]) -> Text:
    """Return the text with every finding masked but for the person's own places.

    What is found of health stays where the text names nobody else: it is what the text says of the person.
    Text that was not examined whole is withheld.
    """
    judged = tuple(labels)
    if any(unexamined(label) for label in judged):
        return Text(text=None, withheld=Withheld.NOT_EXAMINED)
    own = [match for match in matches if match.certain]
    places = {(one.start, one.end, one.category) for label in judged for one in label.findings if _is_place(one, text)}
    others = {place for place in places if not any(_overlaps(place, match) for match in own)}
    if not any(category is Category.PII for _, _, category in others):
        others = {place for place in others if place[2] is not Category.PHI}
    signs = list(text)
    for start, end, _ in others:
        signs[start:end] = [sign if sign.isspace() else MASK for sign in signs[start:end]]
    return Text(text="".join(signs), masked=len({(start, end) for start, end, _ in others}))


def _is_place(finding: Finding, text: str) -> bool:
    return 0 <= finding.start < finding.end <= len(text) and finding.end - finding.start < _WHOLE * len(text)


def _overlaps(place: tuple[int, int, Category], match: Match) -> bool:
    start, end, _ = place
    return start < match.end and match.start < end
