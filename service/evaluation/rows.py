"""Labelled rows: JSONL files in, checked rows out; what is wrong is told by file and line, never by its text."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, zip_longest
from pathlib import Path

import msgspec

from ingestion.sensitivity import UNDETERMINED, Category
from service.errors import SettingsError


class RowsError(SettingsError):
    """Labelled data cannot be used."""


class Kind(StrEnum):
    """Kinds of TRADE_SECRET that rows may be scored for on their own."""

    CREDENTIAL = "TRADE_SECRET_CREDENTIAL"
    CODE = "TRADE_SECRET_CODE"
    BUSINESS = "TRADE_SECRET_BUSINESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One labelled text. It counts only for what it is scored for; kinds count as TRADE_SECRET, too."""

    id: str
    text: str
    language: str
    positive: frozenset[Category]
    scored: frozenset[Category]
    positive_kinds: frozenset[Kind] = frozenset()
    scored_kinds: frozenset[Kind] = frozenset()
    variant: str | None = None

    @property
    def clean_id(self) -> str:
        """The id of the row that this one obfuscates; its own where it obfuscates none."""
        return self.id.partition("/")[0] if self.variant else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFile:
    """The rows of one file, under a short name, with the digest of what was read."""

    name: str
    sha256: str
    rows: tuple[Row, ...]


class _Line(msgspec.Struct):
    id: str
    text: str
    labels: list[str]
    lang: str
    scored: list[str]
    variant: str | None = None


_lines = msgspec.json.Decoder(_Line)
_HARMLESS = "NON_SENSITIVE"
_NEGATIVE = re.compile(r"NON_SENSITIVE|PUBLIC_CONTENT|(?:NOT|NO)_[A-Z_]+")
"""What a label says that is none of the categories: this text is not of that kind."""
_PRINTABLE = re.compile(r"[A-Za-z0-9_]{1,40}")
_KNOWN = ", ".join([*Category, *Kind, _HARMLESS])
_FORMAT = "every line needs id, text, lang (words) and labels, scored (lists of words)"


def read(paths: Sequence[Path]) -> list[RowFile]:
    """Return the rows of these files, and of the *.jsonl files in these folders. Raises RowsError."""
    files = list(dict.fromkeys(path.resolve() for given in paths for path in _files(given)))
    names = [path.stem for path in files]
    return [
        _read(path, path.stem if names.count(path.stem) == 1 else f"{path.parent.name}/{path.stem}") for path in files
    ]


def sample(rows: Sequence[Row], most: int | None) -> tuple[Row, ...]:
    """Return at most so many rows, the same ones every time, in turn from every label, language and variant.

    Drawn evenly, what is rare in a file is measured, too: recall and false-positive rates stay what they are, shares
    over a whole file do not.
    """
    if most is None or len(rows) <= most:
        return tuple(rows)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: hashlib.sha256(row.id.encode()).digest()):
        group = (*sorted(row.positive), row.language, row.variant or "")
        groups.setdefault(group, []).append(row)
    in_turn = (row for turn in zip_longest(*(groups[group] for group in sorted(groups))) for row in turn if row)
    kept = {row.id for row in islice(in_turn, most)}
    return tuple(row for row in rows if row.id in kept)


def _files(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    found = sorted(given.glob("*.jsonl"))
    if not found:
        message = f"{given}: no *.jsonl file in this folder; name a folder that holds some, or the files"
        raise RowsError(message)
    return found


def _read(path: Path, name: str) -> RowFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); name a JSONL file or a folder of them"
        raise RowsError(message) from None
    rows: dict[str, tuple[int, Row]] = {}
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            row = _row(line, f"{path}, line {number}")
            if row.id in rows:
                message = f"{path}, line {number}: the id of line {rows[row.id][0]} again; give every row its own"
                raise RowsError(message)
            rows[row.id] = number, row
    if not rows:
        message = f"{path}: holds no rows; {_FORMAT}"
        raise RowsError(message)
    return RowFile(name=name, sha256=hashlib.sha256(content).hexdigest(), rows=tuple(row for _, row in rows.values()))


def _row(line: bytes, place: str) -> Row:
    try:
        line.decode()
        read = _lines.decode(line)
    except UnicodeDecodeError:
        message = f"{place}: not UTF-8; save the file as UTF-8"
        raise RowsError(message) from None
    except msgspec.ValidationError as error:  # names the field and its type, no value
        message = f"{place}: {error}; {_FORMAT}"
        raise RowsError(message) from None
    except msgspec.DecodeError:
        message = f"{place}: not JSON; write one JSON object per line"
        raise RowsError(message) from None
    labels, scored = _known(read.labels, place), _known(read.scored, place)
    if _HARMLESS in labels and not all(map(_NEGATIVE.fullmatch, labels)):
        message = f"{place}: labelled {_HARMLESS} and more at once; keep one of them"
        raise RowsError(message)
    return _counted(read, labels, scored)


def _known(names: Iterable[str], place: str) -> frozenset[str]:
    for name in names:
        if name not in set(Category) | set(Kind) and not _NEGATIVE.fullmatch(name):
            # Whoever mixed up the fields must not find a text in a terminal's or a build's log.
            shown = f"unknown label {name}" if _PRINTABLE.fullmatch(name) else "an unknown label"
            message = f"{place}: {shown}; known are {_KNOWN}"
            raise RowsError(message)
    return frozenset(names)


def _counted(read: _Line, labels: frozenset[str], scored: frozenset[str]) -> Row:
    scored_kinds = frozenset(Kind(name) for name in scored & set(Kind))
    labelled_kinds = frozenset(Kind(name) for name in labels & set(Kind))
    # A plain TRADE_SECRET is of the one kind that the row is scored for; among several nobody said which.
    unsaid = not labelled_kinds and Category.TRADE_SECRET in labels
    if unsaid and len(scored_kinds) > 1:
        scored_kinds = frozenset()
    return Row(
        id=read.id,
        text=read.text,
        language=read.lang or UNDETERMINED,
        positive=_categories(labels),
        scored=_categories(scored),
        positive_kinds=scored_kinds if unsaid else labelled_kinds & scored_kinds,
        scored_kinds=scored_kinds,
        variant=read.variant or None,
    )


def _categories(names: frozenset[str]) -> frozenset[Category]:
    plain = {Category.TRADE_SECRET.value if name in set(Kind) else name for name in names}
    return frozenset(Category(name) for name in plain & set(Category))
