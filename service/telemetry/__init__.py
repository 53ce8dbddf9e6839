"""What the product tells of itself: scrubbed logs and traces. Nothing that somebody said (R54)."""

from service.telemetry.logs import configure, warnings_only

__all__ = ["configure", "trace_to", "warnings_only"]


def trace_to(url: str) -> None:
    """Send this process's spans to this OTLP/HTTP address."""
    from service.telemetry import traces  # noqa: PLC0415 - half a second of imports, only where there are traces

    traces.trace_to(url)
