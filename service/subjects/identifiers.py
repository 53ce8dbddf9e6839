"""Identifiers in the one form that all their spellings share."""

import re
from dataclasses import dataclass

import phonenumbers

from service.subjects.folding import folded, letters_and_digits, squeezed

_NOT_DIGIT = re.compile(r"\D+")
_PHONE = re.compile(r"\+?[\d\s()./\-\u2010-\u2015]+")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_SHORTEST_NATIONAL = 7
_SPOKEN = (("at", "dot"), ("at", "punkt"), ("chez", "point"), ("arroba", "punto"))
# At most 64 signs before the @, as the standard has it: without a bound, a run without any @ takes its length squared.
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A telephone number in digits: country code where it was said, and the number within the country."""

    country: str
    national: str


def email_of(identifier: str) -> str | None:
    """Return an e-mail address in its one form, None where it is none."""
    found = EMAIL.search(identifier.replace(" ", ""))
    return folded(found.group()) if found and "@" in identifier else None


def phone_of(identifier: str) -> Phone | None:
    """Return a telephone number, None where the digits cannot be one."""
    written = identifier.strip()
    if not _PHONE.fullmatch(written):
        return None
    digits = _NOT_DIGIT.sub("", written)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return None
    if written.startswith("+") or digits.startswith("00"):
        try:
            parsed = phonenumbers.parse(f"+{digits.removeprefix('00')}")
        except phonenumbers.NumberParseException:
            return None
        return Phone(country=str(parsed.country_code), national=str(parsed.national_number))
    national = digits.lstrip("0")
    return Phone(country="", national=national) if len(national) >= _SHORTEST_NATIONAL else None


def number_of(identifier: str) -> str:
    """Return letters and digits alone, in upper case."""
    return letters_and_digits(identifier)


def spellings(email: str) -> tuple[str, ...]:
    """Return the letters and digits of an address, as written with signs and with words for them."""
    local, _, domain = email.partition("@")
    spoken = [f"{local} {at} {domain.replace('.', f' {dot} ')}" for at, dot in _SPOKEN]
    wholly = [one.replace(".", f" {dot} ") for one, (_, dot) in zip(spoken, _SPOKEN, strict=True)]
    partly = [f"{local} {at} {domain}" for at, _ in _SPOKEN]
    return tuple(dict.fromkeys(squeezed(one) for one in (email, *spoken, *wholly, *partly)))
