"""Links to addresses that no shown text names: whoever follows one, or shows its picture, tells its owner something."""

import re
from collections.abc import Iterator, Sequence

_IN_ADDRESS = r"[^\s<>\"'()\[\]{}|`\\^]"
_TARGET = re.compile(rf"(?:[A-Za-z][A-Za-z0-9+.\-]{{1,20}}:)?//{_IN_ADDRESS}+|(?<![A-Za-z0-9])www\.{_IN_ADDRESS}+")
_BLANK = r"[\s>]*+"
"""Markdown lets a destination begin on the next line, also inside a quotation."""
_WEB = r"(?:(?<=http:)|(?<=https:))"
"""Browsers take these for web addresses however many strokes follow, and whichever way they lean."""
# What is replaced: the sign after which a program takes a text for an address.
_SIGN = re.compile(
    rf"(?P<inline>\]\((?P<target>{_BLANK}[^()\s]*+)(?=[()\s]))"
    rf"|(?P<defined>\]:(?P<destination>{_BLANK}(?=\S*[:/\\&])\S*+)(?=\s|\Z))"
    rf"|(?P<scheme>(?<=[A-Za-z0-9+.\-]):(?P<rest>(?://|{_WEB}[/\\]{{1,2}}(?![/\\])){_IN_ADDRESS}+))"
    rf"|(?P<bare>(?<![A-Za-z0-9:/])//(?P<host>[A-Za-z0-9]{_IN_ADDRESS}*))"
    rf"|(?P<web>(?<![A-Za-z0-9.])www\.(?P<site>{_IN_ADDRESS}+))",
    re.IGNORECASE,
)
# The end of a text that may go on to become one of them, or to be a longer one.
_UNFINISHED = re.compile(
    rf"(?:\]|\]\({_BLANK}[^()\s]*+|\]:{_BLANK}\S*+|(?<=[A-Za-z0-9+.\-]):(?:[/\\]{{1,2}}{_IN_ADDRESS}*)?"
    rf"|(?<![A-Za-z0-9:/])/(?:/(?:[A-Za-z0-9]{_IN_ADDRESS}*)?)?"
    rf"|(?<![A-Za-z0-9.])w(?:w(?:w(?:\.{_IN_ADDRESS}*)?)?)?)\Z",
    re.IGNORECASE,
)
_NO_ADDRESS = re.compile(r"[\w,=+*-]*")
_CLOSING = ".,;:!?*_~"
_REMEMBERED = 64
_GOES_ON = frozenset("/?#&")


class LinkGuard:
    """Turns links of one answer into text, unless a shown text holds the same address.

    `https://` becomes `https[:]//`, `](` becomes `] (`, `]:` before an address becomes `] :`; in the last two, Markdown
    reads escapes and character references, so that the signs of an address need not be there. A reader sees where it
    would have led, no program goes there.
    """

    def __init__(self, shown: Sequence[str]) -> None:
        self._known = frozenset(_addresses(shown))
        self._before = ""
        self._pending = ""
        self.neutralised = 0

    def feed(self, piece: str) -> str:
        """Take one piece; return what can be said now."""
        self._pending += piece
        unfinished = _UNFINISHED.search(self._before + self._pending, len(self._before))
        return self._said(unfinished.start() if unfinished else None)

    def finish(self) -> str:
        """Return what was held back."""
        return self._said(None, final=True)

    def _said(self, until: int | None, *, final: bool = False) -> str:
        # Where nothing follows, the end of the text ends an address as a blank would.
        text = self._before + self._pending
        whole = text + (" " if final else "")
        until = len(text) if until is None else until
        said: list[str] = []
        read = len(self._before)
        for match in _SIGN.finditer(whole, read):
            if match.end() > until:
                until = min(until, match.start())
                break
            said += (text[read : match.start()], self._written(text, match))
            read = match.end()
        said.append(text[read:until])
        self._before, self._pending = text[max(until - _REMEMBERED, 0) : until], text[until:]
        return "".join(said)

    def _written(self, text: str, match: re.Match[str]) -> str:
        """Return what is said in place of a match."""
        if match["inline"] is not None:
            target = match["target"].lstrip()
            leads_nowhere = _NO_ADDRESS.fullmatch(target) is not None
            return (
                match[0]
                if leads_nowhere or self._allowed(target)
                else self._changed(f"] ({self._plain(match['target'])}")
            )
        if match["defined"] is not None:
            destination = match["destination"]
            return match[0] if self._allowed(destination.strip()) else self._changed(f"] :{self._plain(destination)}")
        if match["scheme"] is not None:
            name = re.search(r"[A-Za-z][A-Za-z0-9+.\-]*\Z", text[: match.start()])
            whole = (name[0] if name else "") + match[0]
            return match[0] if self._allowed(whole) else self._changed(f"[:]{match['rest']}")
        if match["bare"] is not None:
            return match[0] if self._allowed(match[0]) else self._changed(f"/ /{match['host']}")
        return match[0] if self._allowed(match[0]) else self._changed(f"www[.]{match['site']}")

    def _changed(self, text: str) -> str:
        self.neutralised += 1
        return text

    def _plain(self, target: str) -> str:
        """Return a target whose address no program recognises."""
        return re.sub(
            r"(?i):(?=//)", "[:]", re.sub(rf"^({_BLANK})//", r"\1/ /", re.sub(r"(?i)\bwww\.", "www[.]", target))
        )

    def _allowed(self, address: str) -> bool:
        """Whether a shown text holds this address, or one that only goes on behind it."""
        cleaned = address.rstrip(_CLOSING).lower()
        return any(
            known == cleaned or (known.startswith(cleaned) and known[len(cleaned)] in _GOES_ON) for known in self._known
        )


def _addresses(shown: Sequence[str]) -> Iterator[str]:
    for text in shown:
        for match in _TARGET.finditer(text):
            yield match[0].rstrip(_CLOSING).lower()
