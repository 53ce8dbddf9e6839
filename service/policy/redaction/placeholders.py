"""The placeholders that stand for values: `[PERSON_1]`, and `[PERSON_1B]` for another spelling of the same value.

Words in capitals within brackets are what models copy most faithfully, and what the labeller takes for no name.
"""

import re
from dataclasses import dataclass

KINDS = ("PERSON", "EMAIL", "PHONE", "ADDRESS", "DATE", "NUMBER", "VALUE")
_KIND_OF = {
    "person_name": "PERSON",
    "email": "EMAIL",
    "phone": "PHONE",
    "street_address": "ADDRESS",
    "date_of_birth": "DATE",
    "ip_address": "NUMBER",
}
_OTHER = "VALUE"
_DIGITS = 4
_WORD = "|".join(KINDS)
_BODY = rf"({_WORD})[ \u00a0_\\\-]{{0,3}}([0-9]{{1,4}})([A-Z]?)"
_BLANK = "[ \u00a0]{0,2}"
# Models change case and blanks, escape brackets as Markdown wants it, or leave the brackets out.
READ = re.compile(
    rf"\\\[{_BLANK}{_BODY}{_BLANK}\\\]|\[{_BLANK}{_BODY}{_BLANK}\]|"
    rf"(?<![A-Za-z0-9_])({_WORD})\\?_([0-9]{{1,4}})([A-Z]?)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_SPELLED = re.compile(rf"({_WORD})[ \u00a0_\\\-]{{0,3}}([0-9]+)", re.IGNORECASE)
_BEGUN = "|".join(sorted({kind[:length] for kind in KINDS for length in range(1, len(kind))}, key=len, reverse=True))
# The end of a text that may go on to become a placeholder.
UNFINISHED = re.compile(
    rf"(?:\\|\\?\[{_BLANK}|(?:\\?\[{_BLANK}|(?<![A-Za-z0-9_]))"
    rf"(?:{_BEGUN}|(?:{_WORD})[ \u00a0_\\\-]{{0,3}}(?:[0-9]{{1,4}}[A-Z]?{_BLANK}\\?)?))\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder: what kind of value, which value, and which spelling of it (`""`, then `B`, `C` …)."""

    kind: str
    number: int
    form: str = ""

    def __str__(self) -> str:
        return f"[{self.kind}_{self.number}{self.form}]"


def kind_of(finding: str) -> str:
    """Return the placeholder's kind for a kind of finding."""
    return _KIND_OF.get(finding, "NUMBER" if finding.endswith("number") else _OTHER)


def taken_in(text: str) -> frozenset[tuple[str, int]]:
    """Return the kinds and numbers that a text spells out itself, or would once what stands beside them is replaced."""
    return frozenset(
        (match[1].upper(), int(match[2][:length]))
        for match in _SPELLED.finditer(text)
        for length in range(1, min(len(match[2]), _DIGITS) + 1)
    )


def of_match(match: re.Match[str]) -> Placeholder:
    """Return the placeholder that a match of READ stands for."""
    kind, number, form = (part for part in match.groups() if part is not None)
    return Placeholder(kind.upper(), int(number), form.upper())
