"""The numbers, dates, times and identifiers of a text, compared by what they mean and not by how they are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from service.citing import calendar, numerals, units
from service.citing.locating import Folded
from service.citing.quotations import Span
from service.citing.words import flat, language_of

_TIME = re.compile(r"(?<![\d.,:])(\d{1,2})(?:\s?[:h]\s?|\.)(\d{2})(?![\d.,:]\d)\s*(a\.?m\b|p\.?m\b|uhr\b|h\b)?")
_HOUR = re.compile(r"(?<![\d.,:])(\d{1,2})\s*(a\.?m\b|p\.?m\b|uhr\b|o['\u2019]clock\b|h\b)")
_IDENTIFIER = re.compile(r"(?<!\w)[a-z]{1,12}[-_/]?\d[a-z\d]*(?:[-/][a-z\d]+)*")
_VERSION = re.compile(r"(?<![\w.])\d+(?:\.\d+){2,}(?![\w])")
_NUMBER = re.compile(
    r"(?<![a-z\d_.,])([-\u2212])?(\d{1,3}(?:[ \u00a0\u202f'\u2019]\d{3}\b)+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
)
_LIST_NUMBER = re.compile(r"(?m)^[ \t]*\(?\d{1,3}[.)](?=\s)")
_NUMERALS = {
    language: re.compile(rf"\b({'|'.join(sorted(map(re.escape, known), key=len, reverse=True))})\b")
    for language, known in numerals.NUMERALS.items()
}
_DAY_MINUTES = 24 * 60
_HALF_DAY = 12
_LAST_HOUR = 24
_LAST_MINUTE = 59
_THOUSANDS = 3
_TELLING_DIGITS = 4


class Kind(StrEnum):
    """What a figure is."""

    NUMBER = "number"
    DATE = "date"
    WEEKDAY = "weekday"
    TIME = "time"
    IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure at its place; `readings` is everything that it may mean, `unit` what it counts, if that is said."""

    start: int
    end: int
    kind: Kind
    readings: frozenset[Decimal] = frozenset()
    days: frozenset[calendar.Day] = frozenset()
    unit: str | None = None


def figures(text: str) -> tuple[Figure, ...]:
    """Return what a text states in figures, in order: what a source must hold, too. No numbers of list items.

    Number words count in the language of the text, if that is clear, and not where they may be articles.
    """
    found = _first_of_each_place(_marked(_LIST_NUMBER.sub(_blank, text)))
    language = language_of(text)
    words = (
        word
        for one in ([language] if language in numerals.NUMERALS else numerals.NUMERALS)
        for word in _words(text, one)
    )
    free = (one for one in words if numerals.claims(flat(text[one.start : one.end]), language))
    return tuple(sorted((*found, *_apart(free, found)), key=lambda figure: figure.start))


@dataclass(frozen=True)
class Figures:
    """The figures of a source, to look others up in."""

    text: str

    def holds(self, figure: Figure, said: str) -> bool:
        """Whether the source states this figure; `said` is how the answer wrote it."""
        match figure.kind:
            case Kind.NUMBER:
                return self._number(figure) or (figure.unit is None and self._digits(said))
            case Kind.DATE:
                return any(self._day(*day) for day in figure.days)
            case Kind.WEEKDAY:
                return not figure.readings.isdisjoint(self._weekdays)
            case Kind.TIME:
                return self._time(figure)
            case Kind.IDENTIFIER:
                return self._folded.find(Folded.of(said).letters) is not None

    @cached_property
    def all(self) -> tuple[Figure, ...]:
        """Every figure, number words of all languages included."""
        found = _first_of_each_place(_marked(self.text))
        words = (word for language in numerals.NUMERALS for word in _words(self.text, language))
        return (*found, *_apart(words, found))

    @cached_property
    def _weekdays(self) -> frozenset[Decimal]:
        return frozenset(map(Decimal, calendar.weekdays_held(self.text)))

    @cached_property
    def _folded(self) -> Folded:
        return Folded.of(self.text)

    @cached_property
    def _numbers(self) -> tuple[Figure, ...]:
        return tuple(one for one in self.all if one.kind is Kind.NUMBER)

    @cached_property
    def _digit_runs(self) -> frozenset[str]:
        return frozenset(re.findall(r"\d+", self.text)) | frozenset(
            re.sub(r"\D", "", run) for run in re.findall(r"\d[\d \u00a0\u202f-]{3,}\d", self.text)
        )

    def _number(self, figure: Figure) -> bool:
        return any(
            not figure.readings.isdisjoint(one.readings)
            and (None in {figure.unit, one.unit} or figure.unit == one.unit)
            for one in self._numbers
        )

    def _digits(self, said: str) -> bool:
        """Whether the digits stand there, grouped in whatever way: a long number is its digits."""
        groups = re.findall(r"\d+", said)
        if "".join(groups) in self._digit_runs and len("".join(groups)) >= _TELLING_DIGITS:
            return True
        return len(groups) > 1 and not re.search(r"[.,]", said) and all(group in self._digit_runs for group in groups)

    def _day(self, year: int, month: int, day: int) -> bool:
        for known in (known for one in self.all for known in one.days):
            same_day = known[1] == month and day in {0, known[2]}
            if same_day and (year in {0, known[0]} or (known[0] == 0 and str(year) in self._digit_runs)):
                return True
        return False

    def _time(self, figure: Figure) -> bool:
        times = (one.readings for one in self.all if one.kind is Kind.TIME)
        hours = {minutes / 60 for minutes in figure.readings} | {
            minutes / 60 % _HALF_DAY for minutes in figure.readings
        }
        return any(not figure.readings.isdisjoint(known) for known in times) or any(
            one.unit in {None, "hour"} and not one.readings.isdisjoint(hours) for one in self._numbers
        )


def _marked(text: str) -> Iterator[Figure]:
    """Yield what is written in figures or named as a date, the longest readings first; places may overlap."""
    low = flat(text)
    for start, end, days in calendar.dates(text):
        yield Figure(start, end, Kind.DATE, days=days)
    for start, end, number in calendar.weekdays(text):
        yield Figure(start, end, Kind.WEEKDAY, frozenset({Decimal(number)}))
    yield from _times(low)
    for pattern in (_VERSION, _IDENTIFIER):
        for match in pattern.finditer(low):
            yield Figure(*match.span(), Kind.IDENTIFIER)
    for match in _NUMBER.finditer(low):
        yield _number(low, match)


def _times(low: str) -> Iterator[Figure]:
    for match in _TIME.finditer(low):
        hour, minute, half = int(match[1]), int(match[2]), match[3]
        dotted = low[match.end(1)] == "."
        if hour <= _LAST_HOUR and minute <= _LAST_MINUTE and (half or not dotted):
            yield Figure(*match.span(), Kind.TIME, _minutes(hour, minute, half))
    for match in _HOUR.finditer(low):
        if int(match[1]) <= _LAST_HOUR:
            yield Figure(*match.span(), Kind.TIME, _minutes(int(match[1]), 0, match[2]))


def _minutes(hour: int, minute: int, half: str | None) -> frozenset[Decimal]:
    """Return the minutes since midnight that a time may mean: without am or pm, both halves of the day."""
    said = (half or "").replace(".", "")
    if said in {"am", "pm"}:
        hours = {hour % _HALF_DAY + (_HALF_DAY if said == "pm" else 0)}
    else:
        hours = {hour} | ({hour + _HALF_DAY} if hour <= _HALF_DAY else set())
    return frozenset(Decimal((one * 60 + minute) % _DAY_MINUTES) for one in hours)


def _number(low: str, match: "re.Match[str]") -> Figure:
    negative = match[1] is not None and not low[max(0, match.start() - 1) : match.start()].strip(" \t(")
    factor, end = units.scale(low, match.end())
    sign = -factor if negative else factor
    readings = frozenset(value * sign for value in _values(match[2]))
    return Figure(match.start(2), end, Kind.NUMBER, readings, unit=units.unit(low, match.start(2), end))


def _values(digits: str) -> frozenset[Decimal]:
    """Return what digits with points, commas and gaps may mean: 1,234 is a thousand or one and a bit."""
    plain = re.sub(r"[^\d.,]", "", digits)
    marks = [sign for sign in plain if sign in ".,"]
    if not marks:
        return frozenset({Decimal(plain)})
    parts = re.split(r"[.,]", plain)
    grouped = all(len(part) == _THOUSANDS for part in parts[1:]) and 1 <= len(parts[0]) <= _THOUSANDS
    if len(set(marks)) > 1:
        return frozenset({Decimal("".join(parts[:-1]) + "." + parts[-1])})
    if len(marks) > 1:
        return frozenset({Decimal("".join(parts))}) if grouped else frozenset(map(Decimal, parts))
    decimal = Decimal(f"{parts[0]}.{parts[1]}")
    return frozenset({decimal, Decimal("".join(parts))}) if grouped and parts[0] != "0" else frozenset({decimal})


def _words(text: str, language: str) -> Iterator[Figure]:
    low = flat(text)
    for match in _NUMERALS[language].finditer(low):
        factor, end = units.scale(low, match.end())
        value = Decimal(numerals.NUMERALS[language][match[1]] * factor)
        unit = units.unit(low, match.start(), end)
        yield Figure(match.start(), end if factor > 1 else match.end(), Kind.NUMBER, frozenset({value}), unit=unit)


def _first_of_each_place(found: Iterator[Figure]) -> list[Figure]:
    """Keep the first reading of each place: a date is not three numbers."""
    kept: list[Figure] = []
    for figure in found:
        kept += _apart([figure], kept)
    return kept


def _apart(found: "Iterator[Figure] | list[Figure]", others: list[Figure]) -> Iterator[Figure]:
    """Yield the figures that share no character with the others."""
    for figure in found:
        if all(figure.end <= other.start or other.end <= figure.start for other in others):
            yield figure


def _blank(match: "re.Match[str]") -> str:
    return " " * len(match[0])


def outside(found: tuple[Figure, ...], spans: tuple[Span, ...]) -> tuple[Figure, ...]:
    """Return the figures that lie in none of the spans."""
    return tuple(one for one in found if not any(start <= one.start < end for start, end in spans))
