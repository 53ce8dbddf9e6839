"""The dashboard shows numbers that exist, under the names and labels that they have (R64)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

from service import metrics
from service.vocabulary import LABELS

DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "operations" / "dashboard.json"
_NAME = re.compile(r"ringfence_[a-z_]+")
_LABEL = re.compile(r"by \(([a-z, ]+)\)|\{([a-z]+)=")
_SHOWN = re.compile(r"\{\{([a-z]+)\}\}")
_BY_PROMETHEUS = {"le"}
_NOT_SHOWN = {
    "ringfence_answers_total",  # as prompts, less those that were stopped
    "ringfence_answers_stopped_total",
    "ringfence_erased_resembled_total",
    "ringfence_erasures_due_soon",
    "ringfence_provider_attestation_days",
}


def _panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def _queries() -> Iterator[tuple[str, str]]:
    for panel in _panels():
        for target in panel["targets"]:
            yield target["expr"], target["legendFormat"]


def _exported() -> set[str]:
    names = {name for names in REGISTRY._collector_to_names.values() for name in names}  # noqa: SLF001 - not listed elsewhere
    return {name for name in names if name.startswith("ringfence_")}


def test_every_metric_that_is_shown_exists() -> None:
    assert metrics.OLDEST_JOB
    assert {name for query, _ in _queries() for name in _NAME.findall(query)} - _exported() == set()


def test_every_metric_that_exists_is_shown_or_left_out_on_purpose() -> None:
    shown = {name.removesuffix("_bucket") for query, _ in _queries() for name in _NAME.findall(query)}
    made = {name for name in _exported() if not name.endswith(("_created", "_bucket", "_count", "_sum"))}
    counters = {name for name in made if f"{name}_total" in made}
    assert made - counters - shown - _NOT_SHOWN == set()


def test_every_label_of_a_query_and_of_a_legend_exists() -> None:
    found = [match for query, _ in _queries() for match in _LABEL.findall(query)]
    labels = {label.strip() for grouped, one in found for label in (grouped or one).split(",")}
    legends = {label for _, legend in _queries() for label in _SHOWN.findall(legend)}
    assert (labels | legends) - _BY_PROMETHEUS - LABELS.keys() == set()


def test_every_panel_says_what_it_shows() -> None:
    assert [panel["title"] for panel in _panels() if len(panel["description"]) < 20] == []
    places = [tuple(panel["gridPos"].values()) for panel in _panels()]
    assert len(places) == len(set(places))
