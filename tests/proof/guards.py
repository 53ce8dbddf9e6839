"""Every guard, and how to take it away: the proof must notice each of them missing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from ingestion.sensitivity import Label, Verdict
from service import retrieval
from service.answering import asking, redacting
from service.answering.planning import Planner
from service.conversations import Recollection
from service.labels import LabellerParts, Labels
from service.policy import egress, routing
from service.policy.access import Scope
from service.policy.egress import CloudPermit
from service.policy.output import OutputFilter
from service.policy.prompt import Origin, Part
from service.policy.terms import Agreement
from service.policy.tightening import DataClass
from tests.proof.playing import play
from tests.proof.stage import a_stage

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One guard. `faults` are those under which it is the last one standing; none: it is so without any."""

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
    patch.setattr(egress, "_objection", lambda *_, **__: None)
    _scan_finds_nothing(patch)


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
    sound = Labels.of_question

    def blind(self: Labels, text: str, **named: Any) -> Any:  # noqa: ANN401
        return _harmless(self.version), sound(self, text, **named)[1]

    patch.setattr(Labels, "of_question", blind)
    _scan_finds_nothing(patch)


def _callers_history_is_believed(patch: Patch) -> None:
    def blind(self: Planner, turn: Any, _: Any) -> Part:  # noqa: ANN401
        return Part(origin=Origin.EARLIER_QUESTION, text=turn.text, label=_harmless(self.labels.version))

    patch.setattr(Planner, "_turn", blind)
    _scan_finds_nothing(patch)


def _turns_are_not_weighed(patch: Patch) -> None:
    sound = Recollection.recall

    def blind(self: Recollection, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        context = sound(self, *arguments, **named)
        clean = _harmless(self.labels.version)
        turns = tuple(replace(turn, question_label=clean, answer_label=clean) for turn in context.turns)
        return replace(context, turns=turns)

    patch.setattr(Recollection, "recall", blind)
    patch.setattr(asking, "raised", lambda *_: ())
    _scan_finds_nothing(patch)


def _no_second_look(patch: Patch) -> None:
    patch.setattr(retrieval, "_in_scope", lambda *_: True)


def _scope_sees_everything(patch: Patch) -> None:
    patch.setattr(Scope, "sees", lambda *_, **__: True)


def _decision_does_not_look_again(patch: Patch) -> None:
    patch.setattr(asking, "raised", lambda *_: ())


def _erased_is_sent(patch: Patch) -> None:
    patch.setattr(asking, "held", lambda *_: {})


def _terms_are_not_read(patch: Patch) -> None:
    def blind(*_: Any, **__: Any) -> Agreement:  # noqa: ANN401
        return Agreement(
            provider="anybody", model="any", region="any", data=frozenset({DataClass.NON_SENSITIVE}), relied_on=()
        )

    patch.setattr(routing, "agreed", blind)
    patch.setattr(Planner, "lapsed", lambda *_: ())
    patch.setattr(egress, "_objection", lambda *_, **__: None)


def _terms_are_read_once(patch: Patch) -> None:
    patch.setattr(Planner, "lapsed", lambda *_: ())


def _permits_live_for_ever(patch: Patch) -> None:
    patch.setattr(CloudPermit, "alive", lambda *_: True)


def _anything_is_said(patch: Patch) -> None:
    patch.setattr(OutputFilter, "feed", lambda _, piece: piece)


def _placeholders_are_not_put_in(patch: Patch) -> None:
    sound = redacting._replaced  # noqa: SLF001 - the guard that is taken away

    def blind(prompt: Any, values: Any) -> Any:  # noqa: ANN401
        return {}, sound(prompt, values)[1]

    patch.setattr(redacting, "_replaced", blind)
    patch.setattr(redacting.Redactor, "_labelled", _as_if_harmless)
    _scan_finds_nothing(patch)


def _as_if_harmless(self: redacting.Redactor, prompt: Any, _: Any, __: Any) -> Any:  # noqa: ANN401
    clean = _harmless(self.labels.version)
    return replace(prompt, parts=tuple(replace(part, label=clean) for part in prompt.parts))


def _harmless(version: str) -> Label:
    return Label(verdict=Verdict.HARMLESS, labeller_version=version, language="en")


_BABBLES = ("local model babbles",)
GUARDS = (
    Guard(name="routing by the labels of the parts (and the scan)", taken_away=_routing_trusts_everything),
    Guard(name="the scan of the bytes that leave", taken_away=_scan_finds_nothing, faults=("label forged in SQL",)),
    Guard(name="unknown is sensitive", taken_away=_unknown_is_harmless, faults=("labeller down",)),
    Guard(name="stale is sensitive (and the scan)", taken_away=_stale_counts, faults=("stale labels",)),
    Guard(name="labels of questions (and the scan)", taken_away=_questions_are_not_labelled),
    Guard(name="what callers remember is unknown (and the scan)", taken_away=_callers_history_is_believed),
    Guard(name="earlier turns are weighed anew (and the scan)", taken_away=_turns_are_not_weighed),
    Guard(name="the second look in SQL", taken_away=_no_second_look, faults=("payload edited by hand",)),
    Guard(name="the scope", taken_away=_scope_sees_everything),
    Guard(name="a last look at labels", taken_away=_decision_does_not_look_again, faults=("raised while planning",)),
    Guard(name="a last look at tombstones", taken_away=_erased_is_sent, faults=("erased while planning",)),
    Guard(name="the provider's terms", taken_away=_terms_are_not_read, faults=("attestation expired",)),
    Guard(name="a last look at the terms", taken_away=_terms_are_read_once, faults=("terms end while planning",)),
    Guard(name="the short life of a permit", taken_away=_permits_live_for_ever, faults=("permit grows old",)),
    Guard(name="the output filter", taken_away=_anything_is_said, faults=_BABBLES),
    Guard(name="placeholders (and the scan)", taken_away=_placeholders_are_not_put_in),
)
