"""Validators: whether a value really is what its shape suggests."""

# ruff: noqa: SIM905 - lists of words read better without quotes

import ipaddress
import math
from collections import Counter
from collections.abc import Callable
from importlib import import_module

import phonenumbers
from stdnum import iban, luhn

Proof = Callable[[str], bool]

_CARD_LENGTHS = range(12, 20)
_RANGES = (
    # issuer prefixes: first, last, digits compared
    (4, 4, 1), (51, 55, 2), (2221, 2720, 4), (34, 34, 2), (37, 37, 2), (300, 305, 3), (36, 36, 2), (38, 39, 2),
    (6011, 6011, 4), (644, 649, 3), (65, 65, 2), (3528, 3589, 4), (62, 62, 2), (50, 50, 2), (56, 58, 2),
    (6304, 6304, 4), (6759, 6763, 4), (2200, 2204, 4), (60, 60, 2), (81, 82, 2), (9792, 9792, 4),
    (1800, 1800, 4), (2131, 2131, 4),
)  # fmt: skip
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


def card(value: str) -> bool:
    """Whether this is a payment card number: a length, an issuer's prefix and the Luhn digit."""
    number = digits(value)
    return luhn_number(number) and any(first <= int(number[:size]) <= last for first, last, size in _RANGES)


def luhn_number(value: str) -> bool:
    """Whether this has the length and the check digit of a card, whoever issued it."""
    number = digits(value)
    return len(number) in _CARD_LENGTHS and len(set(number)) > 1 and luhn.is_valid(number)


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
    return _MIN_PHONE <= len(digits(value)) <= _MAX_PHONE and len(set(digits(value))) > 1


def phone_of(*regions: str) -> Proof:
    """Return a check for valid numbers of these regions."""

    def valid(value: str) -> bool:
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
        return bool(is_valid(value))

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
