"""Cuts a text into sentences, in four languages, past abbreviations, decimals, dates, lists and citation markers."""

import re

from service.citing.quotations import Span, quotations
from service.citing.words import flat

_CLOSING = "\"'\u201d\u2019\u201c\xbb\u203a)\\]"
_END = re.compile(rf"[.!?\u2026]+[{_CLOSING}]*(?=\s|$)|[\u3002\uff01\uff1f][{_CLOSING}\u300d]*|\n")
_MARKERS = re.compile(r"(?:[ \t]*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\])+[.]?")
_MARKER = re.compile(r"\[\d{1,3}")
_OPENING = "\"'\u201c\u201e\xab\xbb\u2039\u203a\u2018(\\["
_LAST_WORD = re.compile(rf"[^\s{_OPENING}]+$")
_ENUMERATOR = re.compile(r"[\s>*\u2022\xb7-]*\(?(?:\d{1,3}|[a-zA-Z])$")
_LIST_ITEM = re.compile(r"\s*(?:[-*\u2022\xb7\u2013\u2014#|>]|\(?\d{1,3}[.)]\s|\(?[a-z]\)\s|\n)")
_NEXT = re.compile(rf"[\s{_OPENING}\xbf\xa1*_]*")
_INITIALS = re.compile(r"(?:[a-z]\.)*[a-z]")
_MONTH = re.compile(r"jan|feb|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec|fev|avr|jui|aou|ene|abr|ago|dic")
_ARTICLES = "der die das den dem des im am zum zur vom ab bis seit jeder jede jedes nach vor in"
_ABBREVIATIONS = (
    "mr mrs ms dr prof hr fr frl st mme mlle sr sra srta ing lic bzw ca vgl inkl exkl evtl ggf sog zzgl ex ej approx "
    "cf vs eg ie resp jr sen dept tel bspw usf d.h z.b u.a z.t i.d.r p.ex e.g i.e uu art.-nr str mag dipl mio mrd tsd"
)
_SHORT_FOR_A_PLACE = "no nr art abs fig sec p pp s num pag ch chap vol ziff kap al cap tab eq n"
_BEFORE_AN_ORDINAL = frozenset(_ARTICLES.split())
_NEVER_LAST = frozenset(_ABBREVIATIONS.split())
_BEFORE_A_NUMBER = frozenset(_SHORT_FOR_A_PLACE.split())


def sentences(text: str) -> tuple[Span, ...]:
    """Return the spans of the sentences, without the white space around them, in order.

    A marker such as [1] that follows a sentence's end belongs to that sentence, unless it has one already.
    """
    cuts: list[Span] = []
    quoted = quotations(text)
    start = place = 0
    while (end := _END.search(text, place)) is not None:
        place = end.end()
        if any(opening <= end.start() and place <= closing for opening, closing in quoted) or not _ends(
            text, start, end
        ):
            continue
        markers = _MARKERS.match(text, place)
        if markers is not None and not _MARKER.search(text, start, place):
            place = markers.end()
        cuts.append((start, place))
        start = place
    found = (trimmed(text, *cut) for cut in (*cuts, (start, len(text))))
    return tuple(span for span in found if span[0] < span[1])


def trimmed(text: str, start: int, end: int) -> Span:
    """Return the span without the white space around what it holds; it ends before it starts where that is all."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _ends(text: str, start: int, end: "re.Match[str]") -> bool:
    """Whether a sentence ends with this mark."""
    if end[0] == "\n":
        return _line_ends(text, end.end())
    following = text[_skipped(text, end.end(), markers=not _MARKER.search(text, start, end.end())) :]
    if not following or "\n" in text[end.end() : len(text) - len(following)]:
        return not _enumerates(text, start, end.start())
    if following[0].islower():
        return False
    return not end[0].startswith(".") or end[0].startswith("..") or not _abbreviates(text, start, end, following)


def _line_ends(text: str, place: int) -> bool:
    """Whether a line ends a sentence: one that goes on in small letters was only wrapped."""
    if _LIST_ITEM.match(text, place):
        return True
    following = text[place:].lstrip()
    return not following or not following[0].islower()


def _skipped(text: str, place: int, *, markers: bool) -> int:
    """Return where the next word begins: past white space, opening quotation marks, and markers that go before."""
    marked = _MARKERS.match(text, place) if markers else None
    found = _NEXT.match(text, marked.end() if marked else place)
    return found.end() if found else place


def _enumerates(text: str, start: int, place: int) -> bool:
    """Whether what stands before the dot is the number of a list's item."""
    line = max(start, text.rfind("\n", 0, place) + 1)
    return _ENUMERATOR.fullmatch(text, line, place) is not None


def _abbreviates(text: str, start: int, end: "re.Match[str]", following: str) -> bool:
    """Whether the dot belongs to the word before it."""
    place = end.start()
    found = _LAST_WORD.search(text[start:place])
    if found is None or _enumerates(text, start, place):
        return True
    word = flat(found[0]).rstrip(".")
    if word in _NEVER_LAST or (word in _BEFORE_A_NUMBER and following[0].isdigit()):
        return True
    if word.isdigit():
        before = flat(text[start : start + found.start()]).split()
        of_a_date = len(word) <= 2 and _MONTH.match(flat(following[:3])) is not None  # noqa: PLR2004 - a day
        return of_a_date or (bool(before) and before[-1] in _BEFORE_AN_ORDINAL and len(word) <= 3)  # noqa: PLR2004
    if word in {"a.m", "p.m"}:
        return False
    initial = _INITIALS.fullmatch(word) is not None
    return initial and (found[0][0].isupper() or "." in word or following[1:2] == ".")
