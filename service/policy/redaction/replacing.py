"""Replaces values in every text of a prompt, however they are spelled there."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ingestion.labelling.folding import folded, folded_text
from ingestion.labelling.views import View
from service.policy.redaction.placeholders import KINDS, taken_in
from service.policy.redaction.secrecy import Mapping

Common = Callable[[str], bool]
"""Whether a folded word in small letters is an ordinary one, which tells of nobody by itself."""

_RUN = re.compile(r"[A-Za-z0-9]+")
_DIGITS = re.compile(r"\d(?:[ ().\-/]{0,2}\d)*")
_LONG_PIECE = 4
"""A piece of a value from this length on is replaced inside other words, too: Schmidt in Schmidts, Schmidtsche."""
_SHORT_PIECE = 2
_FEW_DIGITS = 4
_MANY_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value to hide, as it was spelled where it was found, and the kind of its placeholder."""

    kind: str
    spelled: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value, or a piece of it, stands in a text."""

    start: int
    end: int
    entity: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Needle:
    """What to look for; `exact` is looked for as it is written, everything else whatever its capitals."""

    expression: re.Pattern[str]
    entity: str
    kind: str
    exact: bool = False


def redacted(texts: Sequence[str], values: Iterable[Value], *, common: Common) -> tuple[tuple[str, ...], Mapping]:
    """Return the texts with a placeholder for every value and every piece of one that would tell of it.

    A piece is a run of letters or digits. Pieces of four characters and more are found in any case, behind accents,
    look-alikes and invisible characters, and inside other words; shorter ones and ordinary words only as whole words
    written as in the value. `restoring.Restorer` undoes it to the character.
    """
    entities = _entities(values)
    needles = [needle for entity, kind in entities.items() for needle in _needles(entity, kind, common)]
    numbers = {_only_digits(entity): (entity, kind) for entity, kind in entities.items()}
    mapping = Mapping([one for text in texts for one in taken_in(text)])
    return tuple(_replaced(text, needles, numbers, mapping) for text in texts), mapping


def _entities(values: Iterable[Value]) -> dict[str, str]:
    """Return each distinct value, folded, with its kind; one whose pieces all belong to a longer one is a form of it.

    Names come first: a mailbox that is made of a name is the name's where only the name stands.
    """
    ordered = sorted(set(values), key=lambda one: (KINDS.index(one.kind), -len(one.spelled), one.spelled))
    found: dict[str, str] = {}
    for value in ordered:
        name = " ".join(folded_text(value.spelled).split())
        pieces = set(_RUN.findall(name.lower()))
        longer = (one for one, kind in found.items() if kind == value.kind)
        if pieces and not any(pieces <= set(_RUN.findall(one.lower())) for one in longer):
            found[name] = value.kind
    return found


def _needles(entity: str, kind: str, common: Common) -> Iterator[_Needle]:
    whole = r"\s+".join(map(re.escape, entity.lower().split()))
    yield _Needle(re.compile(_bounded(whole)), entity, kind)
    for piece in dict.fromkeys(_RUN.findall(entity)):
        small = piece.lower()
        if len(piece) >= _LONG_PIECE and not common(small):
            yield _Needle(re.compile(re.escape(small)), entity, kind)
        elif len(piece) >= _SHORT_PIECE and piece[0].isupper() and kind == "PERSON":
            yield _Needle(re.compile(_bounded(re.escape(piece))), entity, kind, exact=True)


def _bounded(expression: str) -> str:
    return rf"(?<![A-Za-z0-9]){expression}(?![A-Za-z0-9])"


def _replaced(text: str, needles: Sequence[_Needle], numbers: dict[str, tuple[str, str]], mapping: Mapping) -> str:
    view = folded(View.of(text))
    small = view.text.lower()
    found = [
        _Place(*view.span(*match.span()), needle.entity, needle.kind)
        for needle in needles
        for match in needle.expression.finditer(view.text if needle.exact else small)
    ]
    found += _numbers(view, numbers)
    pieces: list[str] = []
    read = 0
    for place in _merged(found):
        token = mapping.placeholder(place.entity, place.kind, text[place.start : place.end])
        pieces += (text[read : place.start], str(token))
        read = place.end
    return "".join((*pieces, text[read:]))


def _numbers(view: View, numbers: dict[str, tuple[str, str]]) -> Iterator[_Place]:
    """Yield runs of digits that are a value's own, or a good part of it, whatever stands between the digits."""
    for match in _DIGITS.finditer(view.text):
        run = _only_digits(match.group())
        for digits, (entity, kind) in numbers.items():
            if _shared(run, digits):
                yield _Place(*view.span(*match.span()), entity, kind)


def _shared(run: str, digits: str) -> bool:
    if min(len(run), len(digits)) < _FEW_DIGITS:
        return False
    if run in digits or digits in run:
        return True
    common = SequenceMatcher(None, run, digits, autojunk=False).find_longest_match()
    return common.size >= _MANY_DIGITS


def _only_digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _merged(places: Iterable[_Place]) -> Iterator[_Place]:
    """Yield the places in order, overlapping ones as one that belongs to the longest of them."""
    open_: list[_Place] = []
    for place in sorted(places, key=lambda one: (one.start, -one.end)):
        if open_ and place.start >= max(one.end for one in open_):
            yield _joined(open_)
            open_ = []
        open_.append(place)
    if open_:
        yield _joined(open_)


def _joined(places: Sequence[_Place]) -> _Place:
    longest = max(places, key=lambda one: one.end - one.start)
    return _Place(places[0].start, max(one.end for one in places), longest.entity, longest.kind)
