"""Where spans go: to the collector inside the building and nowhere else (R54)."""

import os
import subprocess
import sys
from pathlib import Path

from service.telemetry.traces import DirectSession
from tests.servers.collector import Collector, collecting

_PROGRAM = """
import sys
from service import telemetry, tracing
telemetry.trace_to(sys.argv[1])
with tracing.span("retrieve"):
    tracing.note(hits=2, answer="Zanzibarquartz")
"""


def _ran(collector: Collector, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-c", _PROGRAM, collector.url], check=True, timeout=60, env=os.environ | environment
    )


def test_spans_arrive_scrubbed(tmp_path: Path) -> None:
    with collecting(tmp_path / "here") as here:
        _ran(here)
        assert here.names() == ["retrieve"]
    assert not any(b"Zanzibarquartz" in path.read_bytes() for path in here.folder.iterdir())


def test_no_variable_of_the_environment_sends_them_elsewhere_or_adds_to_them(tmp_path: Path) -> None:
    with collecting(tmp_path / "here") as here, collecting(tmp_path / "elsewhere") as elsewhere:
        _ran(
            here,
            OTEL_EXPORTER_OTLP_ENDPOINT=elsewhere.url,
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=elsewhere.url,
            OTEL_RESOURCE_ATTRIBUTES="who=Zanzibarquartz",
            OTEL_SERVICE_NAME="Zanzibarquartz",
            http_proxy=elsewhere.url,
            HTTP_PROXY=elsewhere.url,
        )
        assert (here.names(), elsewhere.names()) == (["retrieve"], [])
    assert not any(b"Zanzibarquartz" in path.read_bytes() for path in here.folder.iterdir())


def test_a_collector_that_sends_them_on_is_not_followed(tmp_path: Path) -> None:
    with (
        collecting(tmp_path / "elsewhere") as elsewhere,
        collecting(tmp_path / "here", location=elsewhere.url) as here,
    ):
        DirectSession().post(here.url, data=b"")
        assert [len(list(one.folder.iterdir())) for one in (here, elsewhere)] == [1, 0]
