"""What a metric may hold: words of closed sets, so few series and nothing said (R54)."""

from datetime import UTC, datetime

import pytest
from litestar.testing import TestClient
from prometheus_client import REGISTRY, generate_latest

from service import bounded, metrics
from service.app import application
from service.policy.routing import Cause
from service.vocabulary import LABELS
from tests.assembled import a_world
from tests.evidence import logged

CANARY = "Zanzibarquartz"
_OURS = [
    collector
    for collector in REGISTRY._collector_to_names  # noqa: SLF001 - the registry lists its collectors nowhere else
    if any(name.startswith("ringfence_") for name in REGISTRY._collector_to_names[collector])  # noqa: SLF001
]


def test_every_metric_is_bounded_and_every_label_has_its_set() -> None:
    assert len(_OURS) >= 8
    for metric in _OURS:
        assert isinstance(metric, bounded.Counter | bounded.Gauge | bounded.Histogram), metric
        assert set(metric._labelnames) <= LABELS.keys(), "add the label to service.vocabulary.LABELS"  # noqa: SLF001


@pytest.mark.parametrize("name", sorted(LABELS))
def test_a_word_that_somebody_said_becomes_other(name: str) -> None:
    gauge = bounded.Gauge(f"test_{name}", "Made here.", [name], registry=None)
    gauge.labels(**{name: f"{CANARY} said"}).set(1)
    ((sample,),) = [one.samples for one in gauge.collect()]
    assert sample.labels == {name: bounded.OTHER}


def test_a_number_said_as_a_status_or_a_path_becomes_other() -> None:
    metrics.REQUESTS.labels(path=f"/v1/documents/{CANARY}", status="4111111111111111").observe(1)
    told = generate_latest().decode()
    assert CANARY not in told
    assert "4111111111111111" not in told
    assert 'path="other",status="other"' in told


def test_known_values_are_told() -> None:
    for cause in Cause:
        metrics.routed("local", [cause.value])
        assert REGISTRY.get_sample_value("ringfence_prompts_total", {"route": "local", "cause": cause.value})
    metrics.routed("local", [])
    assert REGISTRY.get_sample_value("ringfence_prompts_total", {"route": "local", "cause": bounded.OTHER})


def test_the_audit_tells_for_how_long_an_entry_has_waited_for_a_checkpoint() -> None:
    world = a_world()
    who, _ = world.person("acme")
    with TestClient(application(world.product, max_upload_bytes=1_000)) as http:
        world.product.auditing.sequence_all()
        assert "ringfence_audit_checkpoint_age_seconds 0.0" in http.get("/metrics").text
        logged(world, who)
        world.clock.advance(5_000)
        age = (world.clock.now() - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
        assert f"ringfence_audit_checkpoint_age_seconds {age}" in http.get("/metrics").text
        world.product.auditing.sequence_all()
        assert "ringfence_audit_checkpoint_age_seconds 0.0" in http.get("/metrics").text
