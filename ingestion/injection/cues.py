"""The cues: what betrays instructions to a model, read from `cues.txt`."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import re2

_HEAD = re.compile(r"\{([a-z]+)\}|\[([a-z_]+) ([0-9.]+)\]")
_NAME = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One sign: its static name, what it weighs alone, and the pattern that finds it in folded text."""

    name: str
    weight: float
    pattern: Any = field(default=None, compare=False, repr=False)


def _read(text: str) -> tuple[Cue, ...]:
    """Return the cues of a file whose first lines say what names in braces stand for."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    weights: dict[str, float] = {}
    name = ""
    for line in text.splitlines():
        head = _HEAD.fullmatch(line)
        if head is not None:
            name = head[1] or head[2]
            weights |= {head[2]: float(head[3])} if head[2] else {}
        elif line and not line.startswith("# "):
            lines[name].append(_NAME.sub(lambda named: f"(?:{'|'.join(lines[named[1]])})", line))
    return tuple(
        Cue(name=name, weight=weight, pattern=re2.compile(f"(?i){'|'.join(lines[name])}"))
        for name, weight in weights.items()
    )


CUES = _read(Path(__file__).with_name("cues.txt").read_text(encoding="utf-8"))
