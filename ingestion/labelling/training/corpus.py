"""Write the training corpus: seeded, varied passages per category, with hard negatives, without duplicates.

`templates/` holds sentences that are combined into passages; `passages/` holds whole passages, each written out by hand
and varied a little. Both have a line `@theme label language`, then one sentence or passage a line.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.labelling.training.framing import cut, framed, joined, mailed

_FOLDER = Path(__file__).parent
_SLOT = re.compile(r"\{([A-Za-z0-9_]+)\}")
_ALTERNATIVES = re.compile(r"\[([^\[\]\n]*\|[^\[\]\n]*)\]")
_HEAD = re.compile(r"@\w+ \w+ \w+")
_MAX_WORDS = 170
_PER_LABEL = {"none": 5200, "clinical": 1700, "counsel": 1700, "business": 1900, "personnel": 1000, "source_code": 700}
_ENGLISH_SHARE = 0.55
_ALONE = 0.85
_VARIANTS = 2
NONE = "none"
CODE = "code"
"""The language of source code and of what looks like it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One training text: what it is, and the theme that must not stand on both sides of a split."""

    text: str
    label: str
    theme: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Sentences that may stand together, or whole passages about one thing."""

    name: str
    label: str
    language: str
    sentences: tuple[str, ...]

    @property
    def key(self) -> str:
        """The name under which the theme stays on one side of a split."""
        return f"{self.language}/{self.name}"


def passages(seed: int) -> list[Passage]:
    """Return the corpus that this seed makes, without duplicates."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    slots = _slots()
    written: dict[str, Passage] = {}
    for passage in (*_combined(slots, chance), *_written_out(slots, seed)):
        written.setdefault(passage.text, passage)
    return list(written.values())


def _combined(slots: dict[str, list[str]], chance: random.Random) -> Iterator[Passage]:
    """Yield passages made of the sentences of a theme."""
    themes = _themes("templates")
    for label, wanted in _PER_LABEL.items():
        fitting = [theme for theme in themes if theme.label == label]
        weights = [_weight(theme) for theme in fitting]
        for _ in range(wanted):
            theme = chance.choices(fitting, weights)[0]
            yield _passage(theme, _sentences(theme, slots, chance), label)


def _written_out(slots: dict[str, list[str]], seed: int) -> Iterator[Passage]:
    """Yield every whole passage a few times: as it is, then varied, cut, joined with another, or inside a mail."""
    for theme in _themes("passages"):
        # A seed of its own, so that a new theme leaves the others as they were.
        chance = random.Random(f"{seed} {theme.key}")  # noqa: S311 - reproducible, not secret
        for line in theme.sentences:
            for variant in range(_VARIANTS):
                text = _filled(line, slots, chance)
                if theme.language != CODE and (variant or chance.random() < 0.3):  # noqa: PLR2004 - share
                    other = _filled(chance.choice(theme.sentences), slots, chance)
                    text = _varied(text, other, slots, chance)
                yield _passage(theme, text, theme.label)


def _varied(text: str, other: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    way = chance.choice((cut, joined, mailed, framed))
    return way(text, other, slots, chance)


def _passage(theme: Theme, text: str, label: str) -> Passage:
    return Passage(text=text, label=label, theme=theme.key, language=theme.language)


def _weight(theme: Theme) -> float:
    """Weigh a theme by its size; English gets its share, the other languages the rest together."""
    share = {"en": _ENGLISH_SHARE, CODE: 1.0}.get(theme.language, (1 - _ENGLISH_SHARE) / 3 * 2.2)
    return share * len(theme.sentences)


def _sentences(theme: Theme, slots: dict[str, list[str]], chance: random.Random) -> str:
    """Return one to nine sentences of a theme, joined like prose, lines, bullets, a mail or a source."""
    alone = theme.name.startswith(("questions", "ask", "short", "fragen", "preguntas")) or theme.language == CODE
    count = 1 if alone and chance.random() < _ALONE else chance.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 9))
    chosen = chance.sample(theme.sentences, min(count, len(theme.sentences)))
    filled = [_filled(sentence, slots, chance) for sentence in chosen]
    if theme.language == CODE:
        return "\n\n".join(filled)
    text = chance.choice((" ", " ", " ", " ", "\n", "\n- ")).join(filled)
    text = " ".join(text.split(" ")[:_MAX_WORDS])
    return _questioned(text, chance) if alone else framed(text, "", slots, chance)


def _questioned(text: str, chance: random.Random) -> str:
    """Return a question as people or prompts write it."""
    draw = chance.random()
    return f"Question: {text}" if draw < 0.15 else text.rstrip("?.") if draw < 0.25 else text  # noqa: PLR2004 - shares


def _filled(sentence: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    text = sentence.replace("\\n", "\n").replace("\\t", "\t").replace("{{", "\x00").replace("}}", "\x01")
    text = _ALTERNATIVES.sub(lambda match: chance.choice(match.group(1).split("|")), text)
    text = _SLOT.sub(lambda match: chance.choice(slots[match.group(1)]), text)
    return text.replace("\x00", "{").replace("\x01", "}")


def _slots() -> dict[str, list[str]]:
    return {
        name: values.split(" | ")
        for line in (_FOLDER / "templates" / "slots.txt").read_text(encoding="utf-8").splitlines()
        for name, values in [line.removeprefix("= ").split(": ", 1)]
    }


def _themes(folder: str) -> list[Theme]:
    return [
        theme
        for path in sorted((_FOLDER / folder).glob("*.txt"))
        if path.name != "slots.txt"
        for theme in themes_of(path.read_text(encoding="utf-8").split("\n"))
    ]


def themes_of(lines: list[str]) -> Iterator[Theme]:
    """Yield the themes of a file: a line `@name label language`, then one sentence or passage a line."""
    heads = [number for number, line in enumerate(lines) if _HEAD.fullmatch(line)]
    for head, end in zip(heads, [*heads, len(lines)][1:], strict=True):
        name, label, language = lines[head].removeprefix("@").split()
        sentences = tuple(line for line in lines[head + 1 : end] if line)
        yield Theme(name=name, label=label, language=language, sentences=sentences)
