"""What is hidden in a text is uncovered, and every view still knows where its characters stood."""

# ruff: noqa: RUF001 - look-alikes and other alphabets are what is tested

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.labelling.normalising import Views

_CARD = "4203895020367512"
_MAILED = "Herr Müller, geboren am 3. Mai"
_FOLDED = "Herr Muller, geboren am 3. Mai"


@pytest.mark.parametrize(
    ("text", "uncovered"),
    [
        pytest.param("card ４２０３ ok", "card 4203 ok", id="full width"),
        pytest.param("Lisа Wirtz", "Lisa Wirtz", id="Cyrillic a"),
        pytest.param("6\u200b6\u200b8", "668", id="zero width"),
        pytest.param("𝟒𝟐𝟎𝟑 𝓛𝓲𝓼𝓪", "4203 Lisa", id="mathematical"),
        pytest.param("call four two zero three now", "call 4203 now", id="spelled out"),
        pytest.param("IP four one.one seven three.nine six.two six", "IP 41.173.96.26", id="spelled out with dots"),
        pytest.param("ruf vier zwei null drei an", "ruf 4203 an", id="spelled out in German"),
        pytest.param("no. 4 2 0 3 8 9 5.", "no. 4203895.", id="set with gaps"),
        pytest.param("L i s a W i r t z", "Lisa Wirtz", id="letters set with gaps"),
        pytest.param(f"a {base64.b64encode(_CARD.encode()).decode()} b", f"a {_CARD} b", id="base64"),
        pytest.param(f"a {base64.b32encode(_CARD.encode()).decode()} b", f"a {_CARD} b", id="base32"),
        pytest.param(f"a {_CARD.encode().hex()} b", f"a {_CARD} b", id="hex"),
        pytest.param(base64.b64encode(_MAILED.encode("latin-1")).decode(), _FOLDED, id="base64 of Latin-1"),
        pytest.param(_MAILED.encode("cp1252").hex(), _FOLDED, id="hex of Windows-1252"),
        pytest.param(_MAILED.encode("utf-16-be").hex(), _FOLDED, id="UTF-16, the high byte first"),
        pytest.param(base64.b64encode(_MAILED.encode("utf-16")).decode(), _FOLDED, id="UTF-16 with its mark"),
        pytest.param(" ".join(map(str, _MAILED.encode())), _FOLDED, id="decimal codes with an umlaut"),
        pytest.param(" ".join(f"{byte:08b}" for byte in b"Ann O'Hara (42)"), "Ann O'Hara (42)", id="bits with signs"),
        pytest.param(
            "ok\U0001f600" + "".join(chr(0xE00F0 + b) for b in b"Lisa"), "ok\x7fLisa", id="variation selectors"
        ),
        pytest.param("%6c%69%73%61%40x.com", "lisa@x.com", id="percent"),
        pytest.param("&#108;&#105;&#115;&#97;", "lisa", id="entities"),
        pytest.param(base64.b64encode(base64.b64encode(_CARD.encode())).decode(), _CARD, id="base64 twice"),
    ],
)
def test_a_disguise_is_uncovered(text: str, uncovered: str) -> None:
    """R4."""
    assert Views.of(text).uncovered.text == uncovered


def test_a_span_in_a_view_leads_back_to_what_stood_in_the_original() -> None:
    text = "é card NDIwMzg5NTAyMDM2NzUxMg== ok"
    view = Views.of(text).uncovered
    start = view.text.index(_CARD)

    first, last = view.span(start, start + len(_CARD))

    assert text[first:last] == "NDIwMzg5NTAyMDM2NzUxMg=="


@pytest.mark.parametrize("word", ["information", "Deutschland", "INTERNATIONAL", "cafeteria", "handbook"])
def test_ordinary_words_are_no_codes(word: str) -> None:
    assert Views.of(f"the {word} desk").uncovered.text == f"the {word} desk"


@pytest.mark.parametrize("text", ["\u8fbb\U000e0101", "\u2764\ufe0f", "\u845b\U000e0100\u57ce\U000e0102"])
def test_a_selector_that_names_a_glyph_says_nothing(text: str) -> None:
    assert set(Views.of(text).plain.text) == {"\x7f"}


@settings(deadline=None)
@given(text=st.text(max_size=400))
def test_every_view_of_any_text_maps_into_the_text(text: str) -> None:
    views = Views.of(text)

    for view in (views.plain, views.uncovered, views.backwards):
        assert view.text.isascii()
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))


@pytest.mark.parametrize("unit", ["a", "1", "é", "1 ", "one ", "%41", "=", "\u200b", "aA", "4 -"])
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        Views.of(text)
        return time.process_time() - start

    assert seconds(40_000) < 12 * seconds(10_000) + 0.1
