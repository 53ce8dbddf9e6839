"""Fold look-alike characters into the plain ones that a reader would take them for."""

import re
from functools import lru_cache

from ingestion.labelling.confusables import plain_of
from ingestion.labelling.views import View, ViewWriter

_FOREIGN = re.compile(r"[^\t\n\r -~]+")
_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")


def folded(view: View) -> View:
    """Return the view in ASCII: compatibility forms, accents, look-alikes and invisible characters folded away.

    What has no plain form becomes OTHER, so that patterns and offsets never meet a second alphabet.
    """
    return _plain_only(_colourless(view))


def folded_text(text: str) -> str:
    """Return the text folded, where nobody asks for offsets."""
    return text if text.isascii() and text.isprintable() else "".join(map(_plain, _COLOURS.sub("", text)))


def _colourless(view: View) -> View:
    """Return the view without the sequences that colour a terminal."""
    if "\x1b[" not in view.text:
        return view
    writer = ViewWriter(view)
    for match in _COLOURS.finditer(view.text):
        writer.copy_to(match.start())
        writer.put("", match.end())
    return writer.view()


def _plain_only(view: View) -> View:
    if view.text.isascii() and not _FOREIGN.search(view.text):
        return view
    writer = ViewWriter(view)
    for match in _FOREIGN.finditer(view.text):
        writer.copy_to(match.start())
        writer.put_each(_plain, match.end())
    return writer.view()


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    return plain_of(character)
