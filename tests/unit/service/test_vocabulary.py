"""The vocabulary and the code say the same: whoever logs something new adds it here, on purpose (R54)."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from ingestion.errors import Unreadable
from ingestion.labelling.labeller import shipped_detectors
from service.drift import Direction
from service.errors import Failure
from service.policy.failing import Setback
from service.policy.output import Cause as StopCause
from service.policy.prompt import Origin
from service.policy.providers import Attestation
from service.policy.routing import Cause, Route
from service.ports import DocumentState, JobKind, JobState, Priority, Stage
from service.refusing.refusals import CONTENT, EXTERNAL_ID
from service.vocabulary import DETECTORS, EVENTS, KEYS, LABELS, SPANS

ROOT = Path(__file__).resolve().parents[3]
_METHODS = {"debug", "info", "warning", "error", "critical", "exception"}
_LOGGERS = {"_log", "_LOG"}
_BY_THE_SCRUBBER = {"unlisted_event", "foreign_message"}
_COMPOSED = {"detector_failed", "detector_missing", "detector_timed_out"}
"""`guarding.Guard.report` puts them together from the three ways in which a detector does not answer."""
_BY_STRUCTLOG = {"exc_info"}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for package in ("service", "workers", "ingestion"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "training" in path.parts:
                continue  # run by hand, on texts that are published with it
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in _METHODS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in _LOGGERS
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_event_that_the_code_tells_is_listed_and_no_other() -> None:
    told = {
        call.args[0].value: where
        for where, call in _calls()
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }
    missing = {event: where for event, where in told.items() if event not in EVENTS}
    assert missing == {}, "add them to service.vocabulary.EVENTS; until then they are logged as unlisted_event"
    assert EVENTS - told.keys() - _BY_THE_SCRUBBER - _COMPOSED == set(), "nothing tells them any more"


def test_every_event_is_a_literal() -> None:
    """A name that is put together may hold anything."""
    composed = [where for where, call in _calls() if not isinstance(call.args[0], ast.Constant)]
    assert [where.partition(":")[0] for where in composed] == ["ingestion/labelling/guarding.py"]


def test_every_key_that_the_code_tells_is_listed() -> None:
    missing = {
        keyword.arg: where
        for where, call in _calls()
        for keyword in call.keywords
        if keyword.arg is not None and keyword.arg not in KEYS.keys() | _BY_STRUCTLOG
    }
    assert missing == {}, "add them to service.vocabulary.KEYS with the shape of their values"


def test_every_detector_is_known_by_name() -> None:
    assert {detector.name for detector in shipped_detectors()} <= set(DETECTORS)


_LABEL_VALUES: dict[str, Iterable[str]] = {
    "attestation": Attestation,
    "backend": ("anthropic", "vllm", "quotes", "none", "cloud", "local-1", "fast-1", "local-12"),
    "cause": (*Cause, *StopCause),
    "detector": tuple(detector.name for detector in shipped_detectors()),
    "direction": Direction,
    "how": (*Failure, "failed", "missing", "timed_out"),
    "kind": JobKind,
    "outcome": ("hit", "miss"),
    "path": ("unmatched",),
    "priority": Priority,
    "provider": ("anthropic", "anthropic-eu", "x", "a" * 63),
    "reason": (CONTENT, EXTERNAL_ID, *Setback, *Unreadable),
    "route": (*Route, "none"),
    "stage": Stage,
    "state": (*DocumentState, *JobState),
    "status": ("200", "404", "503"),
}


@pytest.mark.parametrize("name", _LABEL_VALUES)
def test_no_value_of_a_label_counts_as_another(name: str) -> None:
    assert [str(value) for value in _LABEL_VALUES[name] if not LABELS[name](str(value))] == []


def test_every_label_has_its_values_above() -> None:
    assert LABELS.keys() == _LABEL_VALUES.keys()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("attestation", Attestation),
        ("backend", ("cloud", "local-1", "fast-1", "anthropic", "vllm", "quotes", "none")),
        ("cause", Cause),
        ("direction", Direction),
        ("how", Failure),
        ("kind", JobKind),
        ("origin", Origin),
        ("route", Route),
    ],
)
def test_no_code_of_the_product_is_withheld_from_a_log_line(name: str, values: Iterable[str]) -> None:
    assert [str(value) for value in values if not KEYS[name](str(value))] == []


def test_every_span_and_its_keys_are_listed() -> None:
    spans, keys = set[str](), set[str]()
    for path in sorted((ROOT / "service").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name(id="traced" | "span") | ast.Attribute(attr="span" | "stage" | "whole_journey"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    spans.add(name)
                case ast.Call(func=ast.Name(id="note"), keywords=facts):
                    keys |= {fact.arg for fact in facts if fact.arg is not None}
    assert spans == SPANS
    assert keys <= KEYS.keys()
