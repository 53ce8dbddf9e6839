"""The only maker of a CloudPermit: the right to send exactly these bytes to the cloud, and no others."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import InitVar, dataclass, replace
from datetime import datetime

from ingestion.reviewing import Review, effective
from ingestion.sensitivity import Category, Label
from service.policy.prompt import ROLES, Origin, Prompt
from service.policy.routing import Cause, Deny, Permit, Reason, Route

_SEAL = object()

Scan = Callable[[Sequence[str]], Label]
"""Labels texts with the labeller in force and returns the highest label among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """From when until when a permit is good: what was decided a while ago may be decided otherwise by now."""

    minted_at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPermit:
    """The exact bytes that may leave, already rendered for the Messages API, their SHA-256, and for how long."""

    body: bytes
    sha256: str
    model: str
    stream: bool
    life: Life
    # Asked for at every making and never kept: nobody can take it from a permit, and `replace` cannot copy it.
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        """Refuse a permit that was not minted here, or whose bytes are not the ones it was minted for."""
        if seal is not _SEAL:
            message = "a CloudPermit is minted by policy.egress.mint"
            raise TypeError(message)
        if hashlib.sha256(self.body).hexdigest() != self.sha256:
            message = "a CloudPermit is bound to the bytes it was minted for"
            raise ValueError(message)

    def covers(self, body: bytes) -> bool:
        """Whether these are the permitted bytes."""
        return hashlib.sha256(body).hexdigest() == self.sha256

    def alive(self, at: datetime) -> bool:
        """Whether the permit is good at this time; before it was minted it is not, either."""
        return self.life.minted_at <= at < self.life.valid_until


def mint(  # noqa: PLR0913 - what is rendered, how, and for how long
    prompt: Prompt, permit: Permit, *, model: str, max_tokens: int, stream: bool, scan: Scan, life: Life
) -> CloudPermit | Deny:
    """Render the prompt, scan the rendered bytes once more, and permit exactly them (R11).

    `scan` gets every string in the body, system prompt and each content block, but for the words of the
    protocol itself: the roles and the model's pinned name say nothing of anybody.
    """

    def body_of(shown: Prompt) -> bytes:
        return rendered(shown, model=model, max_tokens=max_tokens, stream=stream)

    def seen(shown: Prompt) -> Label:
        return scan(tuple(text for text in _texts(body_of(shown)) if text not in {model, *ROLES}))

    objection = _objection(prompt, permit)
    if objection is not None:
        return objection
    try:
        body = body_of(prompt)
    except UnicodeEncodeError:
        # Half a surrogate pair has no bytes; the error would carry the text.
        return _refused()
    for shown, reviewed in _renderings(prompt):
        refusal = _weighed(seen(shown), prompt, reviewed)
        if refusal is not None:
            return refusal
    digest = hashlib.sha256(body).hexdigest()
    return CloudPermit(body=body, sha256=digest, model=model, stream=stream, life=life, seal=_SEAL)


def _renderings(prompt: Prompt) -> Iterator[tuple[Prompt, tuple[Label, ...]]]:
    """Yield what is scanned, each with the labels whose reviews may excuse what is found there.

    Without any text that a reviewer lowered, everything must be harmless; with one of them, only that one's
    review counts, so that neither an unreviewed part nor another reviewed one passes by way of it; at last
    the prompt as it leaves.
    """
    lowered = {
        place: part.label
        for place, part in enumerate(prompt.parts)
        if part.origin is Origin.CHUNK and part.label is not None and part.label.lowered
    }
    if lowered:
        yield _without(prompt, lowered.keys()), ()
    if len(lowered) > 1:
        for place, label in lowered.items():
            yield _without(prompt, lowered.keys() - {place}), (label,)
    yield prompt, tuple(lowered.values())


def _without(prompt: Prompt, places: Collection[int]) -> Prompt:
    """Return the prompt with the texts at these places left blank."""
    return Prompt(
        parts=tuple(replace(part, text="") if place in places else part for place, part in enumerate(prompt.parts))
    )


def _weighed(found: Label, prompt: Prompt, reviewed: Sequence[Label]) -> Deny | None:
    """Say why what the scan found stops the prompt, if it does: only what a reviewer dismissed there is excused."""
    dismissed = frozenset[Category]().union(*(label.dismissed for label in reviewed))
    doubts = any(label.doubts_dismissed for label in reviewed)
    left = effective(found, Review(dismissed=dismissed, doubts_dismissed=doubts))
    if not left.harmless:
        return _refused(*sorted(left.categories))
    if any(part.label is None or part.label.labeller_version != found.labeller_version for part in prompt.parts):
        return Deny(reasons=(Reason(cause=Cause.STALE_LABEL),))
    return None


def _objection(prompt: Prompt, permit: Permit) -> Deny | None:
    """Say why this prompt gets no bytes, whatever the scan would say: a Permit may have been made for another."""
    if not prompt.parts:
        return Deny(reasons=(Reason(cause=Cause.NOTHING_LABELLED),))
    if permit.route is not Route.CLOUD or any(label is None or not label.harmless for label in prompt.labels()):
        return _refused()
    return None


def _refused(*categories: Category) -> Deny:
    return Deny(reasons=(Reason(cause=Cause.EGRESS_SCAN, categories=categories),))


def rendered(prompt: Prompt, *, model: str, max_tokens: int, stream: bool) -> bytes:
    """Return the body of one Messages API request, as canonical UTF-8 JSON."""
    request: dict[str, object] = {
        "model": model,
        "max_tokens": max_tokens,
        "system": prompt.instructions(),
        "messages": [{"role": turn.role, "content": turn.text} for turn in prompt.messages()],
        "stream": stream,
    }
    return json.dumps(request, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _texts(body: bytes) -> Iterator[str]:
    """Yield every string value in the bytes that leave, read back from the bytes themselves."""
    pending: list[object] = [json.loads(body)]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
