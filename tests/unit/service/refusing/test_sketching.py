"""Sketches: alike texts have alike sketches, other keys other ones, short texts none (R44)."""

import random

import pytest

from service.refusing import THRESHOLD, alike, sketched
from service.refusing.sketching import SIZE
from service.sealing import Key

KEY = Key(b"k" * 32)


def a_text(words: int, *, seed: int = 1) -> str:
    generator = random.Random(seed)
    return " ".join(f"word{generator.randrange(5_000)}" for _ in range(words))


def test_the_same_text_in_other_clothes_is_wholly_alike() -> None:
    text = a_text(400)
    dressed = text.upper().replace(" ", " \n\t", 50).replace(" WORD", ", WORD", 80)
    assert alike(sketched(text, KEY), sketched(dressed, KEY)) == 1.0


def test_other_texts_are_not_alike() -> None:
    assert alike(sketched(a_text(400), KEY), sketched(a_text(400, seed=2), KEY)) < 0.05


@pytest.mark.parametrize("size", [60, 400, 4_000])
def test_the_share_is_estimated_to_a_tenth(size: int) -> None:
    text = a_text(size)
    longer = f"{text} {a_text(size // 3, seed=2)}"
    assert alike(sketched(text, KEY), sketched(longer, KEY)) == pytest.approx(0.75, abs=0.1)


def test_a_sketch_says_nothing_under_another_key() -> None:
    """R30: tenants cannot be compared, and nobody without the key can try words."""
    text = a_text(400)
    assert alike(sketched(text, KEY), sketched(text, Key(b"o" * 32))) == 0.0


def test_a_sketch_is_small_and_a_short_text_has_none() -> None:
    assert len(sketched(a_text(20_000), KEY)) == SIZE
    assert sketched(a_text(12), KEY) == ()
    assert alike((), sketched(a_text(400), KEY)) == 0.0
    assert alike((), ()) == 0.0


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    text = "".join(chr(0x4E00 + random.Random(7).randrange(3_000) + place) for place in range(300))
    assert alike(sketched(text, KEY), sketched(text[:280], KEY)) > THRESHOLD


@pytest.mark.parametrize("text", ["", " ", "...", "ein"])
def test_a_text_of_nothing_has_no_sketch(text: str) -> None:
    assert sketched(text, KEY) == ()
