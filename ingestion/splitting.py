"""Canonical text to chunks: an exact token budget, exact offsets, nothing left out."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingestion.document import Chunk, Document

MAX_TOKENS = 254
"""What fits into 256 positions beside the two special tokens of a BERT-like encoder."""
OVERLAP = 32
_CHARACTERS_PER_TOKEN = 8
"""A word that the vocabulary lacks is one token, however long: characters are bounded, too."""
_SLACK = 4
"""A tokenizer may need a token or two more at the borders of a piece than inside the whole."""
_SEGMENT = 1 << 16
_BLANKS = " \t\n\r\u00a0\u202f\u3000"
"""Where every tokenizer starts anew, so that a cut there changes no count."""
_SENTENCE_END = re.compile("[.!?\u2026][\"'\u201d\u2019)\\]]?\\s|[\u3002\uff01\uff1f]")
_CELL_BORDER = " | "


class Tokenizer(Protocol):
    """The embedder's tokenizer, without special tokens, truncation or padding."""

    def offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the code-point span of every token, in order."""
        ...


def split(
    document: Document, tokenizer: Tokenizer, *, max_tokens: int = MAX_TOKENS, overlap: int = OVERLAP
) -> tuple[Chunk, ...]:
    """Cut a document into chunks that prefer to end with a paragraph, a line, a sentence or a word.

    Every character that is not white space lies in a chunk, `document.text[c.start:c.end] == c.text`, and no
    chunk has more than `max_tokens` tokens when it is tokenized alone. Neighbours share up to `overlap` tokens.
    """
    if overlap * 2 > max_tokens or overlap < 0:
        message = "the overlap may take up at most half of a chunk"
        raise ValueError(message)
    cutter = _Cutter(
        text=document.text,
        starts=_token_starts(document.text, tokenizer),
        tokenizer=tokenizer,
        max_tokens=max_tokens,
        overlap=overlap,
    )
    starts = [page.start for page in document.pages]
    ends = [page.end for page in document.pages]
    return tuple(
        Chunk(
            ordinal=ordinal,
            start=start,
            end=end,
            text=document.text[start:end],
            tokens=tokens,
            first_page=document.pages[bisect_right(ends, start)].number,
            last_page=document.pages[bisect_left(starts, end) - 1].number,
        )
        for ordinal, (start, end, tokens) in enumerate(cutter.pieces())
    )


def _token_starts(text: str, tokenizer: Tokenizer) -> "array[int]":
    """Return where every token starts, in order, tokenizing segment by segment to bound the memory."""
    starts = array("q")
    begin = 0
    while begin < len(text):
        end = min(begin + _SEGMENT, len(text))
        if end < len(text):
            end = _after_last_blank(text, begin, end) or end
        latest = begin
        for start, stop in tokenizer.offsets(text[begin:end]):
            if stop > start:
                latest = max(latest, begin + start)
                starts.append(latest)
        begin = end
    return starts


def _after_last_blank(text: str, low: int, high: int) -> int:
    """Return the place after the last blank in `text[low:high]`, or 0 where there is none."""
    return max(text.rfind(blank, low, high) for blank in _BLANKS) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cutter:
    text: str
    starts: "array[int]"
    tokenizer: Tokenizer
    max_tokens: int
    overlap: int

    def pieces(self) -> Iterator[tuple[int, int, int]]:
        """Yield start, end and token count of every chunk, white space trimmed.

        What is new in a chunk begins at `position`, where the one before it ended; `begin` adds the overlap.
        """
        position = 0
        while position < len(self.text):
            begin = self._begin(position)
            end = self._border(position, self._furthest(begin, position))
            begin, end, tokens = self._fitted(begin, position, end)
            if self.text[position:end].strip():
                yield (*self._trimmed(begin, end), tokens)
            position = end

    def _begin(self, position: int) -> int:
        """Return where a chunk begins that repeats the end of the one before it, at a sentence or a word.

        Where there is neither, it repeats what fits all the same: a number cut in two would be told by no half.
        """
        first = max(bisect_left(self.starts, position) - self.overlap, 0)
        floor = max(self.starts[first] if first < len(self.starts) else 0, position - self._characters(self.overlap))
        if floor >= position:
            return position
        sentence = _SENTENCE_END.search(self.text, floor, position)
        if sentence and sentence.end() < position:
            return sentence.end()
        blanks = (self.text.find(blank, floor, position) for blank in _BLANKS)
        return min((place + 1 for place in blanks if place >= 0), default=floor)

    def _furthest(self, begin: int, position: int) -> int:
        """Return the end of the longest text from `begin` that the budget allows."""
        over = bisect_left(self.starts, begin) + self.max_tokens
        end = self.starts[over] if over < len(self.starts) else len(self.text)
        return max(min(end, begin + self._characters(self.max_tokens), len(self.text)), position + 1)

    def _border(self, position: int, furthest: int) -> int:
        """Return the best place to stop: in the second half a paragraph, sentence or line; else a word."""
        if furthest >= len(self.text):
            return furthest
        half = (position + furthest) // 2
        paragraph = self.text.rfind("\n\n", half, furthest)
        if paragraph >= 0:
            return paragraph + 2
        line = self.text.rfind("\n", half, furthest) + 1
        sentence = max((match.end() for match in _SENTENCE_END.finditer(self.text, half, furthest)), default=0)
        in_table = self.text.find(_CELL_BORDER, half, furthest) >= 0
        preferred = (line or sentence) if in_table else (sentence or line)
        return preferred or _after_last_blank(self.text, position, furthest + 1) or furthest

    def _fitted(self, begin: int, position: int, end: int) -> tuple[int, int, int]:
        """Return the piece with its token count, made smaller where it would have too many on its own."""
        tokens = bisect_left(self.starts, end) - bisect_left(self.starts, begin)
        if tokens <= self.max_tokens - _SLACK and self._clean(begin) and self._clean(end):
            return begin, end, tokens
        while (tokens := self._counted(begin, end)) > self.max_tokens and (end > position + 1 or begin < position):
            shorter = min(begin + (end - begin) * self.max_tokens // tokens, end - 1)
            if begin < position and (shorter <= position or end == position + 1):
                begin = position  # with the overlap nothing new would fit
            else:
                end = max(shorter, position + 1)
                end = _after_last_blank(self.text, (position + end) // 2, end) or end
        return begin, end, tokens

    def _counted(self, begin: int, end: int) -> int:
        return len(self.tokenizer.offsets(self.text[begin:end].strip()))

    def _clean(self, place: int) -> bool:
        around = self.text[max(place - 1, 0) : place + 1]
        return place in {0, len(self.text)} or any(character in _BLANKS for character in around)

    def _trimmed(self, begin: int, end: int) -> tuple[int, int]:
        piece = self.text[begin:end]
        return end - len(piece.lstrip()), begin + len(piece.rstrip())

    @staticmethod
    def _characters(tokens: int) -> int:
        return tokens * _CHARACTERS_PER_TOKEN
