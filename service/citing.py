"""Which sources an answer rests on, and answers made of quotes alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MARKER = re.compile(r"\[(\d{1,3})\]")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_WORD = re.compile(r"\w{3,}")
_SUPPORT = 0.6
"""Share of a sentence's words that a source must hold before it counts as its support."""
_QUOTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """An answer with the numbers of the sources that it cites, each of which was in the prompt."""

    text: str
    numbers: tuple[int, ...]


def cited(answer: str, sources: Sequence[str]) -> Cited:
    """Return the answer without markers of sources that were not in the prompt.

    Where the model cites nothing, a source is credited only if it holds most words of a sentence.
    """
    kept = _without_unknown(answer, len(sources)).strip()
    numbers = tuple(dict.fromkeys(int(number) for number in _MARKER.findall(kept)))
    return Cited(text=kept, numbers=numbers or _supporting(kept, sources))


def _without_unknown(answer: str, count: int) -> str:
    """Take out markers of sources that were not shown, until none is left: `[9[9]]` holds one inside another."""
    while (fewer := _MARKER.sub(lambda found: found[0] if 1 <= int(found[1]) <= count else "", answer)) != answer:
        answer = fewer
    return answer


def quoted(question: str, sources: Sequence[str]) -> Cited:
    """Return the sentences of the best sources that share most words with the question, each cited."""
    wanted = _words(question)
    quotes = []
    for number, source in enumerate(sources[:_QUOTES], start=1):
        sentences = [sentence.strip() for sentence in _SENTENCE.findall(source) if _words(sentence)]
        if sentences:
            best = max(sentences, key=lambda sentence: len(_words(sentence) & wanted))
            quotes.append(f"“{best}” [{number}]")
    return Cited(text="\n".join(quotes), numbers=tuple(range(1, len(quotes) + 1)))


def _supporting(answer: str, sources: Sequence[str]) -> tuple[int, ...]:
    known = [_words(source) for source in sources]
    found = []
    for sentence in _SENTENCE.findall(answer):
        words = _words(sentence)
        shares = [len(words & source) / len(words) for source in known] if words else []
        if shares and max(shares) >= _SUPPORT:
            found.append(shares.index(max(shares)) + 1)
    return tuple(dict.fromkeys(found))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))
