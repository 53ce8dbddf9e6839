"""Swap back what was swapped in ASCII: letters for digits inside numbers, digits for letters in words that matter."""

# ruff: noqa: SIM905 - lists of words read better without quotes

import re2

from ingestion.labelling.views import View, ViewWriter

_DIGIT_OF = str.maketrans("OolISsBZz", "001155822")
_MIXED_NUMBER = re2.compile(r"(?:[0-9]|[OolISsBZz][0-9])(?:[ .\-/]?[0-9OolISsBZz]){6,30}")
_LETTER_OF = str.maketrans("034578@$!|+", "oeastbasilt")
_LEET = re2.compile(r"[A-Za-z0-9@$!|+]{3,24}")
_SWAPPED = re2.compile(r"[A-Za-z][0-9@$!|+]|[0-9@$!|+][A-Za-z]")
_MIN_DIGITS = 5
_KEY_WORDS = frozenset(
    (
        "card cards credit debit number numbers password passwort passwd passcode passport passwords secret "
        "social security phone mobile telephone telefon email mail address account iban bank birth born "
        "birthday license licence driver visa mastercard amex code token login user patient medical diagnosis "
        "insurance privileged privilege confidential attorney client tax kreditkarte kontonummer geburtsdatum "
        "adresse carte compte tarjeta cuenta contrasena routing salary name date street national identity ssn "
        "personal numero nummer konto "
    ).split()
)


def swapped_back(view: View) -> View:
    """Return the view with letters in numbers as digits, and key words such as "p4ssw0rd" spelled plainly."""
    return _with_words(_with_digits(view))


def _with_digits(view: View) -> View:
    writer = None
    for match in _MIXED_NUMBER.finditer(view.text):
        start, end = match.span()
        run = match.group()
        digits = sum(map(str.isdigit, run))
        letters = sum(part.isalpha() for part in run)
        if not letters or 2 * digits < max(2 * _MIN_DIGITS, 3 * letters) or _in_word(view.text, start, end):
            continue
        writer = writer or ViewWriter(view)
        writer.copy_to(start)
        writer.put_each(_digit_of, end)
    return writer.view() if writer else view


def _digit_of(character: str) -> str:
    return character.translate(_DIGIT_OF)


def _in_word(text: str, start: int, end: int) -> bool:
    """Whether the run is a piece of a longer word; two capitals before it may be an account's country."""
    before = text[max(0, start - 3) : start]
    country = before[-2:].isalpha() and before[-2:].isupper() and not before[:-2].isalnum()
    return (before[-1:].isalpha() and not country) or text[end : end + 1].isalnum()


def _with_words(view: View) -> View:
    if not _SWAPPED.search(view.text):
        return view
    writer = None
    for match in _LEET.finditer(view.text):
        word = match.group()
        if word.isalpha() or word.isdigit() or not _spells_key_word(word):
            continue
        writer = writer or ViewWriter(view)
        writer.copy_to(match.start())
        writer.put_each(_as_l if _plain(word, "l") in _KEY_WORDS else _as_i, match.end())
    return writer.view() if writer else view


def _spells_key_word(word: str) -> bool:
    return _plain(word, "i") in _KEY_WORDS or _plain(word, "l") in _KEY_WORDS


def _plain(word: str, one: str) -> str:
    return word.lower().translate(_LETTER_OF).replace("1", one)


def _as_i(character: str) -> str:
    return _plain(character, "i")


def _as_l(character: str) -> str:
    return _plain(character, "l")
