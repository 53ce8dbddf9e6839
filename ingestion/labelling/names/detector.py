"""Find names of persons: titles, introductions, initials, and given names with what follows them."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingestion.labelling.names.words import (
    AFTER_OTHERS,
    BEFORE_PLACES,
    PARTICLES,
    STRICT_TITLES,
    Word,
)
from ingestion.labelling.normalising import Views
from ingestion.labelling.views import View
from ingestion.sensitivity import Category, Finding

_WORD = re.compile(r"[A-Za-z][A-Za-z'\-]{0,40}")
_JOINED = re.compile(r"\b[A-Z][a-z]{2,15}[A-Z][a-z]{2,15}\b")
_HUMP = re.compile(r"[A-Z][a-z]+")
_INTRODUCED = re.compile(
    r"(?i)\b(?:my name is|name is|your (?:last |first )?name\?|i am called|this is|name ?:|named|"
    r"signed by|signed,|contact ?:|dear|attn ?:|employee ?:|"
    r"patient ?:|je m'appelle|nom ?:|prenom ?:|ich heisse|mein name ist|nachname ?:|vorname ?:|me llamo|mi nombre es|"
    r"nombre ?:|best regards,|kind regards,|sincerely,|cheers,|mit freundlichen grussen,?|cordialement,?|atentamente,?)"
    r"\s{1,3}([A-Za-z][a-z'\-]{2,20})"
)
_INITIALS = re.compile(r"\b((?:[A-Z]\. ?){1,3}[A-Z][a-z'\-]{2,20}|[A-Z][a-z]{2,15} [A-Z]\. ?[A-Z][a-z'\-]{2,20})\b")
_BACKWARDS = re.compile(r"\b([A-Z][a-z]{3,20})\b")
_BACKWARDS_SMALL = re.compile(r"\b([a-z]{4,20}) ([a-z]{5,20})\b")
_SENTENCE_END = frozenset(".!?:;\n\"'(*#|")
_GERMAN = frozenset(
    (
        "der",
        "die",
        "das",
        "und",
        "ist",
        "nicht",
        "mit",
        "fur",
        "ein",
        "eine",
        "den",
        "dem",
        "zu",
        "auf",
        "wird",
        "werden",
    )
)
_MAX_GERMAN = 2
_MAX_WORDS = 20_000
_MIN_LONE = 4
_MIN_LETTERS = 3


class NameDetector:
    """Looks for names in every view of a text."""

    name = "names"

    def findings(self, views: Views) -> Iterator[Finding]:
        """Yield a finding per name."""
        for view in views.forward():
            words = tuple(_words(view.text))
            for first, last, confidence in (
                *_titled(words, view.text),
                *_adjacent(words, view.text),
                *_lone(words),
                *_unlisted(words, view.text),
            ):
                yield _finding(view, first.start, last.end, confidence)
            for start, end in (*_introduced(view.text), *_with_initials(view.text), *_joined(view.text)):
                yield _finding(view, start, end, 0.85)
        yield from _backwards(views.backwards)


def _finding(view: View, start: int, end: int, confidence: float) -> Finding:
    first, last = view.span(start, end)
    return Finding(
        category=Category.PII, kind="person_name", start=first, end=last, confidence=confidence, detector="names"
    )


def _words(text: str) -> Iterator[Word]:
    for count, match in enumerate(_WORD.finditer(text)):
        if count >= _MAX_WORDS:
            return
        start = match.start()
        before = text[max(0, start - 3) : start].rstrip(" \t")
        yield Word.of(match.group(), start, opens=start == 0 or not before or before[-1] in _SENTENCE_END)


def _side_by_side(text: str, first: Word, second: Word) -> bool:
    """Whether only a space, a comma, or an initial stands between two words."""
    gap = text[first.end : second.start]
    return len(gap) <= _MIN_LONE and gap.strip(" .,") == "" and "  " not in gap and gap != ". "


def _titled(words: Sequence[Word], text: str) -> Iterator[tuple[Word, Word, float]]:
    for title, word in pairwise(words):
        if (
            title.folded in STRICT_TITLES
            and title.text[0].isupper()
            and word.capital
            and not word.facts.never
            and text[title.end : word.start].strip(" .") == ""
        ):
            yield title, word, 0.95


def _adjacent(words: Sequence[Word], text: str) -> Iterator[tuple[Word, Word, float]]:
    """Yield given names followed by a name, with particles or a second given name between them."""
    for position, first in enumerate(words):
        if not first.facts.given or first.facts.never or len(first.folded) < _MIN_LETTERS:
            continue
        between = first
        for last in words[position + 1 : position + 4]:
            if not _side_by_side(text, between, last):
                break
            between = last
            if last.folded in PARTICLES and not last.text[0].isupper():
                continue
            if _is_full_name(first, last):
                yield first, last, 0.9
            break


def _is_full_name(first: Word, last: Word) -> bool:
    if last.facts.never or last.folded in AFTER_OTHERS or len(last.folded) < _MIN_LETTERS:
        return False
    if first.capital and last.capital:
        return last.facts.surname or not (first.facts.common or last.facts.ordinary)
    return (
        not (first.facts.ordinary or last.facts.ordinary)
        and last.facts.surname
        and not first.capital
        and not last.capital
    )


def _unlisted(words: Sequence[Word], text: str) -> Iterator[tuple[Word, Word, float]]:
    """Yield surnames after a capitalised word that is on no list, and surnames alone inside a sentence.

    German capitalises every noun, and many surnames are nouns: there this proves nothing.
    """
    if sum(word.folded in _GERMAN for word in words) > _MAX_GERMAN:
        return
    for first, last in zip((None, *words), words, strict=False):
        if not _stands_as_surname(last):
            continue
        adjacent = first is not None and text[first.end : last.start] == " "
        if first is not None and adjacent and first.capital and not first.facts.ordinary and not first.text.isupper():
            yield first, last, 0.7
        elif not last.opens and not (adjacent and first is not None and first.folded in BEFORE_PLACES):
            yield last, last, 0.5


def _stands_as_surname(word: Word) -> bool:
    return (
        word.capital
        and not word.text.isupper()
        and len(word.folded) > _MIN_LONE
        and word.facts.surname
        and not word.facts.ordinary
    )


def _lone(words: Sequence[Word]) -> Iterator[tuple[Word, Word, float]]:
    """Yield capitalised given names that are nothing else, wherever they stand."""
    around = (None, *words, None)
    for before, word, after in zip(around, around[1:], around[2:], strict=False):
        if (
            word is None
            or not word.capital
            or not word.facts.given
            or word.facts.ordinary
            or len(word.folded) < _MIN_LONE
        ):
            continue
        if (before and before.folded in BEFORE_PLACES) or (after and after.folded in AFTER_OTHERS):
            continue
        if word.text.isupper():
            continue
        yield word, word, 0.6


def _introduced(text: str) -> Iterator[tuple[int, int]]:
    for match in _INTRODUCED.finditer(text):
        word = Word.of(match.group(1), match.start(1))
        said_so = word.text.istitle() and "name" in match.group().lower()
        if (word.facts.given or word.facts.surname or said_so) and not word.facts.ordinary:
            yield word.start, word.end


def _with_initials(text: str) -> Iterator[tuple[int, int]]:
    for match in _INITIALS.finditer(text):
        parts = match.group(1).replace(".", " ").split()
        word = Word.of(parts[-1])
        if word.facts.surname and not word.facts.ordinary:
            yield match.span(1)


def _joined(text: str) -> Iterator[tuple[int, int]]:
    """Yield full names written without the space between them."""
    for match in _JOINED.finditer(text):
        first, last = (Word.of(part) for part in _HUMP.findall(match.group()))
        if first.facts.given and last.facts.surname and not first.facts.ordinary and not last.facts.ordinary:
            yield match.span()


def _backwards(view: View) -> Iterator[Finding]:
    """Yield names in text that reads backwards: a small word that ends in a capital, or two listed words."""
    for match in _BACKWARDS.finditer(view.text):
        word = Word.of(match.group(1), match.start(1))
        if (word.facts.given or word.facts.surname) and not word.facts.ordinary:
            yield _finding(view, word.start, word.end, 0.6)
    for match in _BACKWARDS_SMALL.finditer(view.text):
        first, last = Word.of(match.group(1), match.start(1)), Word.of(match.group(2), match.start(2))
        listed = first.facts.given and last.facts.surname
        if listed and not first.facts.ordinary and not last.facts.ordinary:
            yield _finding(view, first.start, last.end, 0.6)
