"""Text that no reader sees: letters from the block of tags, turned reading order, words full of empty characters."""

import re

_TAGS = re.compile("[\U000e0020-\U000e007e]{6,}")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f")
_SELECTORS = re.compile("[\U000e0100-\U000e01ef]{4,}")
_TURNED = re.compile("[\u202d\u202e]")
_BROKEN = re.compile("[A-Za-z][\u200b\u200c\u200d\u2060\ufeff\u00ad]+(?=[A-Za-z])")
_MANY_BROKEN = 6
"""Latin letters apart from each other by something invisible; soft hyphens of a typesetter stand in single words."""


def unseen(text: str) -> bool:
    """Whether the text holds something that was put there so that people do not read it."""
    if text.isascii():
        return False
    plain = _FLAG.sub("", text)
    if _TAGS.search(plain) or _SELECTORS.search(plain) or _TURNED.search(plain):
        return True
    return sum(1 for _ in _BROKEN.finditer(plain)) >= _MANY_BROKEN
