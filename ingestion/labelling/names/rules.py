"""Rules that find a name by its words or by what frames it: listed names, a title, an introduction, initials."""

import re
from collections.abc import Iterator

from ingestion.labelling.names.words import AFTER_OTHERS, STRICT_TITLES, Word

Name = tuple[int, int, float]
"""Where a name stands, and how sure the rule is."""

_TITLES = "|".join(sorted(STRICT_TITLES, key=len, reverse=True))
_TITLED = re.compile(rf"(?<![A-Za-z'\-])(?i:{_TITLES})[ .]{{1,4}}([A-Z][A-Za-z'\-]{{1,40}})")
_JOINED = re.compile(r"\b[A-Z][a-z]{2,15}[A-Z][a-z]{2,15}\b")
_HUMP = re.compile(r"[A-Z][a-z]+")
_CAPITALS = re.compile(r"\b[A-Z][A-Za-z'\-]{2,20}(?: [A-Z][A-Za-z'\-]{2,20})+")
_SPACED = re.compile(r"[^ ]+")
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


def framed(text: str) -> Iterator[Name]:
    """Yield names in text that reads forwards."""
    yield from _titled(text)
    yield from _listed(text)
    for start, end in (*_introduced(text), *_with_initials(text), *_joined(text)):
        yield start, end, 0.85


def backwards(text: str) -> Iterator[Name]:
    """Yield names in text that reads backwards: a small word that ends in a capital, or two listed words."""
    for match in _BACKWARDS.finditer(text):
        word = Word.of(match.group(1))
        if (word.facts.given or word.facts.surname) and not word.facts.ordinary:
            yield *match.span(1), 0.6
    for match in _BACKWARDS_SMALL.finditer(text):
        first, last = Word.of(match.group(1)), Word.of(match.group(2))
        listed = first.facts.given and last.facts.surname
        if listed and not first.facts.ordinary and not last.facts.ordinary:
            yield *match.span(), 0.6


def _titled(text: str) -> Iterator[Name]:
    for match in _TITLED.finditer(text):
        word = Word.of(match.group(1))
        if match.group()[0].isupper() and word.capital and not word.facts.never:
            yield *match.span(1), 0.95


def _listed(text: str) -> Iterator[Name]:
    """Yield listed given names before a listed surname, whatever stands around them."""
    for match in _CAPITALS.finditer(text):
        words = [Word.of(part.group(), match.start() + part.start()) for part in _SPACED.finditer(match.group())]
        run: list[Word] = []
        for word in words:
            if run and word.facts.surname and not word.facts.never and word.folded not in AFTER_OTHERS:
                yield run[0].start, word.end, 0.9
            run = [*run, word] if word.facts.given and not word.facts.common else []


def _introduced(text: str) -> Iterator[tuple[int, int]]:
    for match in _INTRODUCED.finditer(text):
        word = Word.of(match.group(1), match.start(1))
        said_so = word.text.istitle() and "name" in match.group().lower()
        if (word.facts.given or word.facts.surname or said_so) and not word.facts.ordinary:
            yield word.start, word.end


def _with_initials(text: str) -> Iterator[tuple[int, int]]:
    for match in _INITIALS.finditer(text):
        word = Word.of(match.group(1).replace(".", " ").split()[-1])
        if word.facts.surname and not word.facts.ordinary:
            yield match.span(1)


def _joined(text: str) -> Iterator[tuple[int, int]]:
    """Yield full names written without the space between them."""
    for match in _JOINED.finditer(text):
        first, last = (Word.of(part) for part in _HUMP.findall(match.group()))
        # Places included: there is a town called Anna, but nobody writes it in one word with a surname.
        if first.facts.given and last.facts.surname and not first.facts.common and not last.facts.common:
            yield match.span()
