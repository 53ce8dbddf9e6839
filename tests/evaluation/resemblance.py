"""Measures how well resemblance to an erased text is told (R44): `python -m tests.evaluation.resemblance`.

Seeded and made up: texts of passages written for training, variants of each that ought to be pointed out, and others
that ought not to. Every share is that of 200 texts.
"""

import random
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from service.refusing import THRESHOLD, alike, sketched
from service.sealing import Key

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
TEXTS = 200
_PASSAGES = Path(__file__).parents[2] / "ingestion" / "labelling" / "training" / "passages"
_SOURCES = ("business_en", "clinical_en", "counsel_en", "everyday_harmless_en", "clinical_de", "business_fr")
_CHOICE = re.compile(r"\[([^|\]]*)[^\]]*\]")
_KEY = Key(b"resemblance, measured as a share"[:32])
_FORM = """Dear {0},

thank you for your letter of {1}. We have looked at your case under number {2} and we are glad to tell you that the
board has agreed to your request for {3}. The sum of {4} will be paid into the account that you named, within fourteen
days of the date of this letter, provided that the enclosed form reaches us signed by {5}. Please note that the payment
is subject to the general conditions of the fund, a copy of which you will find on our pages, and that we have to be
told without delay of any change in your circumstances, such as a new address, another employer or a move abroad.

If you have any questions, {6} in our office at {7} will be pleased to help you on working days from nine until four.

Yours sincerely,
{8}"""

Vary = Callable[[str, random.Random], str]


def a_text(generator: random.Random) -> str:
    """Return a text of 6 to 30 passages, one paragraph each."""
    return "\n\n".join(generator.sample(_passages(), generator.randint(6, 30)))


def a_form(generator: random.Random) -> str:
    """Return a form letter, filled in."""
    words = _vocabulary()
    return _FORM.format(*(" ".join(generator.sample(words, generator.randint(1, 3))) for _ in range(9)))


Shares = Mapping[str, tuple[bool, tuple[float, ...]]]
"""By kind of pair: whether it ought to be pointed out, and how alike each pair was found."""


def shares(texts: int = TEXTS) -> Shares:
    """Measure so many pairs of each kind."""
    measured = {name: (True, tuple(_pair(vary, seed) for seed in range(texts))) for name, vary in _VARIANTS.items()}
    others = {name: (False, tuple(_pair(vary, seed) for seed in range(texts))) for name, vary in _OTHERS.items()}
    forms = tuple(
        alike(sketched(a_form(random.Random(seed)), _KEY), sketched(a_form(random.Random(-1 - seed)), _KEY))
        for seed in range(texts)
    )
    return {**measured, **others, "the same form, filled in for somebody else": (False, forms)}


def pointed_out(values: tuple[float, ...], threshold: float) -> float:
    """Return the share of pairs that this threshold points out."""
    return sum(value >= threshold for value in values) / len(values)


def _pair(vary: Vary, seed: int) -> float:
    generator = random.Random(seed)
    text = a_text(generator)
    return alike(sketched(text, _KEY), sketched(vary(text, generator), _KEY))


def _reworded(share: float) -> Vary:
    def vary(text: str, generator: random.Random) -> str:
        words = _vocabulary()
        return re.sub(r"\w+", lambda one: generator.choice(words) if generator.random() < share else one[0], text)

    return vary


def _retyped(text: str, generator: random.Random) -> str:
    plain = re.sub(r"[^\w\s]", lambda _: generator.choice(["", " "]), text)
    return re.sub(r"\s+", lambda _: generator.choice([" ", "\n", "  "]), plain).upper()


def _shuffled(text: str, generator: random.Random) -> str:
    paragraphs = text.split("\n\n")
    generator.shuffle(paragraphs)
    return "\n\n".join(paragraphs)


def _shortened(text: str, _: random.Random) -> str:
    return text[: len(text) * 3 // 4]


def _forwarded(text: str, generator: random.Random) -> str:
    return f"From: {generator.choice(_vocabulary())}\nSubject: Fwd\n\nSee below.\n\n{text}\n\n{_footer()}"


def _pasted(text: str, generator: random.Random) -> str:
    other = a_text(generator)
    while len(other) < len(text):
        other += "\n\n" + a_text(generator)
    return f"{other[: len(text)]}\n\n{text}"


def _another(_: str, generator: random.Random) -> str:
    return a_text(generator)


def _half(text: str, generator: random.Random) -> str:
    """Keep half of it, beside as much of something else: neither the same nor another text."""
    return text[: len(text) // 2] + a_text(generator)[: len(text) // 2]


_VARIANTS: Mapping[str, Vary] = {
    "retyped: case, punctuation, line breaks": _retyped,
    "1 word in 50 replaced": _reworded(0.02),
    "1 word in 20 replaced": _reworded(0.05),
    "1 word in 10 replaced": _reworded(0.1),
    "paragraphs in another order": _shuffled,
    "the last quarter left out": _shortened,
    "forwarded, with a header and a footer": _forwarded,
    "pasted into a text twice as long": _pasted,
}
_OTHERS: Mapping[str, Vary] = {"another text": _another, "half of it beside other text": _half}


@cache
def _passages() -> tuple[str, ...]:
    lines = [line for name in _SOURCES for line in (_PASSAGES / f"{name}.txt").read_text().splitlines()]
    kept = [_CHOICE.sub(r"\1", line).replace("\\n", "\n") for line in lines if line and not line.startswith(("@", "#"))]
    return tuple(dict.fromkeys(kept))


@cache
def _vocabulary() -> tuple[str, ...]:
    return tuple(sorted({word for passage in _passages() for word in re.findall(r"[A-Za-z]{3,}", passage)}))


def _footer() -> str:
    return "This message is confidential. If it was not meant for you, please tell us and delete it."


def main() -> None:
    """Print the table."""
    found = shares()
    sys.stdout.write(f"share pointed out at each threshold (in force: {THRESHOLD}), {TEXTS} pairs each\n\n")
    sys.stdout.write("| pair | " + " | ".join(f"{one:.1f}" for one in THRESHOLDS) + " |\n|---")
    sys.stdout.write("|---" * len(THRESHOLDS) + "|\n")
    for name, (_, values) in found.items():
        row = " | ".join(f"{pointed_out(values, one):.2f}" for one in THRESHOLDS)
        sys.stdout.write(f"| {name} | {row} |\n")
    for name, right in (("**recall**", True), ("**precision**", False)):
        row = " | ".join(f"{recall(found, one) if right else precision(found, one):.3f}" for one in THRESHOLDS)
        sys.stdout.write(f"| {name} | {row} |\n")


def recall(found: Shares, threshold: float) -> float:
    """Return which share of what ought to be pointed out is."""
    wanted = [pointed_out(values, threshold) for right, values in found.values() if right]
    return sum(wanted) / len(wanted)


def precision(found: Shares, threshold: float) -> float:
    """Return which share of what is pointed out ought to be, with as many pairs of every kind."""
    right = sum(pointed_out(values, threshold) for ought, values in found.values() if ought)
    wrong = sum(pointed_out(values, threshold) for ought, values in found.values() if not ought)
    return right / (right + wrong)


if __name__ == "__main__":
    main()
