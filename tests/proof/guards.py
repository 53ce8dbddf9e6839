"""Every guard, and how to take it away: the proof must notice each of them missing."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from ingestion.sensitivity import Label, Verdict
from service import retrieval
from service.labels import LabellerParts, Labels
from service.policy import egress, routing
from service.policy.access import Scope
from service.policy.routing import Route
from tests.proof.playing import play
from tests.proof.stage import a_stage

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard. `faults` are those under which it is the last one standing."""

    name: str
    taken_away: Callable[[Patch], None]
    faults: tuple[str, ...] = ()


def found_without(guard: Guard, parts: LabellerParts, *, seed: int, count: int) -> str:
    """Return the first violation that the proof finds without the guard, or nothing."""
    random = Random(seed)
    with pytest.MonkeyPatch.context() as patch, a_stage(random, parts) as stage:
        guard.taken_away(patch)
        record = play(stage, random, count=count, only=guard.faults, until_violated=True)
    return record.violations[0].what if record.violations else ""


def _routing_trusts_everything(patch: Patch) -> None:
    patch.setattr(routing, "_objections", lambda *_: ())
    _no_scan(patch)


def _no_scan(patch: Patch) -> None:
    """Have the scan of what leaves find nothing, and the last look at the labels of the parts, too."""
    patch.setattr(egress, "_weighed", lambda *_: None)
    patch.setattr(egress, "_objection", lambda *_: None)


def _scan_finds_nothing(patch: Patch) -> None:
    patch.setattr(egress, "_weighed", lambda *_: None)


def _unknown_is_harmless(patch: Patch) -> None:
    patch.setattr(Label, "harmless", property(lambda label: label.verdict is not Verdict.SENSITIVE))


def _stale_counts(patch: Patch) -> None:
    sound = routing._objection  # noqa: SLF001 - the guard that is taken away

    def blind(label: Label | None, origin: Any, version: str) -> Any:  # noqa: ANN401
        return sound(label, origin, label.labeller_version if label else version)

    patch.setattr(routing, "_objection", blind)
    _scan_finds_nothing(patch)


def _questions_are_not_labelled(patch: Patch) -> None:
    harmless = Label(verdict=Verdict.HARMLESS, labeller_version="", language="en")
    sound = Labels.of_question

    def blind(self: Labels, text: str, **named: Any) -> Any:  # noqa: ANN401
        from dataclasses import replace

        return replace(harmless, labeller_version=self.version), sound(self, text, **named)[1]

    patch.setattr(Labels, "of_question", blind)
    _scan_finds_nothing(patch)


def _history_is_forgotten(patch: Patch) -> None:
    from service.answering.planning import Planner
    from service.policy.prompt import Origin, Part

    def blind(self: Planner, turn: Any, _: Any) -> Part:  # noqa: ANN401
        label = Label(verdict=Verdict.HARMLESS, labeller_version=self.labels.version, language="en")
        return Part(origin=Origin.EARLIER_QUESTION, text=turn.text, label=label)

    patch.setattr(Planner, "_turn", blind)
    _scan_finds_nothing(patch)


def _no_second_look(patch: Patch) -> None:
    patch.setattr(retrieval, "_in_scope", lambda *_: True)


def _scope_sees_everything(patch: Patch) -> None:
    patch.setattr(Scope, "sees", lambda *_, **__: True)


def _decision_does_not_look_again(patch: Patch) -> None:
    from service.answering import asking

    patch.setattr(asking, "_is_raised", lambda _: False)


def _erased_is_sent(patch: Patch) -> None:
    from service.answering import asking

    patch.setattr(asking, "_sources", lambda *_: ())


GUARDS = (
    Guard(name="routing by the labels of the parts (and the scan)", taken_away=_routing_trusts_everything),
    Guard(name="the scan of the bytes that leave", taken_away=_scan_finds_nothing, faults=("label forged in SQL",)),
    Guard(name="unknown is sensitive", taken_away=_unknown_is_harmless, faults=("labeller down",)),
    Guard(name="stale is sensitive (and the scan)", taken_away=_stale_counts, faults=("stale labels",)),
    Guard(name="labels of questions (and the scan)", taken_away=_questions_are_not_labelled),
    Guard(name="labels of earlier turns (and the scan)", taken_away=_history_is_forgotten),
    Guard(name="the second look in SQL", taken_away=_no_second_look, faults=("payload edited by hand",)),
    Guard(name="the scope", taken_away=_scope_sees_everything),
    Guard(name="a last look at reviews", taken_away=_decision_does_not_look_again, faults=("raised while planning",)),
    Guard(name="a last look at tombstones", taken_away=_erased_is_sent, faults=("erased while planning",)),
)
_ = Route
