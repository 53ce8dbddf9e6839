"""The search for canaries sees them in every encoding that a sink might use (R54)."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.sinks import canaries, control, found_in

WORD = control()["control"]


def _based(before: str) -> Callable[[str], bytes]:
    return lambda word: base64.b64encode(f"{before}{word} and more".encode())


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("plain", lambda word: word.encode()),
        ("plain", lambda word: word.upper().encode()),
        ("plain", lambda word: word.encode("latin-1")),
        ("plain", lambda word: json.dumps({"said": word}).encode()),
        ("plain", lambda word: json.dumps(json.dumps(word)).encode()),
        ("plain", lambda word: quote(word).encode()),
        ("plain", lambda word: quote_plus(word).encode()),
        ("plain", lambda word: repr(word.encode()).encode()),
        ("UTF-16", lambda word: word.encode("utf-16-le")),
        ("UTF-16", lambda word: word.encode("utf-16-be")),
        ("hex", lambda word: word.encode().hex().encode()),
        ("hex", lambda word: word.encode().hex().upper().encode()),
        ("base64", _based("")),
        ("base64", _based("x")),
        ("base64", _based("xy")),
        ("base64", lambda word: base64.urlsafe_b64encode(b"??>" + word.encode())),
        ("base64 of UTF-16", lambda word: base64.b64encode(word.encode("utf-16-le"))),
        ("reversed", lambda word: word.encode()[::-1]),
    ],
)
def test_a_word_is_found_however_it_is_written(encoding: str, written: Callable[[str], bytes], tmp_path: Path) -> None:
    (tmp_path / "sink").write_bytes(bytes(100) + written(WORD) + b"rest")
    (leak,) = found_in([tmp_path], canaries() | {"control": WORD})
    assert (leak.place, leak.path) == ("control", tmp_path / "sink")
    assert leak.encoding.startswith(encoding)


def test_each_place_has_a_word_of_its_own(tmp_path: Path) -> None:
    words = canaries()
    for place, word in words.items():
        (tmp_path / place).write_text(f"somebody said {word}")
    assert {(leak.place, leak.path.name) for leak in found_in([tmp_path], words)} == {(place, place) for place in words}


def test_words_without_a_common_beginning_are_found_too(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("the heron of Zanzibarquartz")
    assert [leak.place for leak in found_in([tmp_path], {"a": "zanzibarquartz", "b": "Mustermann"})] == ["a"]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("nothing was said")
    assert found_in([tmp_path, tmp_path / "log"], canaries()) == []
