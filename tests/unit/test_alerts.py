"""The alert rules name metrics that exist, and fire when they should (R53, R64)."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from service import metrics
from service.vocabulary import EVENTS, LABELS

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = ROOT / "docs" / "operations"
_NAME = re.compile(r"ringfence_[a-z_]+")
_LABEL = re.compile(r"by \(([a-z, ]+)\)|\{([a-z]+)=")
_BY_PROMETHEUS = {"instance"}


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((OPERATIONS / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _exported() -> set[str]:
    return {name for names in REGISTRY._collector_to_names.values() for name in names}  # noqa: SLF001 - not listed elsewhere


def test_every_metric_of_a_rule_exists_under_this_very_name() -> None:
    assert metrics.OLDEST_JOB
    named = {name for rule in _rules() for name in _NAME.findall(rule["expr"])}
    assert named - _exported() == set()


def test_every_label_of_a_rule_exists() -> None:
    found = [match for rule in _rules() for match in _LABEL.findall(rule["expr"])]
    labels = {label.strip() for grouped, one in found for label in (grouped or one).split(",")}
    assert labels - _BY_PROMETHEUS <= LABELS.keys()


def test_every_rule_says_what_happened_and_what_to_do() -> None:
    for rule in _rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "action"}


def test_the_events_that_a_rule_tells_to_look_for_exist() -> None:
    told = {word for rule in _rules() for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", rule["annotations"]["action"])}
    assert told <= EVENTS
    assert told


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: apt-get install prometheus")
@pytest.mark.parametrize("what", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_the_rules_fire_when_they_should(what: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *what], cwd=OPERATIONS, check=False, capture_output=True, text=True)  # noqa: S607
    assert done.returncode == 0, done.stdout + done.stderr
