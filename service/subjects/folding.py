"""Folds what is written differently and means the same: case, accents, umlauts, endings of inflected names."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_LETTERS = str.maketrans(
    {
        **dict(zip("øđðł\u0131æœŋħ", "oddliaonh", strict=True)),
        "þ": "th",
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff", ""),
    }
)
_TWO_AS_ONE = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))
"""`Mueller`, `Müller` and `Muller` are one name; so are `Ågård` and `Aagaard`."""
_BREAK = (
    r"-(?:[ \t]*\n[ \t]*| (?!(?:und|oder|bzw|and|or|et|ou|y|o|e|i|lub|en|of)\b)(?=[a-z\u00df-\u00ff]))"  # `Mül- ler`
)
"""Where a word was cut at the end of a line, which is not where a hyphen stands for the rest: `Ein- und Ausgang`."""
_WORD = re.compile(rf"[^\W\d_]+(?:(?:{_BREAK}|[\u00ad'\u2018\u2019\u02bc\u00b4`])[^\W\d_]+)*['\u2019]?")
_COMBINING = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_BROKEN_LINE = re.compile(_BREAK)
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_GENITIVE = ("s", "es", "ens")
_SLAVIC = (
    *("iego", "iemu", "owie", "owej", "owych", "owym", "iej", "ego", "emu", "owi", "ami", "ach", "ich", "imi"),
    *("ych", "iem", "em", "im", "ie", "om", "ow", "ej", "a", "e", "i", "o", "u", "y"),
)
_ENDINGS = tuple(sorted({*_GENITIVE, *_SLAVIC}, key=lambda ending: (-len(ending), ending)))
_SHORTEST_STEM = 3
_LONGEST_AFTER_APOSTROPHE = 4
_VOWELS = "aeiouy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A run of letters at `text[start:end]`."""

    text: str
    start: int
    end: int

    @property
    def stem(self) -> str:
        """The word without case, accents and ending: what different forms of one name share."""
        return stem(self.text)

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.text[0].isupper()


def words(text: str) -> list[Word]:
    """Return the words of a text in order; one that is broken at the end of a line is one word."""
    return [Word(text=found.group(), start=found.start(), end=found.end()) for found in _WORD.finditer(text)]


def folded(text: str) -> str:
    """Return the text without case, accents and invisible characters. Offsets are not kept."""
    if text.isascii():
        return text.lower().replace("`", "'")
    return _COMBINING.sub("", unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS))


def squeezed(text: str) -> str:
    """Return the letters and digits of a text, folded."""
    return _NOT_ALPHANUMERIC.sub("", folded(text))


def letters_and_digits(text: str) -> str:
    """Return what identifies a number-like identifier however it is grouped: upper case, no signs or blanks."""
    return squeezed(text).upper()


def searchable(text: str) -> str:
    """Return the folded text in which the stem of every name that the text holds is a substring."""
    return _as_one(_BROKEN_LINE.sub("", folded(text)).replace("'", ""))


@lru_cache(maxsize=65_536)
def plain(word: str) -> str:
    """Return a word folded, without what follows an apostrophe as an ending: `O'Hara` is whole, `Müller's` is not."""
    parts = _BROKEN_LINE.sub("", folded(word)).split("'")
    if len(parts) > 1 and len(parts[-1]) <= _LONGEST_AFTER_APOSTROPHE and len("".join(parts[:-1])) >= _SHORTEST_STEM:
        parts = parts[:-1]
    return _as_one("".join(parts))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return what all inflected forms of a name share. Different names may share it: read the text, then decide."""
    base = plain(word)
    ending = next((one for one in _ENDINGS if base.endswith(one) and len(base) - len(one) >= _SHORTEST_STEM), "")
    return base[: len(base) - len(ending)]


def stems(name: str) -> frozenset[str]:
    """Return every stem that a form of the name may have: `Wróbel` has `Wróbla`."""
    return frozenset(map(stem, (name, *_contracted(plain(name)))))


def is_form_of(word: str, name: str) -> int:
    """Return 2 where the word is the name or its genitive, 1 where it may be another case of it, 0 where it is not."""
    written, base = plain(word), plain(name)
    if written == base or (written.startswith(base) and written[len(base) :] in _GENITIVE):
        return 2
    if len(base) < _SHORTEST_STEM:
        return 0
    roots = {base, base.rstrip(_VOWELS)} if base[-1] in _VOWELS else {base, *_contracted(base)}
    fits = (
        written.startswith(root) and written[len(root) :] in _SLAVIC for root in roots if len(root) >= _SHORTEST_STEM
    )
    return int(any(fits))


def is_one_apart(word: str, name: str) -> bool:
    """Whether one letter more, less, other, or two swapped make the one of the other."""
    if word == name or abs(len(word) - len(name)) > 1 or word[:1] != name[:1]:
        return False
    shorter, longer = sorted((word, name), key=len)
    first = next((place for place, sign in enumerate(shorter) if sign != longer[place]), len(shorter))
    if len(shorter) < len(longer):
        return shorter[first:] == longer[first + 1 :]
    swapped = shorter[first : first + 2] == longer[first : first + 2][::-1]
    return (swapped and shorter[first + 2 :] == longer[first + 2 :]) or shorter[first + 1 :] == longer[first + 1 :]


def _contracted(base: str) -> set[str]:
    """Return the name without the vowel that other cases drop: `Wróbel` has `Wróbla`."""
    return {base[:-2] + base[-1]} if len(base) > _SHORTEST_STEM and base[-2] == "e" else set()


def _as_one(text: str) -> str:
    for two, one in _TWO_AS_ONE:
        text = text.replace(two, one)
    return text


def linked(text: str, line: list[Word]) -> list[list[Word]]:
    """Return the words in groups: those that hyphens join are one name."""
    groups: list[list[Word]] = []
    for before, word in pairwise([None, *line]):
        if word is None:
            continue
        if before is not None and text[before.end : word.start] in {"-", "\u2010", "\u2011", "-\n", ".-"}:
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups
