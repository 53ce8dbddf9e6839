"""Dates and times in four languages, read as what they may mean."""

import re
from collections.abc import Iterator
from itertools import pairwise

from service.citing.words import flat

Day = tuple[int, int, int]
"""Year, month, day; 0 where nothing is said."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janner janvier janv enero ene",
            "february feb februar fevrier fevr fev febrero",
            "march mar marz mars marzo",
            "april apr avril avr abril abr",
            "may mai mayo",
            "june jun juni juin junio",
            "july jul juli juillet juil julio",
            "august aug aout agosto ago",
            "september sept sep septembre septiembre setiembre",
            "october oct oktober okt octobre octubre",
            "november nov novembre noviembre",
            "december dec dezember dez decembre diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
_AMBIGUOUS = frozenset({"march", "may", "mar", "mars", "ago", "sept", "sep", "jan", "dec", "avr", "jun", "fev", "ene"})
"""Words of their own beside the month: they date something only beside a number."""
_WEEKDAYS = {
    stem: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes",
            "tuesday dienstag mardi martes",
            "wednesday mittwoch mercredi miercoles",
            "thursday donnerstag jeudi jueves",
            "friday freitag vendredi viernes",
            "saturday samstag sonnabend samedi sabado",
            "sunday sonntag dimanche domingo",
        )
    )
    for stem in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-])")
_DAY_FIRST = re.compile(
    rf"(?<![\d.,])(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?({_MONTH})\b\.?(?:,?\s+(?:del?\s+)?(\d{{4}})\b)?"
)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?![\d.:]\d|\d)(?:,?\s+(\d{{4}})\b)?")
_MONTH_AND_YEAR = re.compile(rf"\b({_MONTH})\.?,?\s+(?:del?\s+)?(\d{{4}})\b")
_MONTH_ALONE = re.compile(rf"\b({'|'.join(sorted(_MONTHS.keys() - _AMBIGUOUS, key=len, reverse=True))})\b")
_WEEKDAY = re.compile(rf"\b({'|'.join(_WEEKDAYS)})s?\b")
_RANGE = re.compile(r"\s*(?:[-\u2013\u2014]|to|bis|a|al|au|through|until|hasta|et|und)\s*(?:el\s+|le\s+)?")
_CENTURY = 2000
_MOST_MONTHS, _MOST_DAYS = 12, 31


def dates(text: str) -> Iterator[tuple[int, int, frozenset[Day]]]:
    """Yield start, end and the possible days of every date; overlapping ones are the caller's to sort out."""
    low = flat(text)
    for match in _ISO.finditer(low):
        yield *match.span(), frozenset({(int(match[1]), int(match[2]), int(match[3]))})
    for match in _NUMERIC.finditer(low):
        readings = _either(int(match[1]), int(match[3]), _year(match[4]))
        if readings:
            yield *match.span(), readings
    for match in _DAY_FIRST.finditer(low):
        yield *match.span(), frozenset({(int(match[3] or 0), _MONTHS[match[2]], int(match[1]))})
    for match in _MONTH_FIRST.finditer(low):
        yield *match.span(), frozenset({(int(match[3] or 0), _MONTHS[match[1]], int(match[2]))})
    for match in _MONTH_AND_YEAR.finditer(low):
        yield *match.span(), frozenset({(int(match[2]), _MONTHS[match[1]], 0)})
    for match in _MONTH_ALONE.finditer(low):
        yield *match.span(), frozenset({(0, _MONTHS[match[1]], 0)})


def weekdays(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and number (Monday is 0) of every weekday that is named."""
    for match in _WEEKDAY.finditer(flat(text)):
        yield *match.span(), _WEEKDAYS[match[1]]


def weekdays_held(text: str) -> frozenset[int]:
    """Return the weekdays that a text names, and those inside its ranges: Monday to Friday holds Wednesday."""
    named = list(weekdays(text))
    found = {day for _, _, day in named}
    for (_, end, first), (start, _, last) in pairwise(named):
        if _RANGE.fullmatch(flat(text[end:start])):
            found.update(number % 7 for number in range(first, first + (last - first) % 7 + 1))
    return frozenset(found)


def _either(first: int, second: int, year: int) -> frozenset[Day]:
    both = ((year, second, first), (year, first, second))
    return frozenset(day for day in both if 1 <= day[1] <= _MOST_MONTHS and 1 <= day[2] <= _MOST_DAYS)


def _year(digits: str) -> int:
    return int(digits) if len(digits) > 2 else _CENTURY + int(digits)  # noqa: PLR2004 - the digits of a short year
