"""An answer with what supports it: which spans of which sources, sentence by sentence."""

from dataclasses import dataclass

from service.citing.quotations import Span
from service.citing.statements import Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A span of a chunk, and the span of the answer's sentence that it supports; both in code points, end exclusive."""

    start: int
    end: int
    sentence: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """A source that the answer rests on, by its number in the prompt, and where exactly."""

    number: int
    supports: tuple[Support, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A statement in quotation marks: its span in the answer, and the source that holds it word for word, if any."""

    start: int
    end: int
    number: int | None

    @property
    def verified(self) -> bool:
        """Whether a source that the sentence cites, or rests on, holds it word for word."""
        return self.number is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """An answer whose citations were verified. Without support `text` is the plain statement, and nothing is cited."""

    text: str
    credited: tuple[Credited, ...] = ()
    quotations: tuple[Quotation, ...] = ()
    unsupported: Unsupported | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the sources that are cited, in order."""
        return tuple(source.number for source in self.credited)
