"""Finds what stands in quotation marks: straight, typographic, German, guillemets."""

import re

Span = tuple[int, int]
"""Code points from, to (exclusive)."""

_LONGEST = 2_000
_PAIRS = (
    *(("\u201c", "\u201d"), ("\u201e", "\u201c"), ("\u201e", "\u201d")),  # typographic, German
    *(("\xab", "\xbb"), ("\xbb", "\xab"), ("\u2039", "\u203a"), ("\u203a", "\u2039")),  # guillemets, both ways
    *(("\u2018", "\u2019"), ("\u201a", "\u2018"), ("\u201a", "\u2019")),  # single
    *(('"', '"'), ("'", "'")),  # straight
)
_WORD = re.compile(r"\w+")
_STATEMENT = 2
_PATTERNS = tuple(
    re.compile(
        rf"(?<!\w){re.escape(opening)}([^{re.escape(opening + closing)}]{{1,{_LONGEST}}}?){re.escape(closing)}(?!\w)"
    )
    for opening, closing in _PAIRS
)


def quotations(text: str) -> tuple[Span, ...]:
    """Return the spans inside the quotation marks, in order, the outermost only.

    A single word in quotation marks is a name or irony; a statement has two words, or a number.
    """
    found: list[Span] = []
    end = 0
    for match in sorted((match for pattern in _PATTERNS for match in pattern.finditer(text)), key=_outermost):
        if match.start() >= end:
            end = match.end()
            if _is_statement(match[1]):
                found.append(match.span(1))
    return tuple(found)


def _outermost(match: "re.Match[str]") -> tuple[int, int]:
    return match.start(), -match.end()


def _is_statement(quotation: str) -> bool:
    words = _WORD.findall(quotation)
    return len(words) >= _STATEMENT or any(character.isdigit() for character in quotation)
