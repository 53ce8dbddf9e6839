"""Puts the values back into an answer that comes in pieces."""

from service.policy.redaction.placeholders import READ, UNFINISHED, of_match
from service.policy.redaction.secrecy import Mapping


class Restorer:
    """Restores one answer. It holds back what may become a placeholder, and nothing else.

    For every way to cut an answer into pieces the result is the same; placeholders that were never given out stay.
    """

    __slots__ = ("_before", "_mapping", "_pending")

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._before = ""
        self._pending = ""

    def feed(self, piece: str) -> str:
        """Take one piece; return what can be said now."""
        self._pending += piece
        unfinished = UNFINISHED.search(self._before + self._pending, len(self._before))
        return self._said(unfinished.start() if unfinished else len(self._before + self._pending))

    def finish(self) -> str:
        """Return what was held back."""
        return self._said(len(self._before + self._pending))

    def _said(self, until: int) -> str:
        text = self._before + self._pending
        said: list[str] = []
        read = len(self._before)
        for match in READ.finditer(text, read):
            if match.end() > until:
                until = min(until, match.start())
                break
            value = self._mapping.value(of_match(match))
            said += (text[read : match.start()], match[0] if value is None else value)
            read = match.end()
        said.append(text[read:until])
        # One character is remembered: it tells whether a word begins after it.
        self._before, self._pending = text[max(until - 1, 0) : until], text[until:]
        return "".join(said)
