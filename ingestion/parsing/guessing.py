# ruff: noqa: RUF001 - letters and signs of the scripts of the world
"""In which encoding bytes without any declaration are written: the one that makes them look most like writing.

Every candidate decodes a sample. A text of an alphabet is judged by how common its letters are, one of Chinese
characters by how many are everyday ones; letters of two scripts in one word, capitals within words and signs beside
letters tell of a wrong guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

_LETTERS = {
    "cyrillic": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъ іїєґўё",
    "greek": "αοιετσνηυρπκμλςωήάόίέδγχθφώβύξζψϊ",
    "hebrew": "יוהלאמרתבשנעדחקםפגצטזסכןךףץ",
    "arabic": "اليمنتربوعدةسفهكحقأجشصطىخضذزثظغءإئآؤ",
    "thai": "านรอกเงยลมตวดทสคะปหบไใขพิี่้ั์ืุู็แโ",
}
"""Commonest first."""
_ALPHABETS = {
    "western": "àâäáãåæçéèêëíìîïñóòôöõøœúùûüß",
    "central": "áâăäąćčçéęěíîłńňóőöřśšşťţúůűüýźžż",
    "turkish": "çğıöşüâî",
    "baltic": "āčēģīķļņšūžėįųąęõäöü",
}
_MARKED = frozenset({"thai", "arabic", "hebrew"})
_RARE = {"western": "ðþýÿ", "central": "ďđëľĺôŕ"}
_QUOTES = frozenset("“”‘’„…–—€«»\u00a0№")
_SIGNS = frozenset("‚°§·¿¡£©®™•±²³µ¼½¾×")
_UNUSUAL = frozenset({"mac_roman", "cp850", "iso8859-5"})
_SINGLE = (
    ("cp1252", "western"),
    ("cp1250", "central"),
    ("iso8859-2", "central"),
    ("cp1254", "turkish"),
    ("cp1257", "baltic"),
    ("mac_roman", "western"),
    ("cp850", "western"),
    ("cp1251", "cyrillic"),
    ("koi8-r", "cyrillic"),
    ("cp866", "cyrillic"),
    ("iso8859-5", "cyrillic"),
    ("cp1253", "greek"),
    ("cp1255", "hebrew"),
    ("cp1256", "arabic"),
    ("cp874", "thai"),
)
_DOUBLE = (
    ("cp932", "euc_jp", (0xB0, 0xCF)),
    ("euc_jp", "euc_jp", (0xB0, 0xCF)),
    ("gb18030", "gb2312", (0xB0, 0xD7)),
    ("big5", "big5", (0xA4, 0xC6)),
    ("cp949", "euc_kr", (0xB0, 0xC8)),
)
"""Encoding, the standard that orders its characters by use, and the lead bytes of the everyday ones there."""
_WIDE_SIGNS = re.compile("[\u3000-\u303f\uff01-\uff60]")
_KANA = re.compile("[\u3041-\u30fe]")
_JAPANESE, _KOREAN = "euc_jp", "euc_kr"
_BLANK_BETWEEN = re.compile("(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
_FEW_BLANKS = 15
"""Of these scripts only the Korean parts its words."""
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_ALONE = re.compile("(?<=[A-Za-z])[^\x00-\x7f](?=[A-Za-z])|(?<![^\x00-\x7f])[^\x00-\x7f](?=[A-Za-z])")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN_SHARE = 0.45
"""So many letters of a Latin alphabet may have accents."""
_LONG_WORD, _MOST_ACCENTS = 4, 0.75
"""No word of a Latin alphabet that is so long has so many."""
_LEAST = 0.15
_EVIDENCE = 0.35
"""So far must the best be ahead of the next, times the root of the number of characters that tell them apart."""
_SURE_CHARACTERS = 3
_HANDICAP = 0.1
_LONGEST_CHARACTER = 4
_NO_MATCH = -1.0


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding, and whether no other comes near it."""

    encoding: str
    sure: bool


def guessed(sample: bytes) -> Guess | None:
    """Return the likeliest encoding; None where none makes it look like text."""
    scores = sorted(_scores(sample), key=lambda one: -one[0])
    if not scores or scores[0][0] < _LEAST:
        return None
    best, encoding, text = scores[0]
    rival = next((score for score, _, other in scores if other != text), _NO_MATCH)
    telling = sum(character > "\x7f" for character in text)
    return Guess(encoding, telling >= _SURE_CHARACTERS and (best - rival) * telling**0.5 >= _EVIDENCE)


def _scores(sample: bytes) -> Iterator[tuple[float, str, str]]:
    for encoding, script in _SINGLE:
        text = _strictly(sample, encoding)
        if text is not None:
            yield _alphabetic(text, script) - _HANDICAP * (encoding in _UNUSUAL), encoding, text
    for encoding, standard, leads in _DOUBLE:
        text = _strictly(sample, encoding)
        if text is not None:
            yield _ideographic(text, standard, leads), encoding, text


def _strictly(sample: bytes, encoding: str) -> str | None:
    """Decode what is whole; the sample may end within a character."""
    for cut in range(_LONGEST_CHARACTER):
        try:
            return sample[: len(sample) - cut].decode(encoding)
        except UnicodeDecodeError as error:
            if error.end < len(sample) - _LONGEST_CHARACTER:
                return None
    return None


def _alphabetic(text: str, script: str) -> float:
    """Return the mean worth of the characters beyond ASCII, at most 1."""
    foreign = [character for character in text if character > "\x7f"]
    worth, latin = _worth(script), script in _ALPHABETS
    total = sum(worth.get(character, _sign(character)) for character in foreign if not character.isalpha())
    letters = accented = 0
    for word in _WORD.findall(text):
        beyond = [character for character in word if character > "\x7f"]
        letters += len(word)
        accented += len(beyond)
        if beyond and not latin and len(beyond) < len(word):
            total -= len(beyond)
        else:
            if latin and len(word) >= _LONG_WORD and len(beyond) > len(word) * _MOST_ACCENTS:
                total -= 2 * len(beyond)
            total += sum(worth.get(character.lower(), -0.5) for character in beyond) - _odd_capitals(word)
            total -= _HANDICAP * len(beyond) * (not latin and word.isupper())
    score = total / max(len(foreign), 1)
    if latin and letters:
        score -= 2 * max(accented / letters - _LATIN_SHARE, 0)
    marked = script in _MARKED  # their vowels are signs within words
    return score if marked else score - _signs_in_words(text) / max(len(foreign), 1)


@cache
def _worth(script: str) -> dict[str, float]:
    if script in _ALPHABETS:
        return dict.fromkeys(_ALPHABETS[script], 0.9) | dict.fromkeys(_RARE.get(script, ""), 0.5)
    letters = _LETTERS[script]
    slope = 0.4 if script == "thai" else 0.9  # vowels and tones there are as common as consonants
    return {letter: 1 - slope * rank / len(letters) for rank, letter in enumerate(letters)}


def _sign(character: str) -> float:
    if "\x80" <= character < "\xa0":
        return -2.0  # no text has these control characters
    return 1.0 if character in _QUOTES else 0.6 if character in _SIGNS else 0.4 if character.isalnum() else -0.5


def _odd_capitals(word: str) -> int:
    """Count capitals that follow a small letter: what a wrong Cyrillic encoding makes of all."""
    return sum(left.islower() and right.isupper() for left, right in pairwise(word))


def _signs_in_words(text: str) -> int:
    return len(_SIGN_IN_WORD.findall(text))


_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])(?![’·°\u00a0])[^\x00-\x7f\w](?=[^\W\d_])|(?<=[a-z])[²³¼½¾µ¹](?=[a-z])")


def _ideographic(text: str, standard: str, leads: tuple[int, int]) -> float:
    """Return the share of everyday characters among those beyond ASCII, at most 1."""
    foreign = [character for character in text if character > "\x7f"]
    everyday: float = sum(1 for character in foreign if _everyday(character, standard, leads))
    kana = len(_KANA.findall(text))
    if standard == _JAPANESE:
        everyday += kana - _HANDICAP * len(foreign) * (not kana)
    if standard != _KOREAN and len(_BLANK_BETWEEN.findall(text)) * _FEW_BLANKS > len(foreign):
        everyday -= _HANDICAP * len(foreign)
    odd = len(_HALF_KANA.findall(text)) + len(_ALONE.findall(text))
    return (everyday - odd) / len(foreign) if foreign else 0.0


def _everyday(character: str, standard: str, leads: tuple[int, int]) -> bool:
    if _WIDE_SIGNS.match(character):
        return True
    try:
        code = character.encode(standard)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and leads[0] <= code[0] <= leads[1]  # noqa: PLR2004 - the bytes of a character
