"""Keeps of an answer's citations those that its sources bear out, and says where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.citing import markers
from service.citing.markers import Group
from service.citing.quotations import Span
from service.citing.refusals import declines
from service.citing.sentences import sentences, trimmed
from service.citing.sources import Claim, Source
from service.citing.statements import Unsupported, statement
from service.citing.values import Cited, Credited, Quotation, Support
from service.citing.words import stems

_CITED_SHARE = 0.34
"""Share of a claim's words that a source must hold which the model cites for it."""
_UNCITED_SHARE = 0.6
"""The same where the model cites nothing, or something that does not bear it out."""
_TAKEN_OVER = 0.75
"""Share from which on a sentence about what documents do not hold is the source's own."""
_FEW = 2
"""A claim with fewer words of its own ("At eight.") is read with the question that it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """An answer, its markers, and its text with spaces for them."""

    text: str
    plain: str
    groups: tuple[Group, ...]

    def claim(self, span: Span) -> Claim:
        """Return what the answer claims at a place."""
        return Claim(self.plain[slice(*span)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """A part of a sentence with the markers that follow it; both spans are places in the answer."""

    sentence: Span
    span: Span
    claim: Claim
    group: Group | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A stretch and the sources that bear it out."""

    stretch: _Stretch
    credited: tuple[Source, ...]


def cited(answer: str, texts: Sequence[str], *, question: str = "", stopped: bool = False) -> Cited:
    """Return the answer with its verified citations; `texts` are the sources in the prompt, in its order.

    A citation stays where its source was in the prompt, holds every quotation of the sentence word for word and
    every figure by its meaning, and shares words with it. Where no sentence keeps one, the plain statement is
    all that is left: what the model said is not presented as fact. `stopped` is an answer that was ended early.
    """
    answer = markers.unnested(answer.strip())
    said = _Said(text=answer, plain=markers.blanked(answer), groups=markers.groups(answer))
    sources, asked = Source.numbered(texts), stems(question)
    judged = [one for span in sentences(answer) for one in _judged(said, span, sources, asked)]
    if any(one.credited for one in judged):
        return _assembled(answer, judged, asked)
    declined = any(declines(said.claim(one.stretch.sentence).text) for one in judged)
    why = Unsupported.DECLINED if declined else Unsupported.NOT_GROUNDED
    return _unsupported(question, Unsupported.STOPPED if stopped else why)


def nothing_found(question: str, *, harmless_only: bool) -> Cited:
    """Return the plain statement for a search that found nothing."""
    return _unsupported(question, Unsupported.NOTHING_HARMLESS_FOUND if harmless_only else Unsupported.NOTHING_FOUND)


def _unsupported(question: str, why: Unsupported) -> Cited:
    return Cited(text=statement(question, why), unsupported=why)


def _judged(said: _Said, sentence: Span, sources: Sequence[Source], asked: frozenset[str]) -> Iterator[_Judged]:
    whole = said.claim(sentence)
    refusal = declines(whole.text) and not any(source.share(whole.stems) >= _TAKEN_OVER for source in sources)
    for stretch in _stretches(said, sentence, whole):
        yield _Judged(stretch=stretch, credited=() if refusal else _credited(stretch, sources, asked))


def _stretches(said: _Said, sentence: Span, whole: Claim) -> Iterator[_Stretch]:
    """Cut a sentence after each group of markers; what stands behind the last belongs to that one.

    A quotation is not cut: where markers stand inside one, each of them is asked to bear out the whole sentence.
    """
    groups = [group for group in said.groups if markers.inside(group, sentence)]
    offsets = [group.start - sentence[0] for group in groups]
    cut = any(start < offset < end for start, end in whole.quotations for offset in offsets)
    start = sentence[0]
    for group in groups or (None,):
        end = sentence[1] if group is None or group == groups[-1] else group.end
        span = sentence if cut else (start, end)
        yield _Stretch(sentence=sentence, span=span, claim=said.claim(span), group=group)
        start = end


def _credited(stretch: _Stretch, sources: Sequence[Source], asked: frozenset[str]) -> tuple[Source, ...]:
    named = stretch.group.numbers if stretch.group else ()
    shown = [source for source in sources if source.number in named]
    if shown and _borne_out(stretch.claim, shown):
        kept = tuple(source for source in shown if _related(stretch.claim, source, asked))
        if kept:
            return kept
    best = max(sources, key=lambda source: source.share(_read(stretch.claim, asked)), default=None)
    return (best,) if best is not None and _holds(stretch.claim, best, asked) else ()


def _borne_out(claim: Claim, shown: Sequence[Source]) -> bool:
    """Whether the sources together hold every quotation and every figure."""
    quoted = all(any(source.quotes(claim.said(span)) for source in shown) for span in claim.quotations)
    return quoted and all(any(source.states(one, claim.said(one)) for source in shown) for one in claim.figures)


def _related(claim: Claim, source: Source, asked: frozenset[str]) -> bool:
    """Whether a cited source has to do with the claim at all."""
    if source.other_language(claim) or any(source.quotes(claim.said(span)) for span in claim.quotations):
        return True
    share = source.share(_read(claim, asked))
    figured = any(source.states(one, claim.said(one)) for one in claim.figures)
    return share >= _CITED_SHARE or (figured and share > 0)


def _holds(claim: Claim, source: Source, asked: frozenset[str]) -> bool:
    """Whether a source that was not cited, or not for this, bears the claim out by itself."""
    if not _borne_out(claim, (source,)):
        return False
    if any(claim.quotations):
        return True
    if len(claim.stems) < _FEW and not claim.figures:
        return False
    return source.share(_read(claim, asked)) >= _UNCITED_SHARE


def _read(claim: Claim, asked: frozenset[str]) -> frozenset[str]:
    return claim.stems if len(claim.stems) >= _FEW else claim.stems | asked


def _assembled(answer: str, judged: Sequence[_Judged], asked: frozenset[str]) -> Cited:
    kept = {
        one.stretch.group: tuple(
            number for number in one.stretch.group.numbers if number in {source.number for source in one.credited}
        )
        for one in judged
        if one.stretch.group is not None
    }
    text, moved = markers.rewritten(answer, kept)
    supports: dict[int, list[Support]] = {}
    for one in judged:
        sentence = trimmed(text, moved(one.stretch.sentence[0]), moved(one.stretch.sentence[1]))
        for source in one.credited:
            supports.setdefault(source.number, []).extend(
                Support(start=start, end=end, sentence=sentence)
                for start, end in source.spans(one.stretch.claim, asked)
            )
    return Cited(
        text=text,
        credited=tuple(Credited(number=number, supports=_merged(found)) for number, found in sorted(supports.items())),
        quotations=tuple(
            Quotation(start=moved(start), end=moved(end), number=number) for start, end, number in _quoted(judged)
        ),
    )


def _quoted(judged: Sequence[_Judged]) -> Iterator[tuple[int, int, int | None]]:
    """Yield the place of every quotation, and the credited source that holds it."""
    held: dict[Span, int | None] = {}
    for one in judged:
        for start, end in one.stretch.claim.quotations:
            said = one.stretch.claim.text[start:end]
            place = one.stretch.span[0] + start, one.stretch.span[0] + end
            holding = next((source.number for source in one.credited if source.quotes(said)), None)
            held[place] = held.get(place) or holding
    return ((*place, number) for place, number in sorted(held.items()))


def _merged(supports: Sequence[Support]) -> tuple[Support, ...]:
    return tuple(dict.fromkeys(supports))
