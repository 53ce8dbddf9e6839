"""What a number counts: currencies, per cent, time, measures; written out or as a sign, in four languages."""

import re

_NAMES = {
    "%": "% percent prozent pourcent pct",
    "eur": "€ eur euro euros",
    "usd": "$ usd us$ dollar dollars dolar dolares",
    "gbp": "£ gbp pound pounds pfund livre livres libra libras",
    "chf": "chf franken franc francs franco francos",
    "day": "day days tag tage tagen tags jour jours dia dias",
    "week": "week weeks woche wochen semaine semaines semana semanas",
    "month": "month months monat monate monaten mois mes meses",
    "year": "year years jahr jahre jahren an ans annee annees ano anos",
    "hour": "hour hours hr hrs stunde stunden heure heures hora horas",
    "minute": "minute minutes min mins minuten minuto minutos",
    "km": "km kilometre kilometres kilometer kilometers kilometern kilometro kilometros",
    "kg": "kg kilogram kilograms kilogramm kilo kilos",
}
_SCALES = {
    1_000: "thousand tausend mille mil k",
    1_000_000: "million millions mio mln millionen millon millones",
    1_000_000_000: "billion billions bn milliarde milliarden mrd milliard milliards",
}
_UNITS = {name: unit for unit, names in _NAMES.items() for name in names.split()}
_FACTORS = {name: factor for factor, names in _SCALES.items() for name in names.split()}
_PER_CENT = re.compile(r"[\s-]*(?:per\s+cent|pour\s+cent|por\s+ciento)\b")
_AFTER = re.compile(r"[\s-]?\s?([^\W\d_]+\$?|[%€$£])")
_BEFORE = re.compile(r"([€$£]|\b(?:eur|usd|gbp|chf))\s?$")


def scale(text: str, end: int) -> tuple[int, int]:
    """Return the factor in the word behind a number, and where that word ends; 1 and `end` without one."""
    found = _AFTER.match(text, end)
    if found is None or found[1] not in _FACTORS:
        return 1, end
    return _FACTORS[found[1]], found.end()


def unit(text: str, start: int, end: int) -> str | None:
    """Return what a number at this place in a flat text counts, if one of the known words or signs says so."""
    if _PER_CENT.match(text, end):
        return "%"
    after = _AFTER.match(text, end)
    if after is not None and after[1] in _UNITS:
        return _UNITS[after[1]]
    before = _BEFORE.search(text, max(0, start - 5), start)
    return _UNITS[before[1]] if before else None
