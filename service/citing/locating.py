"""Finds a quotation in a chunk, whatever became of white space, case, quotation marks, accents and hyphens."""

import re
import unicodedata
from dataclasses import dataclass

from service.citing.quotations import Span
from service.citing.words import bare

_ELLIPSIS = re.compile(r"[\[(]?(?:…|\.{3})[\])]?")
_BETWEEN_DIGITS = frozenset(".,:/")
_MINUS = frozenset("-\u2212\u2013")
_KEPT_SIGNS = frozenset({"Sc", "Sm"})


@dataclass(frozen=True, slots=True)
class Folded:
    """The letters, digits and telling signs of a text; `places` says where each stood, `edges` where words begin."""

    letters: str
    places: tuple[int, ...]
    edges: frozenset[int]

    @classmethod
    def of(cls, text: str) -> "Folded":
        """Fold a text."""
        letters: list[str] = []
        places: list[int] = []
        edges: set[int] = set()
        inside = False
        for place, character in enumerate(text):
            kept = _kept(text, place, character)
            if kept and not inside:
                edges.add(len(letters))
            letters += kept
            places += [place] * len(kept)
            inside = bool(kept) or (inside and unicodedata.category(character) in {"Cf", "Mn"})
        return cls("".join(letters), tuple(places), frozenset({*edges, len(letters)}))

    def find(self, wanted: str, start: int = 0) -> tuple[int, int] | None:
        """Return the folded span of whole words that are these letters, from `start` on."""
        place = self.letters.find(wanted, start)
        while place >= 0:
            if place in self.edges and place + len(wanted) in self.edges:
                return place, place + len(wanted)
            place = self.letters.find(wanted, place + 1)
        return None

    def span(self, found: tuple[int, int]) -> Span:
        """Return a folded span as a span of the text."""
        return self.places[found[0]], self.places[found[1] - 1] + 1


def located(quotation: str, chunk: Folded) -> tuple[Span, ...]:
    """Return where a chunk holds a quotation word for word: one span, or one for each piece around an ellipsis.

    Nothing where a piece is missing, changed, or in another order.
    """
    pieces = [folded for piece in _ELLIPSIS.split(quotation) if (folded := Folded.of(piece).letters)]
    spans: list[Span] = []
    place = 0
    for piece in pieces:
        found = chunk.find(piece, place)
        if found is None:
            return ()
        spans.append(chunk.span(found))
        place = found[1]
    return tuple(spans)


def _kept(text: str, place: int, character: str) -> str:
    """Return what a character counts as: a decimal point and a minus sign change what a text says, a comma does not."""
    if character in _BETWEEN_DIGITS:
        return character if text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit() else ""
    if character in _MINUS:
        signs = text[place + 1 : place + 2].isdigit() and not text[max(0, place - 1) : place].strip()
        return "-" if signs else ""
    if character == "%" or unicodedata.category(character) in _KEPT_SIGNS:
        return character
    return "".join(letter for letter in bare(character) if letter.isalnum())
