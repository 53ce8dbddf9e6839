"""Retrieved and spoken text as data: it can neither close its fence, nor open one, nor speak as a chat template.

A fence cannot be forged because no text can hold one: every bracket that would begin a fence or a control token,
in whatever look-alike letters, is written as its character reference. That is a pure function of the text, so the
prompt rendered twice has the same bytes, which a random fence would not have.
"""

import re
from functools import lru_cache

from ingestion.labelling.confusables import plain_of

_UNSEEN = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\U000e0100-\U000e01ef]+"
)
"""What no reader sees and a model may read. Joiners stay: emoji and several scripts are written with them."""
_JOINER = "\x01"
_ANGLES = "\u2039\u2329\u276c\u276e\u2770\u27e8\u27ea\u29fc\u3008\u300a\u02c2\u1438\u16b2"
_SQUARES = "\u2045\u27e6\u301a\u3010\u3014\u2997"
_BARS = "\u01c0\u2223\u2502\u2503\u2758\u2759\u275a\u23d0"
_SHAPES = dict.fromkeys(_ANGLES, "<") | dict.fromkeys(_SQUARES, "[") | dict.fromkeys(_BARS, "|")
_FENCE_WORD = f"{_JOINER}*".join("source")
_TAGS = (
    r"s|[be]os|pad|unk|mask|sys|im_(?:start|end|sep)|(?:begin|start|end)_of_[a-z_]{1,30}|extra_id_[0-9]{1,4}|"
    r"tools?|tool_[a-z_]{1,30}|function_[a-z_]{1,30}|invoke|parameter|think(?:ing)?|system(?:_[a-z]{1,30})?|"
    r"(?:[a-z]{1,20}:)(?:function_[a-z_]{1,30}|invoke|parameter|think(?:ing)?)|user|assistant|human|developer"
)
_SQUARE_TOKENS = (
    r"inst|system_prompt|available_tools|tool_(?:calls|results|content)|gmask|s?mask|[se]op|[be]os|pad|cls|sep|unk"
)
# What ends a text counts as a whole word: in a prompt a line break follows it.
_OPENING = re.compile(
    rf"<(?=[{_JOINER}]*\||[^<>a-z0-9]*{_FENCE_WORD}|[\s/{_JOINER}]*(?:{_TAGS})(?:[\s>]|\Z))|\[(?=[\s/]*(?:{_SQUARE_TOKENS})(?:[\s\]]|\Z))"
)


def fenced(text: str) -> str:
    """Return the text as data, in time linear in its length. Fencing twice changes nothing more."""
    seen = _UNSEEN.sub("", text)
    pieces, copied = [], 0
    for match in _OPENING.finditer(shadow(seen)):
        pieces += [seen[copied : match.start()], "&lt;" if match.group() == "<" else "&#91;"]
        copied = match.end()
    return "".join((*pieces, seen[copied:]))


def shadow(text: str) -> str:
    """Return what the text looks like in lower-case ASCII, character by character, so that places stay the same."""
    return text.lower() if text.isascii() else "".join(map(_look, text))


@lru_cache(maxsize=8192)
def _look(character: str) -> str:
    """Return the one character that this one is taken for; a joiner, or one seen as several, stands for itself."""
    shape = _SHAPES.get(character)
    if shape is not None:
        return shape
    plain = plain_of(character).lower()
    return plain if len(plain) == 1 else _JOINER
