"""Prometheus' metrics whose labels hold words of the vocabulary and nothing else, so that they stay few and silent."""

from typing import Self

import prometheus_client
from prometheus_client.metrics import MetricWrapperBase
from typing_extensions import override

from service.vocabulary import LABELS

OTHER = "other"
"""Stands for every value that the vocabulary does not have."""


class _Bounded(MetricWrapperBase):
    """Checks every value on its way into a label."""

    @override
    def labels(self, **values: object) -> Self:  # type: ignore[override]  # by name only
        """Return the series of these labels; a value that may not be told counts as another one."""
        return super().labels(**{name: _told(name, value) for name, value in values.items()})


class Counter(_Bounded, prometheus_client.Counter):
    """A number that only grows."""


class Total(Counter):
    """A counter that shows a total which is kept elsewhere."""

    def show(self, total: float) -> None:
        """Show this total."""
        self._value.set(total)


class Gauge(_Bounded, prometheus_client.Gauge):
    """A number as it is now."""


class Histogram(_Bounded, prometheus_client.Histogram):
    """How often a number was how large."""


def _told(name: str, value: object) -> str:
    shape = LABELS.get(name)
    return str(value) if shape is not None and shape(value) else OTHER
