"""Write the training corpus from templates: seeded, varied passages per category, with hard negatives."""

import random
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "templates"
_SLOT = re.compile(r"\{([A-Za-z0-9_]+)\}")
_MAX_WORDS = 170
_LINE = 80
_PER_LABEL = {"none": 5200, "clinical": 1700, "counsel": 1700, "business": 1900, "personnel": 1000, "source_code": 700}
_ENGLISH_SHARE = 0.55
_ALONE = 0.85
NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One training text: what it is, and the theme that must not stand on both sides of a split."""

    text: str
    label: str
    theme: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Sentences that may stand together."""

    name: str
    label: str
    language: str
    sentences: tuple[str, ...]


def passages(seed: int) -> list[Passage]:
    """Return the corpus that this seed makes, without duplicates."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    slots = _slots()
    themes = _themes()
    written: dict[str, Passage] = {}
    for label, wanted in _PER_LABEL.items():
        fitting = [theme for theme in themes if theme.label == label]
        weights = [_weight(theme) for theme in fitting]
        for _ in range(wanted):
            theme = chance.choices(fitting, weights)[0]
            text = _passage(theme, slots, chance)
            written.setdefault(
                text, Passage(text=text, label=label, theme=f"{theme.language}/{theme.name}", language=theme.language)
            )
    return list(written.values())


def hard_wrapped(corpus: list[Passage], seed: int, count: int) -> list[Passage]:
    """Return some prose of the corpus again as old files hold it: broken into lines, some without capitals.

    Without these, short lines alone look like source code.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    prose = [passage for passage in corpus if passage.language != "code" and len(passage.text) > _LINE]
    return [
        replace(passage, text=_wrapped(passage.text, chance))
        for passage in chance.sample(prose, min(count, len(prose)))
    ]


def _wrapped(text: str, chance: random.Random) -> str:
    lines = textwrap.fill(text, chance.randint(40, 78))
    loose = lines.replace(". ", " . ").replace(".\n", " .\n") if chance.random() < 0.4 else lines  # noqa: PLR2004 - share
    return loose.lower() if chance.random() < 0.5 else loose  # noqa: PLR2004 - share


def _weight(theme: Theme) -> float:
    """Weigh a theme by its size; English gets its share, the other languages the rest together."""
    share = {"en": _ENGLISH_SHARE, "code": 1.0}.get(theme.language, (1 - _ENGLISH_SHARE) / 3 * 2.2)
    return share * len(theme.sentences)


def _passage(theme: Theme, slots: dict[str, list[str]], chance: random.Random) -> str:
    """Return one to nine sentences of a theme, joined like prose, lines, bullets, a mail or a source."""
    alone = theme.name.startswith(("questions", "ask", "short", "fragen", "preguntas")) or theme.language == "code"
    count = 1 if alone and chance.random() < _ALONE else chance.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 9))
    chosen = chance.sample(theme.sentences, min(count, len(theme.sentences)))
    filled = [_filled(sentence, slots, chance) for sentence in chosen]
    if theme.language == "code":
        return "\n\n".join(filled)
    text = chance.choice((" ", " ", " ", " ", "\n", "\n- ")).join(filled)
    text = " ".join(text.split(" ")[:_MAX_WORDS])
    return _framed(text, alone=alone, chance=chance)


def _framed(text: str, *, alone: bool, chance: random.Random) -> str:
    draw = chance.random()
    if draw < 0.06:  # noqa: PLR2004 - one in sixteen reads as it does inside a prompt
        return f'<source number="{chance.randint(1, 6)}">\n{text}\n</source>'
    if alone:
        return f"Question: {text}" if draw < 0.2 else text.rstrip("?.") if draw < 0.27 else text  # noqa: PLR2004 - shares
    if draw < 0.14:  # noqa: PLR2004 - share
        return f"{chance.choice(('Note', 'Overview', 'Summary', 'Update', 'Details', 'Info'))}\n\n{text}"
    if draw < 0.22:  # noqa: PLR2004 - share
        return text.lower()
    if draw < 0.32:  # noqa: PLR2004 - a chunk may begin and end in the middle of a sentence
        words = text.split(" ")
        return " ".join(words[chance.randint(0, 4) : len(words) - chance.randint(0, 4)]) or text
    return text


def _filled(sentence: str, slots: dict[str, list[str]], chance: random.Random) -> str:
    text = sentence.replace("\\n", "\n").replace("\\t", "\t").replace("{{", "\x00").replace("}}", "\x01")
    text = _SLOT.sub(lambda match: chance.choice(slots[match.group(1)]), text)
    return text.replace("\x00", "{").replace("\x01", "}")


def _slots() -> dict[str, list[str]]:
    return {
        name: values.split(" | ")
        for line in (_TEMPLATES / "slots.txt").read_text(encoding="utf-8").splitlines()
        for name, values in [line.removeprefix("= ").split(": ", 1)]
    }


def _themes() -> list[Theme]:
    return [
        theme
        for path in sorted(_TEMPLATES.glob("*.txt"))
        if path.name != "slots.txt"
        for theme in _themes_of(path.read_text(encoding="utf-8").splitlines())
    ]


def _themes_of(lines: list[str]) -> Iterator[Theme]:
    """Yield the themes of a file: a line `@name label language`, then one sentence a line."""
    heads = [number for number, line in enumerate(lines) if re.fullmatch(r"@\w+ \w+ \w+", line)]
    for head, end in zip(heads, [*heads, len(lines)][1:], strict=True):
        name, label, language = lines[head].removeprefix("@").split()
        sentences = tuple(line for line in lines[head + 1 : end] if line)
        yield Theme(name=name, label=label, language=language, sentences=sentences)
