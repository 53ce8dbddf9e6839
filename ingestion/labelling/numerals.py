"""Words for numbers up to 99 in four languages, for years, and for letters, each with what it says."""

# ruff: noqa: E501, SIM905 - lists of words read better without quotes and in one line

from itertools import product

_TWO_DIGITS = 2

_EN = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_EN_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_DE = "null eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn".split()
_DE_TENS = dict(
    zip("zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig".split(), range(20, 100, 10), strict=True)
)
_FR = "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix_sept dix_huit dix_neuf".split()
_FR_TENS = dict(
    zip(
        "vingt trente quarante cinquante soixante septante huitante nonante".split(),
        [20, 30, 40, 50, 60, 70, 80, 90],
        strict=True,
    )
)
_ES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete "
    "veintiocho veintinueve"
).split()
_ES_TENS = dict(
    zip("treinta cuarenta cincuenta sesenta setenta ochenta noventa".split(), range(30, 100, 10), strict=True)
)


def _english() -> dict[str, str]:
    numbers = {word: str(value) for value, word in enumerate(_EN)}
    numbers |= {word: str(value) for word, value in _EN_TENS.items()}
    numbers |= {
        f"{tens} {_EN[unit]}": str(value + unit) for (tens, value), unit in product(_EN_TENS.items(), range(1, 10))
    }
    return numbers | {"oh": "0", "nought": "0", "naught": "0", "nil": "0", "niner": "9", "fife": "5"}


def _german() -> dict[str, str]:
    numbers = {word: str(value) for value, word in enumerate(_DE)}
    numbers |= {word: str(value) for word, value in _DE_TENS.items()}
    for (tens, value), unit in product(_DE_TENS.items(), range(1, 10)):
        one = "ein" if unit == 1 else _DE[unit]
        numbers |= {f"{one}und{tens}": str(value + unit), f"{one} und {tens}": str(value + unit)}
    numbers |= {f"neunzehnhundert{word}": f"19{value:0>2}" for word, value in numbers.items() if " " not in word}
    numbers |= {
        f"zweitausend{word}": f"20{value:0>2}"
        for word, value in numbers.items()
        if len(value) <= _TWO_DIGITS and " " not in word
    }
    numbers |= {"zwo": "2", "ein": "1"}
    return numbers | {
        word.replace("funf", "fuenf").replace("zwolf", "zwoelf"): value for word, value in numbers.items()
    }


def _french() -> dict[str, str]:
    units = {word.replace("_", " "): value for value, word in enumerate(_FR)}
    numbers = {word: str(value) for word, value in (units | _FR_TENS).items()}
    for (tens, value), (unit, more) in product(_FR_TENS.items(), units.items()):
        if 0 < more < 10:  # noqa: PLR2004 - the units
            numbers |= {f"{tens} {unit}": str(value + more), f"{tens} et {unit}": str(value + more)}
    for unit, more in units.items():
        if more >= 10:  # noqa: PLR2004 - soixante-dix and on
            numbers |= {f"soixante {unit}": str(60 + more), f"soixante et {unit}": str(60 + more)}
        numbers |= {f"quatre vingt {unit}": str(80 + more)} if more else {}
    numbers |= {"quatre vingts": "80", "quatre vingt": "80", "une": "1", "mille neuf cent": "19", "dix neuf cent": "19"}
    return numbers


def _spanish() -> dict[str, str]:
    numbers = {word: str(value) for value, word in enumerate(_ES)}
    numbers |= {word: str(value) for word, value in _ES_TENS.items()}
    numbers |= {
        f"{tens} y {_ES[unit]}": str(value + unit) for (tens, value), unit in product(_ES_TENS.items(), range(1, 10))
    }
    return numbers | {"un": "1", "mil novecientos": "19"}


NUMERALS = _english() | _german() | _spanish() | _french()
"""Words, one space apart, in small ASCII letters, and the digits that they say. No word means two numbers."""
JOINTS = frozenset("and und et y".split())
PIECES = frozenset(word for words in NUMERALS for word in words.split()) - JOINTS
REPEATED = frozenset("double doble doppel triple treble".split())
SIGNS = (
    dict.fromkeys("dot punkt point punto".split(), ".")
    | dict.fromkeys("dash hyphen minus bindestrich tiret guion".split(), "-")
    | dict.fromkeys("slash schragstrich barra".split(), "/")
    | {"plus": "+"}
)
LETTERS = {
    word: word[0]
    for word in (
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa "
        "quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu "
        "anton berta casar caesar dora emil friedrich gustav heinrich ida julius kaufmann ludwig martha nordpol otto "
        "paula quelle richard samuel siegfried theodor ulrich viktor wilhelm xanthippe ypsilon zacharias zeppelin"
    ).split()
}
