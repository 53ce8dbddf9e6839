"""What the product tells of itself: scrubbed logs and traces. Nothing that somebody said (R54)."""

from service.telemetry.logs import configure, warnings_only
from service.telemetry.traces import trace_to

__all__ = ["configure", "trace_to", "warnings_only"]
