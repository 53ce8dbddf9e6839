"""Decode what hides in a text, where it stands: escapes, encoded words, and sentences rotated by thirteen letters."""

import re2

from ingestion.labelling.alphabets import ESCAPED, LONG_WORD, ODD_WORD, plain_word, unescaped
from ingestion.labelling.folding import folded_text
from ingestion.labelling.views import View, ViewWriter

_CLOSING = ".,;:!?)"
_PARTS = re2.compile(r"[A-Za-z0-9+]{12,}={0,2}")
_SENTENCE = re2.compile(r"[^.!?\n]{6,}")
_ROTATED = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
)
_COMMON = (
    "the and with your you from this that have has for are was is of my to number phone name mail email address "
    "password security social credit account patient birth born secret call please card visa street iban passport "
    "attorney confidential der die und ist nicht mit nummer karte geboren kennwort adresse dans avec pour carte numero "
    "compte mot passe est para con tarjeta cuenta contrasena es el los"
)
_COMMON_ROTATED = re2.compile(r"(?i)\b(?:" + "|".join(_COMMON.translate(_ROTATED).split()) + r")\b")
_MIN_ROTATED = 2


def decoded(view: View) -> View:
    """Return the view with every token that decodes to readable text replaced by that text, one level deep."""
    return _with_rotations_undone(_with_words_decoded(_with_escapes_decoded(view)))


def _with_escapes_decoded(view: View) -> View:
    writer = None
    for match in ESCAPED.finditer(view.text):
        plain = unescaped(match.group())
        if plain is not None:
            writer = writer or ViewWriter(view)
            writer.copy_to(match.start())
            writer.put(folded_text(plain), match.end())
    return writer.view() if writer else view


def _with_words_decoded(view: View) -> View:
    writer = None
    for start, end, plain in _encoded(view.text):
        writer = writer or ViewWriter(view)
        writer.copy_to(start)
        writer.put(folded_text(plain), end)
    return writer.view() if writer else view


def _encoded(text: str) -> "list[tuple[int, int, str]]":
    """Return the spans of encoded words and what they say, in order and apart from each other."""
    found = []
    for shape in (LONG_WORD, ODD_WORD):
        for match in shape.finditer(text):
            word = match.group().rstrip(_CLOSING) if shape is ODD_WORD else match.group()
            plain = plain_word(match.group()) or plain_word(word)
            if plain is not None:
                found.append((match.start(), match.start() + len(word), plain))
            elif not word.isalnum():
                found += [
                    (match.start() + part.start(), match.start() + part.end(), said)
                    for part in _PARTS.finditer(word)
                    if (said := plain_word(part.group())) is not None
                ]
    found.sort()
    reached = 0
    apart = []
    for start, end, plain in found:
        if start >= reached:
            apart.append((start, end, plain))
            reached = end
    return apart


def _with_rotations_undone(view: View) -> View:
    """Return the view with each sentence that holds common words only when rotated, rotated back."""
    if not _COMMON_ROTATED.search(view.text):
        return view
    writer = None
    for match in _SENTENCE.finditer(view.text):
        if sum(1 for _ in _COMMON_ROTATED.finditer(match.group())) >= _MIN_ROTATED:
            writer = writer or ViewWriter(view)
            writer.copy_to(match.start())
            writer.put_each(_rotated, match.end())
    return writer.view() if writer else view


def _rotated(character: str) -> str:
    return character.translate(_ROTATED)
