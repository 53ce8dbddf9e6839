"""Validators: whether a value really is what its shape suggests."""

# ruff: noqa: SIM905 - lists of words read better without quotes

import ipaddress
import math
import re
from collections import Counter
from collections.abc import Callable
from importlib import import_module

import phonenumbers
from stdnum import iban, luhn

Proof = Callable[[str], bool]

_NO_PHONE = re.compile(
    r"\b\d{1,2}([/.\-])\d{1,2}\1(?:19|20)\d\d|\b(?:19|20)\d\d([/.\-])\d{1,2}\2\d{1,2}\b|"  # dates
    r"^\d{1,3}(?:\.\d{1,3}){3}$|^\d{5}-\d{4}$|^(?:19|20)\d\d ?- ?(?:19|20)\d\d$|"  # addresses, postal codes, years
    r"^0?123456789$|\d[ |]{3,}\d|^[1-9]\d{0,3}\.\d+$"  # all digits in order, columns of a table, a decimal
)
_MAX_HEADING = 30
_MIN_PHONE, _MAX_PHONE = 7, 15
_ROLES = frozenset(
    "info support help helpdesk servicedesk service contact kontakt sales hr it office admin administrator webmaster "
    "postmaster noreply no-reply donotreply security facilities travel billing press privacy datenschutz legal team "
    "jobs careers feedback news newsletter marketing accounts reception feedback orders shop abuse hello mail".split()
)


def digits(value: str) -> str:
    """Return only the digits."""
    return "".join(filter(str.isdigit, value))


def bank_account(value: str) -> bool:
    """Whether this is an IBAN: country, length and mod 97. Trailing words are forgiven."""
    compact = "".join(part for part in value.upper() if part.isalnum())
    return any(iban.is_valid(compact[:size]) for size in range(len(compact), 14, -1))


def phone(value: str) -> bool:
    """Whether this is a number that some network could assign, read internationally or as a US number."""
    number = digits(value)
    if not _MIN_PHONE <= len(number) <= _MAX_PHONE:
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(value, "US"))
    except phonenumbers.NumberParseException:
        return False


def dialled(value: str) -> bool:
    """Whether there are as many digits as a telephone number has."""
    return (
        _NO_PHONE.search(value) is None
        and _NO_PHONE.search(value[::-1]) is None  # a date is none either where the text is read backwards
        and _MIN_PHONE <= len(digits(value)) <= _MAX_PHONE
        and len(set(digits(value))) > 1
    )


def phone_of(*regions: str) -> Proof:
    """Return a check for valid numbers of these regions."""

    def valid(value: str) -> bool:
        if _NO_PHONE.search(value):
            return False
        for region in regions:
            try:
                if phonenumbers.is_valid_number(phonenumbers.parse(value, region)):
                    return True
            except phonenumbers.NumberParseException:
                continue
        return False

    return valid


def public_address(value: str) -> bool:
    """Whether this is an IP address that could identify someone: not private, loopback, or a mask."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    numbered_heading = isinstance(address, ipaddress.IPv4Address) and max(address.packed) <= _MAX_HEADING
    return address.is_global and not address.is_multicast and not numbered_heading


def personal_mailbox(value: str) -> bool:
    """Whether a mailbox may belong to a person, rather than to a role such as `support`."""
    return value.partition("@")[0].lower() not in _ROLES


def stdnum(module: str) -> Proof:
    """Return the check of a python-stdnum module, such as `de.idnr`."""
    is_valid = import_module(f"stdnum.{module}").is_valid

    def valid(value: str) -> bool:
        return bool(is_valid(value) or is_valid("".join(filter(str.isalnum, value))))

    return valid


def mixed(value: str) -> bool:
    """Whether a value holds digits, as document numbers do and words don't."""
    return sum(map(str.isdigit, value)) >= 3  # noqa: PLR2004 - fewer is a word


def npi(value: str) -> bool:
    """Whether this is a US provider number: Luhn with the prefix 80840."""
    return luhn.is_valid("80840" + value)


def dea(value: str) -> bool:
    """Whether this is a US prescriber number: two letters, seven digits, weighted check digit."""
    number = [int(part) for part in value[2:]]
    return (sum(number[0:5:2]) + 2 * sum(number[1:6:2])) % 10 == number[6]


def bits(value: str) -> float:
    """Return the Shannon entropy of a value, in bits per character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())


def random_looking(value: str) -> bool:
    """Whether a value looks drawn by a machine: long, high entropy, more than one class of character."""
    classes = sum((any(map(str.isdigit, value)), any(map(str.islower, value)), any(map(str.isupper, value))))
    return bits(value) >= 3.0 and classes >= 2  # noqa: PLR2004 - English words stay below


def health_card(value: str) -> bool:
    """Whether this is a German health insurance number: a letter, eight digits, and their check digit."""
    letter = ord(value[0].upper()) - ord("A") + 1
    places = f"{letter:02}{value[1:9]}"
    total = sum(sum(map(int, str(int(digit) * (1 + at % 2)))) for at, digit in enumerate(places))
    return total % 10 == int(value[9])


def wallet_checksummed(value: str) -> bool:
    """Whether an Ethereum address mixes cases, as its checksum makes it."""
    letters = [part for part in value[2:] if part.isalpha()]
    return any(map(str.isupper, letters)) and any(map(str.islower, letters))
