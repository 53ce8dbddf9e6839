"""The token budget: what of a prompt fits a model's context, counted before anything is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from service.errors import InvalidRequestError
from service.policy.fencing import fenced
from service.policy.prompt import Origin, Part, Prompt
from service.ports import Tokenizer

MARGIN = 1.25
"""Models count otherwise than the embedder does. Of 2,500 prompts in four languages and source code none came to more
than 1.13 times the estimate by a small byte-level tokenizer (docs/answers.md)."""
_LONGEST_WORD = 14
"""The embedder takes a longer one for one unknown token, and models cut it into pieces, at worst into bytes."""
_BYTES_PER_TOKEN = 6
_SPACES_PER_TOKEN = 4
_LAST_LATIN = 0x24F
_TURN_TOKENS, _SOURCE_TOKENS, _FRAME_TOKENS = 8, 16, 16
_TURNS = frozenset({Origin.EARLIER_QUESTION, Origin.EARLIER_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Counts by the embedder's tokenizer, on the safe side, and leaves room for an answer."""

    tokenizer: Tokenizer
    answer_tokens: int
    local_context: int
    cloud_context: int

    def for_local(self, prompt: Prompt) -> Prompt:
        """Return what the local model can read of the prompt. Raises InvalidRequestError."""
        return self.fitted(prompt, context=self.local_context)

    def for_cloud(self, prompt: Prompt) -> Prompt:
        """Return what the cloud model can read of the prompt. Raises InvalidRequestError."""
        return self.fitted(prompt, context=self.cloud_context)

    def fitted(self, prompt: Prompt, *, context: int) -> Prompt:
        """Return the prompt without what does not fit: the last sources first, then the oldest earlier turns.

        The first source stays, and nothing is cut in the middle, the question least of all. Raises
        InvalidRequestError where instructions, question and first source alone are too long.
        """
        room = context - self.answer_tokens
        left = {place: self._cost(part) for place, part in enumerate(prompt.parts)}
        for place in _expendable(prompt.parts):
            if self._total(left) <= room:
                break
            del left[place]
        if self._total(left) > room:
            message = "the question is longer than the model can read together with a source; ask a shorter one"
            raise InvalidRequestError(message)
        return replace(prompt, parts=tuple(prompt.parts[place] for place in left))

    def count(self, text: str) -> int:
        """Return how many tokens a text may take in a model, estimated without the margin."""
        total = place = 0
        for start, end in (*self.tokenizer.offsets(text), (len(text), len(text))):
            total += _of_space(text[place:start]) + _of_token(text[start:end])
            place = max(place, end)
        return total

    def _total(self, costs: dict[int, int]) -> int:
        return ceil(sum(costs.values()) * MARGIN) + _FRAME_TOKENS

    def _cost(self, part: Part) -> int:
        return self.count(fenced(part.text)) + (_SOURCE_TOKENS if part.origin is Origin.CHUNK else _TURN_TOKENS)


def _expendable(parts: Sequence[Part]) -> Iterator[int]:
    """Yield the places of what may go, in the order in which it goes."""
    sources = [place for place, part in enumerate(parts) if part.origin is Origin.CHUNK]
    yield from reversed(sources[1:])
    yield from (place for place, part in enumerate(parts) if part.origin in _TURNS)


def _of_space(gap: str) -> int:
    """Return the tokens of white space, which the embedder does not count: single spaces are free."""
    return gap.count("\n") + gap.count("\t") + len(gap) // _SPACES_PER_TOKEN


def _of_token(token: str) -> int:
    """Return how many tokens of a model one token of the embedder may be."""
    if not token or (token.isascii() and token.isalpha() and len(token) <= _LONGEST_WORD):
        return len(token[:1])
    size = len(token.encode(errors="replace"))
    if len(token) > _LONGEST_WORD or any(ord(letter) > _LAST_LATIN for letter in token):
        return size
    return max(1, sum(map(str.isdigit, token)), ceil(size / _BYTES_PER_TOKEN))
