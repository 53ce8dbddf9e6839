"""Take out what a writer or an editor put inside a word or number without changing how it reads."""

import re2

from ingestion.labelling.views import View, ViewWriter

_INLINE = (
    r"</?(?:b|i|u|s|q|em|strong|span|font|mark|small|big|sub|sup|del|ins|wbr|a|code|tt|kbd|abbr|bdi|bdo|nobr|label|var)"
    r"(?:\s[^<>]{0,300})?/?>|<!--[^<>]{0,300}-->"
)
_SOFT_BREAK = r"=\r?\n|[a-z]-\r?\n[ \t]*[a-z]"
_MARKS = r"[*~`]{1,3}|_{2,3}"
_MARK = re2.compile(rf"(?i){_INLINE}|{_SOFT_BREAK}|{_MARKS}")
_TAG_OR_MARK = frozenset("<*~`_")


def unmarked(view: View) -> View:
    """Return the view without inline tags, emphasis marks and soft line breaks that stand inside words and numbers."""
    text = view.text
    writer = None
    for match in _MARK.finditer(text):
        start, end = _dropped(match.group(), *match.span())
        if not _inside(text, start, end):
            continue
        writer = writer or ViewWriter(view)
        writer.copy_to(start)
        writer.put("", end)
    return writer.view() if writer else view


def _dropped(mark: str, start: int, end: int) -> tuple[int, int]:
    """Return the span to drop: a broken word keeps the letters on both sides of the break."""
    return (start, end) if mark[0] in _TAG_OR_MARK or mark[0] == "=" else (start + 1, end - 1)


def _inside(text: str, start: int, end: int) -> bool:
    """Whether a mark stands between two characters of one word, or right beside a digit; a tag, between any two."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if text[start] == "<":
        return bool(before and after) and not before.isspace() and not after.isspace()
    if text[start] in "*~`_" and (before == text[start] or after == text[start]):
        return False  # a row of marks is a mask or a rule
    return (before.isalnum() and after.isalnum()) or (text[start] != "=" and (before.isdigit() or after.isdigit()))
