"""Texts in which every person's name is marked: our own, public rows with spans, and files in CoNLL columns."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ingestion.labelling.training.shared_data import held_out

_OWN = Path(__file__).parent.parent / "named"
_MARKED = re.compile(r"<<(.+?)>>")
_SPANS = {
    "pii_pci_presidio_synth_v2": {"PERSON"},
    "pii_eds_pseudo_fr": {"NOM", "PRENOM"},
}
"""Files of the public folder whose licence allows training, and which of their spans are persons."""
_NAMELESS = ("neg_handbook_en", "neg_handbook_fr")
_CLOSE_UP_BEFORE = re.compile(r" (?=[.,;:!?)\]}%]|'(?:s|m|d|re|ve|ll)\b|n't\b)")
_CLOSE_UP_AFTER = re.compile(r"(?<=[(\[{]) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """A text with the spans of the persons' names in it, and where it came from."""

    text: str
    spans: tuple[tuple[int, int], ...]
    source: str


def own() -> Iterator[Annotated]:
    """Yield our own passages: `named/LANGUAGE.txt`, names between `<<` and `>>`."""
    for path in sorted(_OWN.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line and not line.startswith("@"):
                yield _unmarked(line.replace("\\n", "\n"), f"own/{path.stem}")


def shared(folder: Path) -> Iterator[Annotated]:
    """Yield the public rows that may be trained on, of the half that is not held out."""
    for stem in (*_SPANS, *_NAMELESS):
        path = folder / f"{stem}.jsonl"
        if not path.exists():
            continue
        for line in path.read_text(encoding="utf-8").strip().split("\n"):
            row = json.loads(line)
            if not held_out(row["id"]):
                kinds = _SPANS.get(stem, set())
                spans = tuple((start, end) for start, end, kind in row.get("spans") or () if kind in kinds)
                yield Annotated(text=row["text"], spans=tuple(sorted(spans)), source=stem)


def columns(folder: Path) -> Iterator[Annotated]:
    """Yield the sentences of every `*.conll` file: a token and its tag a line, empty lines between sentences."""
    for path in sorted(folder.glob("*.conll")):
        lines = (line.split() for line in path.read_text(encoding="utf-8", errors="replace").split("\n"))
        for filled, sentence in groupby(lines, key=lambda parts: len(parts) > 1):
            if filled:
                yield _joined(((parts[0], parts[-1]) for parts in sentence), path.stem)


def _unmarked(line: str, source: str) -> Annotated:
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    read = length = 0
    for match in _MARKED.finditer(line):
        pieces += (line[read : match.start()], match.group(1))
        length += match.start() - read
        spans.append((length, length + len(match.group(1))))
        length += len(match.group(1))
        read = match.end()
    return Annotated(text="".join((*pieces, line[read:])), spans=tuple(spans), source=source)


def _joined(sentence: Iterable[tuple[str, str]], source: str) -> Annotated:
    """Return a sentence with its marks, written the way people space it."""
    marked = " ".join(f"<<{word}>>" if "per" in tag.lower() else word for word, tag in sentence)
    marked = marked.replace(">> <<", " ")
    return _unmarked(_CLOSE_UP_AFTER.sub("", _CLOSE_UP_BEFORE.sub("", marked)), source)
