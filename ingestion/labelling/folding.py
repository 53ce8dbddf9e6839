"""Fold look-alike characters into the plain ones that a reader would take them for."""

import re
import unicodedata
from functools import lru_cache

from ingestion.labelling.views import View, ViewWriter

_LOOKS_LIKE = dict(
    zip(
        # Cyrillic
        "аААвВсСеЕнНіІјЈкКмМоОрРѕЅтТуУхХԁԛԜԝһӏьгпү"
        # Greek
        "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονρικτυχϲϹγωε"
        # Armenian and Latin letters of other alphabets, small capitals
        "օսոհցԼıȷɑɡɩøØłŁđĐðħŧʀɴɪʏʟʜɢᴀʙᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢꜰꜱ",
        "aAAbBcCeEhHiIjJkKmMoOpPsStTyYxXdqWwhlbrny"
        "ABEZHIKMNOPTYXaovpiktuxcCywe"
        "ounhgLijagioOlLdDdhtrniylhgabcdejkmoptuvwzfs",
        strict=True,
    )
)
_SPELT_OUT = {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "ẞ": "SS"}
_QUOTES = dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'") | dict.fromkeys(
    "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'
)
_INVISIBLE = {"Cf", "Mn", "Me"}
OTHER = "\x7f"
_FOREIGN = re.compile(r"[^\x00-\x7f]+")


def folded(view: View) -> View:
    """Return the view in ASCII: compatibility forms, accents, look-alikes and invisible characters folded away.

    What has no plain form becomes OTHER, so that patterns and offsets never meet a second alphabet.
    """
    if view.text.isascii():
        return view
    writer = ViewWriter(view)
    for match in _FOREIGN.finditer(view.text):
        writer.copy_to(match.start())
        writer.put_each(_plain, match.end())
    return writer.view()


def folded_text(text: str) -> str:
    """Return the text folded, where nobody asks for offsets."""
    return text if text.isascii() else "".join(map(_plain, text))


@lru_cache(maxsize=8192)
def _plain(character: str) -> str:
    if character < "\x80":
        return character
    known = _LOOKS_LIKE.get(character) or _SPELT_OUT.get(character) or _QUOTES.get(character)
    if known:
        return known
    kind = unicodedata.category(character)
    if kind in _INVISIBLE:
        return ""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if kind == "Pd":
        return "-"
    parts = (part for part in unicodedata.normalize("NFKD", character) if unicodedata.category(part) not in _INVISIBLE)
    return "".join(_LOOKS_LIKE.get(part) or _ascii(part) for part in parts)


def _ascii(character: str) -> str:
    if character.isspace():
        return " "
    return character if character.isascii() else _SPELT_OUT.get(character, OTHER)
