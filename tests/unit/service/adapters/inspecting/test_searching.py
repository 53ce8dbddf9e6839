"""A search for many needles finds what a search for each would find, at every place, in every block."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.inspecting.searching import held

_PIECES = st.lists(st.binary(min_size=1, max_size=6), max_size=12)


def one_by_one(text: bytes, needles: dict[str, bytes]) -> frozenset[str]:
    return frozenset(name for name, needle in needles.items() if needle in text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_PIECES, st.lists(st.binary(min_size=1, max_size=12), min_size=9, max_size=20), st.integers(0, 30))
def test_it_agrees_with_one_search_each(pieces: list[bytes], words: list[bytes], planted: int) -> None:
    """R42: what is there is found; what is not there is not."""
    needles = {f"{number}": word for number, word in enumerate(words)}
    text = b"".join((*pieces, words[planted % len(words)], *pieces))
    assert held(text, needles) == one_by_one(text, needles)


@pytest.mark.parametrize("few", [1, 40], ids=["few", "many"])
@pytest.mark.parametrize("place", [0, 1, 4_095, 4_094, 4_093, 4_092, 4_080, 8_191, 20_000, 32_767 - 16])
def test_a_needle_is_found_wherever_it_begins(place: int, few: int) -> None:
    """R42: also across the border of two blocks."""
    random = Random(place)
    needles = {f"{number}": random.randbytes(16) for number in range(few)}
    text = bytearray(random.randbytes(32_767))
    assert held(bytes(text), needles, block=4_096) == frozenset()
    text[place : place + 16] = needles["0"]
    assert held(bytes(text), needles, block=4_096) == {"0"}


def test_an_empty_text_holds_nothing() -> None:
    assert held(b"", {f"{number}": bytes([number] * 5) for number in range(20)}) == frozenset()
