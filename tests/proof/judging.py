"""Judges every answer by what is known of the documents by construction, never by a label."""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from service.policy.routing import Route
from tests.proof.company import canaries, foreign_words
from tests.proof.stage import BOARD, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that must never happen, and where it did."""

    what: str
    tenant: str
    fault: str


@dataclass(slots=True)
class Record:
    """What the proof counts: answers by route and reason, faults met, violations."""

    routes: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    sent_bytes: int = 0
    violations: list[Violation] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One question's end as its asker saw it; without a route it was refused or broke off."""

    tenant: str
    fault: str
    text: str
    route: Route | None
    reason: str
    must_stay: bool
    sees_board: bool
    shown: frozenset[str]


def judge(stage: Stage, outcome: Outcome, sent: Sequence[bytes], record: Record) -> None:
    """Count an outcome, and hold what left and what was said against the truth."""
    record.routes[outcome.route.value if outcome.route else "refused", outcome.reason] += 1
    record.faults[outcome.fault] += 1
    record.requests += len(sent)
    record.sent_bytes += sum(map(len, sent))
    for what in (*_of_bytes(stage, outcome, sent), *_of_answer(stage, outcome)):
        record.violations.append(Violation(what=what, tenant=outcome.tenant, fault=outcome.fault))


def _of_bytes(stage: Stage, outcome: Outcome, sent: Sequence[bytes]) -> Iterator[str]:
    if sent and outcome.must_stay:
        yield "wrong route: a prompt that had to stay was sent"
    if outcome.route is Route.CLOUD and outcome.must_stay:
        yield "wrong route: an answer that had to be local says cloud"
    everything = canaries(tuple(stage.truth.values()))
    for whole in sent:
        if any(form in whole for word in everything for form in forms(word)):
            yield "canary bytes reached the cloud"
        if any(form in whole for word in foreign_words(outcome.tenant) for form in forms(word)):
            yield "a prompt held another tenant's words"


def _of_answer(stage: Stage, outcome: Outcome) -> Iterator[str]:
    if any(word in outcome.text for word in foreign_words(outcome.tenant)):
        yield "an answer held another tenant's words"
    secret = [word for one in stage.truth.values() if one.group == BOARD for word in one.canaries]
    if not outcome.sees_board and any(word in outcome.text for word in secret):
        yield "an answer held words of a group that the asker is not in"
    own = {str(one) for one, _ in stage.planted(outcome.tenant)}
    if not outcome.shown <= own:
        yield "a source was none of the tenant's documents"


def forms(word: str) -> frozenset[bytes]:
    """Return a text as it could lie in bytes: plain, escaped for JSON or a URL, base64, hex."""
    plain = word.encode()
    return frozenset(
        {
            plain,
            json.dumps(word)[1:-1].encode(),
            quote(word).encode(),
            base64.b64encode(plain).rstrip(b"="),
            plain.hex().encode(),
            word.encode("utf-16-le"),
        }
    )
