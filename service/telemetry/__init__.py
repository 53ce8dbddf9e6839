"""What the product tells of itself: scrubbed logs and traces. Nothing that somebody said (R54)."""

from service.telemetry.logs import configure, warnings_only

__all__ = ["configure", "warnings_only"]
