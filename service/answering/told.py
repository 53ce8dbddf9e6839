"""What a backend said, verified: the text with its citations, how it ended, and what the output filter did to it."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from service.answering.plans import Plan
from service.answering.saying import STOPPED, Saying
from service.answering.values import Answer, Citation
from service.citing import Cited, cited, quoted
from service.policy.output import Stop
from service.ports import Generation
from service.retrieval import Retrieved

_ROUNDS = 3
"""Times that an answer is looked at again after markers were taken out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One backend's answer; without a generation it was made of quotes, or of nothing."""

    found: Cited
    generation: Generation | None = None
    saying: Saying | None = None

    @property
    def stop(self) -> Stop | None:
        """Why the output filter ended it, if it did."""
        return self.saying.stopped if self.saying is not None else None

    @property
    def stands(self) -> bool:
        """Whether a better model would have nothing to add: a source supports it, or it was stopped on record."""
        return bool(self.found.numbers) or self.stop is not None


def heard(pieces: Generator[str, None, Generation], said: list[str], plan: Plan) -> Generator[str, None, Generation]:
    """Pass the pieces on, keeping them; whoever makes them is closed with the listener."""
    with closing(pieces):
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                generation: Generation = end.value
                return generation
            if not said:
                plan.watch.lap("first_token")
            said.append(piece)
            yield piece


def told_of(plan: Plan, said: Sequence[str], generation: Generation, saying: Saying) -> Told:
    """Verify the citations against what the model was finally shown: it may have been less than was planned."""
    shown = texts(plan.hits[: generation.sources_shown])
    text = "".join(said)
    found = _rechecked(
        cited(text, shown, question=_searched(plan), stopped=generation.finish == STOPPED), text, plan, shown, saying
    )
    return Told(found=found, generation=generation, saying=saying)


def quotes_of(plan: Plan, saying: Saying) -> Told:
    """Return the best quotes, which pass the same filter as what a model says."""
    shown = texts(plan.hits)
    found = quoted(_searched(plan), shown)
    text = saying.of_text(found.text)
    if text != found.text:
        found = cited(text, shown, question=_searched(plan), stopped=saying.stopped is not None)
        found = _rechecked(found, text, plan, shown, saying)
    return Told(found=found, saying=saying)


def _rechecked(found: Cited, passed: str, plan: Plan, shown: Sequence[str], saying: Saying) -> Cited:
    """Return the answer as it may be told: where markers were taken out, the filter looks at the rest once more.

    A marker may have stood within a link or a canary. What does not come to rest is not told at all.
    """
    for _ in range(_ROUNDS):
        if found.text == passed or found.unsupported is not None:
            return found
        passed = saying.again(found.text)
        if passed == found.text:
            return found
        found = cited(passed, shown, question=_searched(plan), stopped=saying.stopped is not None)
    return cited("", shown, question=_searched(plan), stopped=True)


def answer_of(plan: Plan, told: Told, backend: str) -> Answer:
    """Return the answer as it is shown, with its evidence."""
    found, generation = told.found, told.generation
    shown = plan.hits[: generation.sources_shown] if generation else plan.hits
    return Answer(
        id=plan.id,
        text=found.text,
        citations=tuple(
            Citation(number=one.number, hit=shown[one.number - 1], supports=one.supports) for one in found.credited
        ),
        sources=tuple(Citation(number=number, hit=hit) for number, hit in enumerate(shown, start=1)),
        quotations=found.quotations,
        unsupported=found.unsupported,
        route=plan.route,
        backend=backend,
        model=generation.model if generation else None,
        reasons=plan.reasons,
        generation=generation,
        # What was stopped is kept nowhere, so a conversation that it would have opened does not exist.
        conversation=None if told.stop is not None and plan.context.opens else plan.context.conversation,
        context=plan.context.turns,
        redacted=len(plan.redacted) if plan.redacted is not None else 0,
        stopped=told.stop.cause.value if told.stop is not None else None,
        neutralised=told.saying.neutralised if told.saying is not None else 0,
    )


def texts(hits: Sequence[Retrieved]) -> list[str]:
    """Return what the hits say, in order."""
    return [hit.text for hit in hits]


def _searched(plan: Plan) -> str:
    """Return the question as it stands alone: a follow-up was rewritten before it was searched for."""
    return plan.searched[0].text if plan.searched is not None else plan.question.text
