"""Looks for what somebody said in everything that a run leaves behind, in whatever encoding (R54).

`canaries` makes words to plant, one for each place where a person can put words; `found_in` says which files hold one.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.scan import payloads

_MARK = "qvxjzkwqyb"
"""How every canary begins: letters that no word, log or program has in this order."""
_CONTROL = "control"
_PLACES = (
    *("text", "title", "file_name", "external_id", "question", "history", "bad_json", "too_long", "bad_file"),
    *("bad_path", "bad_parameter", "bad_token", "unknown_field", "surrogate", "prompt"),
)
_PAYLOAD_PAGE = re.compile(r"payload_storage/page_\d+\.dat$")
_BASE64_BITS = 6
_LONG_ENOUGH = 8
"""A piece of a word that no text has by chance."""


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A file that holds a word, and how it is written there."""

    place: str
    encoding: str
    path: Path


def canaries(*places: str) -> dict[str, str]:
    """Return a word for each place: letters, an accent and a space, so that every encoding changes it somewhere."""
    return {place: _canary(place) for place in places or _PLACES}


def control() -> dict[str, str]:
    """Return a word to plant in every sink, so that a search which finds nothing proves something."""
    return {_CONTROL: _canary(_CONTROL)}


def found_in(paths: Iterable[Path], words: Mapping[str, str]) -> list[Leak]:
    """Return every word that a file under these paths holds, plain or encoded; folders are searched whole.

    Also inside the compressed payload pages of Qdrant Edge. Upper and lower case are the same.
    """
    everything = {place: forms(word) for place, word in words.items()}
    common = _common_beginning(list(words.values()))
    marks = forms(common) if len(common) >= len(_MARK) else {}
    leaks: set[Leak] = set()
    for path in _files(paths):
        for content in _readings(path):
            folded = content.lower()
            if not marks or _encodings(content, folded, marks):
                for place, needles in everything.items():
                    leaks |= {Leak(place, encoding, path) for encoding in _encodings(content, folded, needles)}
    return sorted(leaks)


def forms(word: str) -> dict[str, tuple[bytes, ...]]:
    """Return how a word looks in each encoding; what depends on its neighbours or on its case is left off."""
    core = max(re.split(r"[^A-Za-z0-9]+", word), key=len)
    core = core if len(core) >= _LONG_ENOUGH else word
    low = core.lower()
    whole = {word.lower(), quote(word).lower(), quote_plus(word).lower(), json.dumps(word)[1:-1].lower(), low}
    return {
        "plain, JSON-escaped, URL-encoded or quoted": tuple(form.encode() for form in whole),
        "UTF-16": (low.encode("utf-16-le"), low.encode("utf-16-be")),
        "hex": (low.encode().hex().encode(), core.encode().hex().encode()),
        "base64": _in_base64(core.encode()),
        "base64 of UTF-16": _in_base64(core.encode("utf-16-le")),
        "reversed": (low.encode()[::-1],),
    }


def _common_beginning(words: Sequence[str]) -> str:
    """Return what all words begin with: where that is not found, none of them is."""
    alike = zip(*words, strict=False)
    return "".join(letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, alike))


def _in_base64(piece: bytes) -> tuple[bytes, ...]:
    """Return the letters that a piece makes wherever it stands, at each of the three offsets."""
    found = []
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + piece)
        first = -(-offset * 8 // _BASE64_BITS)
        last = (offset + len(piece)) * 8 // _BASE64_BITS
        found.append(encoded[first:last])
    return tuple({*found, *(form.translate(bytes.maketrans(b"+/", b"-_")) for form in found)})


def _encodings(content: bytes, folded: bytes, needles: Mapping[str, tuple[bytes, ...]]) -> Iterator[str]:
    """Yield the encodings that occur. Base64 has upper and lower case, nothing else need have."""
    for encoding, alternatives in needles.items():
        searched = content if encoding.startswith("base64") else folded
        if any(needle in searched for needle in alternatives):
            yield encoding


def _readings(path: Path) -> Iterator[bytes]:
    try:
        content = path.read_bytes()
    except OSError:
        return  # a file that its owner removed meanwhile, or a socket
    content = content.rstrip(b"\x00") + bytes(256)  # most files of a store are allocated ahead
    yield content
    if _PAYLOAD_PAGE.search(path.as_posix()):
        yield b"\x00".join(payloads(content))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _canary(place: str) -> str:
    """Return the word of a place; its letters say which."""
    spelled = "".join(chr(ord("a") + ord(letter) % 26) for letter in place)
    return f"{_MARK}{spelled}é {_MARK}"
