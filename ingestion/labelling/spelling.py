"""Read what was dictated: digits, two-digit numbers and letters as words, mailboxes with "at" and "dot"."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from collections.abc import Iterable, Iterator

import re2

from ingestion.labelling.numerals import JOINTS, LETTERS, NUMERALS, PIECES, REPEATED, SIGNS
from ingestion.labelling.views import View, ViewWriter

_Spoken = tuple[str, int, int]
"""A word in small letters, and where it stands."""
_Piece = tuple[str, int, int, bool]
"""What words say, where they stand, and whether that is a number rather than a sign."""


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORD = re2.compile(rf"(?i)\b(?:{_any(PIECES | REPEATED | SIGNS.keys() | JOINTS)}|\d{{1,4}})\b")
_TWO = re2.compile(
    rf"(?i)\b(?:{_any(PIECES)})[^0-9A-Za-z]{{1,3}}(?:{_any(w[:3] for w in PIECES)})|\b(?:neunzehnhundert|zweitausend)[a-z]{{3,}}|\d[^0-9A-Za-z]{{1,3}}(?:{_any(PIECES)})\b"
)
_GAP = 3
_LETTER = rf"(?:{_any(LETTERS)})"
_LETTERS = re2.compile(rf"(?i)\b{_LETTER}(?:[ ,;\-]{{1,3}}{_LETTER}){{2,}}\b")
_TOKEN = re2.compile(r"[0-9A-Za-z]+")
_BETWEEN = frozenset(" \t\n-")
_MIN_DIGITS, _MIN_WORDS = 3, 3
_LONGEST = 5
_TIMES = {"double": 2, "doble": 2, "doppel": 2, "triple": 3, "treble": 3}

_DOT = r" ?[\[({<]? ?(?:dot|punkt|point|punto|ponto|period)[\])}>]? ?|\.| [.] "
_AT = r"[\[({<]? ?(?:at|arroba|arobase|arobas|klammeraffe|aet|chez|commat)[\])}>]?|[\[({<]?@[\])}>]?"
_PART = r"[A-Za-z0-9][\w%+\-]{0,40}"
_TOP = (
    r"com|org|net|de|fr|es|uk|co|us|eu|io|info|ch|at|it|nl|edu|gov|biz|be|pl|pt|se|dk|no|fi|ca|au|mx|br|ar|in|jp|me|"
    r"app|dev|cz|hu|ro|gr|ie|nz|za|cl|pe|int|mil|name|cloud|online|email|test|example"
)
_MAILBOX = re2.compile(
    rf"(?i)\b({_PART}(?:(?:{_DOT}|(?: )(?:underscore|dash|unterstrich|guion bajo|tiret bas) ){_PART}){{0,4}})"
    rf" ?({_AT}) ?((?:{_PART}(?:{_DOT})){{1,4}}(?:{_TOP}))\b"
)
_SPELT_DOT = re2.compile(rf"(?i){_DOT}")
_SPELT_SCORE = re2.compile(r"(?i) (?:underscore|unterstrich|guion bajo|tiret bas) ")
_SPELT_DASH = re2.compile(r"(?i) dash ")
_NO_MAILBOX = frozenset(
    [
        "look",
        "is",
        "are",
        "us",
        "available",
        "found",
        "visit",
        "site",
        "website",
        "hosted",
        "here",
        "see",
        "live",
        "online",
        "based",
        "it",
        "this",
        "them",
        "me",
        "page",
        "listed",
        "ist",
        "sind",
        "unter",
        "siehe",
        "est",
        "sont",
        "voir",
        "esta",
    ]
)
_PROVIDERS = [
    "gmail",
    "gmx",
    "yahoo",
    "outlook",
    "hotmail",
    "web",
    "icloud",
    "proton",
    "protonmail",
    "live",
    "orange",
    "free",
    "laposte",
    "wanadoo",
    "aol",
    "t-online",
    "mail",
    "telefonica",
    "posteo",
    "mailbox",
]


def respelled(view: View) -> View:
    """Return the view with dictated numbers, letters and mailboxes as they are written."""
    return _with_mailboxes(_with_letters(_with_numbers(view)))


def _with_numbers(view: View) -> View:
    if not _TWO.search(view.text):
        return view
    writer = None
    for run in _runs(view.text):
        pieces = _pieces(run)
        if not _says_a_number(run, pieces):
            continue
        writer = writer or ViewWriter(view)
        _write(writer, view.text, pieces)
    return writer.view() if writer else view


def _says_a_number(run: list[_Spoken], pieces: list[_Piece]) -> bool:
    """Whether words are dictated digits or a year, rather than a number that is counted with."""
    year = any(len(said) == len("1987") and number for said, _, _, number in pieces)
    digits = sum(len(said) for said, _, _, number in pieces if number)
    return year or (len(run) >= _MIN_WORDS and digits >= _MIN_DIGITS)


def _runs(text: str) -> Iterator[list[_Spoken]]:
    """Yield runs of number words that follow each other with nothing but marks between them."""
    run: list[_Spoken] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        if run and not _adjoin(text[run[-1][2] : start]):
            if any(not word.isdigit() for word, _, _ in run):
                yield run
            run = []
        run.append((match.group().lower(), start, end))
    if any(not word.isdigit() for word, _, _ in run):
        yield run


def _adjoin(gap: str) -> bool:
    return len(gap) <= _GAP and not any(map(str.isalnum, gap))


def _pieces(words: list[_Spoken]) -> list[_Piece]:
    """Return what each stretch of words says, with its span, and whether that is a number; joints say nothing."""
    pieces: list[_Piece] = []
    position, times, begun = 0, 1, None
    while position < len(words):
        word, start, end = words[position]
        size = next((n for n in range(_LONGEST, 0, -1) if _said(words, position, n) is not None), 0)
        if size:
            said = (_said(words, position, size) or "") * times
            pieces.append((said, start if begun is None else begun, words[position + size - 1][2], True))
            times, begun = 1, None
        elif word in _TIMES:
            times, begun = _TIMES[word], start
        elif word in SIGNS:
            pieces.append((SIGNS[word], start, end, False))
        position += max(size, 1)
    return pieces


def _said(words: list[_Spoken], position: int, size: int) -> str | None:
    if position + size > len(words):
        return None
    said = " ".join(word for word, _, _ in words[position : position + size])
    return said if said.isdigit() else NUMERALS.get(said)


def _write(writer: ViewWriter, text: str, pieces: list[_Piece]) -> None:
    reached = None
    for said, start, end, _ in pieces:
        if reached is None or not _BETWEEN.issuperset(text[reached:start]):
            writer.copy_to(start)
        writer.put(said, end)
        reached = end


def _with_letters(view: View) -> View:
    writer = None
    for run in _LETTERS.finditer(view.text):
        words = list(_TOKEN.finditer(run.group()))
        writer = writer or ViewWriter(view)
        writer.copy_to(run.start())
        for word in words:
            writer.put(LETTERS[word.group().lower()], run.start() + word.end())
    return writer.view() if writer else view


def _with_mailboxes(view: View) -> View:
    if not _MAYBE_MAILBOX.search(view.text):
        return view
    writer = None
    for match in _MAILBOX.finditer(view.text):
        local, at, domain = match.groups()
        written = f"{_undotted(local)}@{_undotted(domain)}"
        if written == match.group() or not _is_mailbox(local, at, domain):
            continue
        writer = writer or ViewWriter(view)
        writer.copy_to(match.start())
        writer.put(written, match.end())
    return writer.view() if writer else view


_MAYBE_MAILBOX = re2.compile(
    r"(?i)@|[\[({< ](?:at|arroba|arobase|arobas|klammeraffe|aet|chez|commat)[\])}> ][^\n]{0,80}(?:\.|dot|punkt|point|punto|ponto)"
)


def _undotted(part: str) -> str:
    scored = _SPELT_SCORE.sub("_", _SPELT_DASH.sub("-", part))
    return str(_SPELT_DOT.sub(".", scored)).lower()


def _is_mailbox(local: str, at: str, domain: str) -> bool:
    """Whether this is a mailbox rather than prose: "at" alone needs a spelled-out dot, a known provider, or a dotted name."""
    if local.lower() in _NO_MAILBOX:
        return False
    spelled = at.isalpha()
    dictated = _undotted(domain) != domain.lower()
    named = "." in _undotted(local) or "_" in local
    return not spelled or dictated or named or domain.lower().split(".")[0] in _PROVIDERS
