"""Put back together what was pulled apart: digits spelled out as words, and characters set with gaps."""

import re2

from ingestion.labelling.views import View, ViewWriter

_WORDS = {
    word: str(digit)
    for words in (
        "zero one two three four five six seven eight nine",
        "null eins zwei drei vier funf sechs sieben acht neun",
        "zero un deux trois quatre cinq six sept huit neuf",
        "cero uno dos tres cuatro cinco seis siete ocho nueve",
        "oh une zwo fuenf - - - - - -",
    )
    for digit, word in enumerate(words.split())
    if word != "-"
} | {"oh": "0", "une": "1", "zwo": "2", "fuenf": "5"}
_WORD = r"(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")"
_NUMBER_WORD = re2.compile(rf"\b(?i:{_WORD})\b|{_WORD}")
_NEXT_WORD = rf"[^0-9A-Za-z]{{1,3}}(?i:{_WORD})|[^0-9A-Za-z]{{0,3}}[A-Z]{{1,8}}{_WORD}"
_NUMBER_WORDS = re2.compile(rf"(?:\b(?i:{_WORD})|[A-Z]{_WORD})(?:{_NEXT_WORD}){{2,}}")
_BETWEEN = frozenset(" \t\n-")
_GAPPED = re2.compile(r"(?:^|\s)((?:[!-~][ \t]{1,3}){4,}[!-~])[.,;:!?)]*(?:$|\s)")
_GAPPED_DIGITS = re2.compile(r"\b\d(?:[ \t\n._\-/|,]{1,3}\d){5,}\b")


def rejoined(view: View) -> View:
    """Return the view with spelled-out digits as digits and gapped characters side by side."""
    return _without_gaps(_with_digits(view))


def _with_digits(view: View) -> View:
    writer = ViewWriter(view)
    changed = False
    for run in _NUMBER_WORDS.finditer(view.text):
        changed = True
        _write_run(writer, run.group(), run.start())
    return writer.view() if changed else view


def _write_run(writer: ViewWriter, run: str, offset: int) -> None:
    previous = None
    for word in _NUMBER_WORD.finditer(run):
        start, end = word.span()
        if previous is None or not _BETWEEN.issuperset(run[previous:start]):
            writer.copy_to(offset + start)
        writer.put(_WORDS[word.group().lower()], offset + end)
        previous = end


def _without_gaps(view: View) -> View:
    spans = sorted(
        {
            *(match.span() for match in _GAPPED_DIGITS.finditer(view.text)),
            *(match.span(1) for match in _GAPPED.finditer(view.text)),
        },
        key=lambda span: (span[0], -span[1]),
    )
    writer = ViewWriter(view)
    reached = 0
    for start, end in spans:
        if start < reached:
            continue
        writer.copy_to(start)
        _write_closed_up(writer, view.text, start, end)
        reached = end
    return writer.view() if spans else view


def _write_closed_up(writer: ViewWriter, text: str, start: int, end: int) -> None:
    """Write the characters without their gaps; a capital after a small letter begins a new word."""
    run = text[start:end]
    dotted = not any(part.isalpha() or part.isspace() for part in run)
    previous = ""
    for position in range(start, end):
        character = text[position]
        gap = character.isspace() or (dotted and not character.isdigit())
        if gap:
            writer.put("", position + 1)
            continue
        new_word = previous.islower() and character.isupper()
        writer.put(f" {character}" if new_word else character, position + 1)
        previous = character
