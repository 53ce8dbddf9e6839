"""Keeps of an answer's citations those that its sources bear out, and says where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.citing import markers
from service.citing.markers import Group
from service.citing.quotations import Span
from service.citing.refusals import declines
from service.citing.sentences import sentences
from service.citing.sources import Claim, Source
from service.citing.statements import Unsupported, statement
from service.citing.values import Cited, Credited, Quotation, Support
from service.citing.words import stems

_CITED_SHARE = 0.34
"""Share of a claim's words that a source must hold which the model cites for it."""
_UNCITED_SHARE = 0.6
"""The same where the model cites nothing, or something that does not bear it out."""
_VERBATIM = 0.9
_FEW = 2
"""A claim with fewer words of its own ("At eight.") is read with the question that it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """A part of a sentence with the markers that follow it; `span` is its place in the answer."""

    span: Span
    claim: Claim
    group: Group | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A stretch and the sources that bear it out."""

    sentence: Span
    stretch: _Stretch
    credited: tuple[Source, ...]


def cited(answer: str, texts: Sequence[str], *, question: str = "") -> Cited:
    """Return the answer with its verified citations; `texts` are the sources in the prompt, in its order.

    A citation stays where its source was in the prompt, holds every quotation of the sentence word for word and
    every figure by its meaning, and shares words with it. Where no sentence keeps one, the plain statement is
    all that is left: what the model said is not presented as fact.
    """
    answer = answer.strip()
    sources = Source.numbered(texts)
    asked = stems(question)
    judged = [one for span in sentences(answer) for one in _judged(answer, span, sources, asked)]
    if not any(one.credited for one in judged):
        declined = any(declines(markers.blanked(answer[slice(*one.sentence)])) for one in judged)
        why = Unsupported.DECLINED if declined else Unsupported.NOT_GROUNDED
        return Cited(text=statement(question, why), unsupported=why)
    return _assembled(answer, judged, asked)


def nothing_found(question: str, *, harmless_only: bool) -> Cited:
    """Return the plain statement for a search that found nothing."""
    why = Unsupported.NOTHING_HARMLESS_FOUND if harmless_only else Unsupported.NOTHING_FOUND
    return Cited(text=statement(question, why), unsupported=why)


def _judged(answer: str, span: Span, sources: Sequence[Source], asked: frozenset[str]) -> Iterator[_Judged]:
    whole = Claim(markers.blanked(answer[slice(*span)]))
    refusal = declines(whole.text) and not any(source.share(whole.stems) >= _VERBATIM for source in sources)
    stretches = _stretches(answer, span)
    for stretch in stretches:
        credited = () if refusal else _credited(stretch, sources, asked)
        yield _Judged(sentence=span, stretch=stretch, credited=credited)


def _stretches(answer: str, span: Span) -> tuple[_Stretch, ...]:
    """Cut a sentence after each group of markers; what stands behind the last belongs to that one."""
    groups = [group for group in markers.groups(answer) if markers.inside(group, span)]
    if any(_cut_in_two(answer, span, group) for group in groups):
        groups = [Group(group.start, group.end, group.numbers) for group in groups]
        return tuple(_Stretch(span=span, claim=_claim(answer, span), group=group) for group in groups)
    ends = [*(group.end for group in groups[:-1]), span[1]] if groups else [span[1]]
    starts = [span[0], *ends[:-1]]
    return tuple(
        _Stretch(span=piece, claim=_claim(answer, piece), group=group)
        for piece, group in zip(zip(starts, ends, strict=True), groups or [None], strict=True)
    )


def _cut_in_two(answer: str, span: Span, group: Group) -> bool:
    """Whether the group stands inside a quotation, which must not be cut."""
    quoted = Claim(markers.blanked(answer[slice(*span)])).quotations
    return any(start < group.start - span[0] < end for start, end in quoted)


def _claim(answer: str, span: Span) -> Claim:
    return Claim(markers.blanked(answer)[slice(*span)])


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
        sentence = moved(one.sentence[0]), moved(one.sentence[1])
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
    for one in judged:
        for start, end in one.stretch.claim.quotations:
            said = one.stretch.claim.text[start:end]
            holding = next((source.number for source in one.credited if source.quotes(said)), None)
            yield one.stretch.span[0] + start, one.stretch.span[0] + end, holding


def _merged(supports: Sequence[Support]) -> tuple[Support, ...]:
    return tuple(dict.fromkeys(supports))
