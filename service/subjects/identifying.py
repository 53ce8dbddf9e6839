"""Finds one identifier in a text however its letters and digits are grouped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from service.subjects.folding import folded, letters_and_digits
from service.subjects.identifiers import Phone, email_of, phone_of, spellings
from service.subjects.spans import Span

_WIDEST_GAP = 6
"""Signs and blanks between two letters or digits of one identifier; ` (at) ` is the widest."""
_FORM = "identifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierMatcher:
    """One identifier. `needles` are the letters and digits to look for, folded."""

    needles: tuple[str, ...]
    email: str | None
    phone: Phone | None

    @classmethod
    def of(cls, identifier: str) -> "IdentifierMatcher":
        """Return the matcher of an e-mail address, a telephone number or any other identifier."""
        email = email_of(identifier)
        if email is not None:
            return cls(needles=spellings(email), email=email, phone=None)
        phone = phone_of(identifier)
        number = letters_and_digits(identifier).lower()
        needles = (number,) if phone is None else tuple(dict.fromkeys((number, phone.national)))
        return cls(needles=needles, email=None, phone=phone)

    def may_be_in(self, letters: str) -> bool:
        """Whether a text with these letters and digits can hold the identifier."""
        return any(needle in letters for needle in self.needles)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield every place where it stands."""
        letters, places = _placed(text)
        for needle in self.needles:
            begin = letters.find(needle)
            while begin >= 0:
                first, last = places[begin], places[begin + len(needle) - 1]
                if self._holds_together(places[begin : begin + len(needle)]):
                    yield from self._judged(text, needle, first, last + 1)
                begin = letters.find(needle, begin + 1)

    def _judged(self, text: str, needle: str, start: int, end: int) -> Iterator[Span]:
        if self.email is not None:
            if _alone(text, start, end, joined="._%+-"):
                written = folded(re.sub(r"\s", "", text[start:end]))
                spoken = needle != self.needles[0]
                yield Span(start=start, end=end, sure=spoken or written == self.email, form=_FORM)
            return
        if self.phone is not None and needle == self.phone.national:
            start = _with_prefix(text, start, self.phone.country)
        before, after = text[start - 1 : start], text[end : end + 1]
        if (before.isdigit() and text[start].isdigit()) or (after.isdigit() and text[end - 1].isdigit()):
            return  # a part of a longer number
        yield Span(start=start, end=end, sure=not (before.isalnum() or after.isalnum()), form=_FORM)

    @staticmethod
    def _holds_together(places: list[int]) -> bool:
        return all(after - before <= _WIDEST_GAP for before, after in pairwise(places))


def _placed(text: str) -> tuple[str, list[int]]:
    """Return the folded letters and digits of a text, and where each stands in it."""
    letters: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        for letter in folded(sign):
            if letter.isalnum():
                letters.append(letter)
                places.append(place)
    return "".join(letters), places


def _alone(text: str, start: int, end: int, *, joined: str) -> bool:
    """Whether an address is not the end of a longer one, or its beginning."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() or (before and before in joined and text[start - 2 : start - 1].isalnum()):
        return False
    return not (after.isalnum() or (after in {"-", "."} and text[end + 1 : end + 2].isalnum()))


def _with_prefix(text: str, start: int, country: str) -> int:
    """Return where a telephone number begins with the codes that stand before it."""
    code = country or r"[1-9]\d{0,2}"
    prefix = rf"(?:(?:\+|00){code}[\s./()\-]{{0,3}})?(?:\(?0\)?[\s./\-]{{0,2}})?\(?$"
    found = re.search(prefix, text[max(start - 16, 0) : start])
    return start - len(found.group()) if found else start
