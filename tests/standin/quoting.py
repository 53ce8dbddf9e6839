"""How the stand-in answers: the sentence of the numbered sources that shares most words with the question."""

import re
from collections.abc import Iterator

_SOURCE = re.compile(r'<source number="(\d+)">\n(.*?)\n</source>', re.DOTALL)
_QUESTION = re.compile(r"Question: (.*)\Z", re.DOTALL)
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_COMMON = frozenset({"a", "an", "and", "are", "at", "for", "how", "in", "is", "of", "on", "the", "to", "what", "when"})
NOTHING_FOUND = "The documents do not contain it."


def answer_to(message: str) -> str:
    """Return one quoted sentence with its citation, or that there is nothing to quote."""
    asked = _QUESTION.search(message)
    wanted = _words(asked.group(1) if asked else message)
    sentences = list(_sentences(message))
    if not sentences:
        return NOTHING_FOUND
    number, best = max(sentences, key=lambda numbered: len(wanted & _words(numbered[1])))
    return f"{best} [{number}]" if wanted & _words(best) else NOTHING_FOUND


def _sentences(message: str) -> Iterator[tuple[str, str]]:
    for number, text in _SOURCE.findall(message):
        for sentence in _SENTENCE_END.split(text):
            if sentence.strip():
                yield number, sentence.strip()


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - _COMMON
