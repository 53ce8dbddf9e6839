"""Number words from one to ninety-nine, a hundred and a thousand, in four languages."""

from service.citing.words import flat

_EN_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
_EN_ONES += "eighteen nineteen"
_DE_ONES = (
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
)
_DE_ONES += "achtzehn neunzehn"
_FR_ONES = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
_FR_ONES += "dix-neuf"
_ES_ONES = "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
_ES_ONES += "dieciocho diecinueve"
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_DE_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_FR_TENS = "vingt trente quarante cinquante soixante"
_ES_TENS = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_TEN = 10
_CLEAR_WORD = 5
_NOONS = "noon midday midnight mittag mittags mitternacht midi minuit mediodia medianoche"
_NO_CLAIM = frozenset({*_NOONS.split(), "one", "eins", "ein", "un", "une", "uno", "una", "eine", "neuf"})
"""An article, a pronoun, or a word for new: nobody is held to it, but a source may mean the number."""


def _english() -> dict[str, int]:
    known = {word: number for number, word in enumerate(_EN_ONES.split(), start=1)}
    ones = _EN_ONES.split()[:9]
    for ten, word in enumerate(_EN_TENS.split(), start=2):
        known |= {word: ten * _TEN}
        known |= {f"{word}{gap}{one}": ten * _TEN + value for value, one in enumerate(ones, 1) for gap in "- "}
    return known | {"hundred": 100, "thousand": 1000, "dozen": 12} | dict.fromkeys(_NOONS.split(), 12)


def _german() -> dict[str, int]:
    known = {word: number for number, word in enumerate(_DE_ONES.split(), start=1)}
    ones = ["ein", *_DE_ONES.split()[1:9]]
    for ten, word in enumerate(_DE_TENS.split(), start=2):
        known |= {word: ten * _TEN} | {f"{one}und{word}": ten * _TEN + value for value, one in enumerate(ones, 1)}
    return known | {"ein": 1, "eine": 1, "hundert": 100, "tausend": 1000}


def _french() -> dict[str, int]:
    known = {word: number for number, word in enumerate(_FR_ONES.split(), start=1)}
    ones = _FR_ONES.split()
    for ten, word in enumerate(_FR_TENS.split(), start=2):
        known |= {word: ten * _TEN, f"{word} et un": ten * _TEN + 1, f"{word} et une": ten * _TEN + 1}
        known |= {f"{word}-{one}": ten * _TEN + value for value, one in enumerate(ones[:9], 1)}
    known |= {f"soixante-{one}": 60 + value for value, one in enumerate(ones, 1)}
    known |= {f"quatre-vingt-{one}": 80 + value for value, one in enumerate(ones, 1)}
    return known | {"une": 1, "soixante et onze": 71, "quatre-vingts": 80, "cent": 100, "mille": 1000}


def _spanish() -> dict[str, int]:
    known = {word: number for number, word in enumerate(_ES_ONES.split(), start=1)}
    ones = _ES_ONES.split()[:9]
    for ten, word in enumerate(_ES_TENS.split(), start=2):
        known |= {word: ten * _TEN} | {f"{word} y {one}": ten * _TEN + value for value, one in enumerate(ones, 1)}
        known |= {f"{word} y un": ten * _TEN + 1, f"{word} y una": ten * _TEN + 1}
    known |= {f"veinti{one}": 20 + value for value, one in enumerate(ones, 1)}
    return known | {"un": 1, "una": 1, "veintiún": 21, "cien": 100, "ciento": 100, "mil": 1000}


NUMERALS = {
    language: {flat(word): value for word, value in made.items()}
    for language, made in {"en": _english(), "de": _german(), "fr": _french(), "es": _spanish()}.items()
}
"""Language → word as `words.flat` makes it → value."""


def claims(word: str, language: str | None) -> bool:
    """Whether a number word in a text of this language states a number that a source must hold.

    Where the language is not clear, a short word could be another language's: `once`, `elf`, `six`.
    """
    if word in _NO_CLAIM:
        return False
    if language not in NUMERALS:
        return len(word) >= _CLEAR_WORD and any(word in known for known in NUMERALS.values())
    return word in NUMERALS[language]
