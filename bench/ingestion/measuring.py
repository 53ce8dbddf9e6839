"""What is counted while documents become ready: time by stage, texts embedded, memory."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter, process_time

import numpy as np
import psutil
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from typing_extensions import override

from service import tracing
from service.ports import Embedder, Vectors

_MB = 1 << 20
_NANO = 1e9


class CountingEmbedder:
    """An embedder that counts what it is given: texts that were known already do not come here."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.texts = 0
        self.seconds = 0.0

    @property
    def name(self) -> str:
        """The name of the one inside."""
        return self._inner.name

    @property
    def dimensions(self) -> int:
        """The dimensions of the one inside."""
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed as the one inside does."""
        began = perf_counter()
        try:
            return self._inner.embed(texts)
        finally:
            self.texts += len(texts)
            self.seconds += perf_counter() - began


class Stages(SpanProcessor):
    """Adds up how long each stage took, by its span."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.times: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    @classmethod
    def watching(cls) -> "Stages":
        """Return one that sees every span of this process from now on."""
        stages = cls()
        provider = TracerProvider()
        provider.add_span_processor(stages)
        tracing.use(provider.get_tracer("bench"))
        return stages

    @override
    def on_end(self, span: ReadableSpan) -> None:
        if span.start_time is None or span.end_time is None:
            return
        with self._lock:
            self.seconds[span.name] += (span.end_time - span.start_time) / _NANO
            self.times[span.name] += 1


@dataclass(slots=True, kw_only=True)
class Memory:
    """Resident memory over time, in MB: this process, and the largest that its parsers had together."""

    curve: list[tuple[int, float, float]] = field(default_factory=list)

    def note(self, documents: int) -> None:
        """Note the memory now, after so many documents."""
        worker = psutil.Process()
        parsers = sum(_resident(child) for child in worker.children(recursive=True) if _parses(child))
        self.curve.append((documents, worker.memory_info().rss / _MB, parsers))

    def slope(self) -> float:
        """Return by how many MB the worker grew per 1,000 documents in the second half."""
        half = self.curve[len(self.curve) // 2 :]
        if len(half) < 2:  # noqa: PLR2004 - a line needs two points
            return 0.0
        documents = np.array([point[0] for point in half], dtype=float)
        return float(np.polyfit(documents, [point[1] for point in half], 1)[0]) * 1_000


@dataclass(slots=True)
class Spent:
    """Seconds on the wall and of this process's processors."""

    wall: float = 0.0
    processor: float = 0.0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Add what passes inside."""
        began, worked = perf_counter(), process_time()
        try:
            yield
        finally:
            self.wall += perf_counter() - began
            self.processor += process_time() - worked


def _parses(process: psutil.Process) -> bool:
    try:
        return any("ingestion.parsing" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / _MB
    except psutil.Error:
        return 0.0
