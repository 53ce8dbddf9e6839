"""Pins what several servers of one model say now, alone and beside other work."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from service.adapters.vllm.client import VllmLocalModel
from service.backends.pins import ModelPin, Sample
from service.errors import SettingsError

_ALONE = 2
_TOGETHER = 4


def pinned(servers: Sequence[VllmLocalModel], quantisation: str) -> ModelPin:
    """Return the pin of these servers. Raises LocalModelUnavailableError, or SettingsError where one contradicts."""
    for server in servers:
        told = server.check.configuration()
        if told is not None and (told.quantization or "none").lower() != quantisation:
            message = f"a server of {server.name} says that its quantisation is {told.quantization or 'none'!r}"
            raise SettingsError(message)
    samples = [sample for server in servers for sample in _samples(server)]
    return ModelPin.of(servers[0].name, quantisation, samples)


def _samples(server: VllmLocalModel) -> list[Sample]:
    """Ask a few times alone and at once: a batch moves probabilities, and the pin must bear with that."""
    alone = [server.check.sample() for _ in range(_ALONE)]
    with ThreadPoolExecutor(_TOGETHER) as threads:
        together = threads.map(lambda _: server.check.sample(), range(_TOGETHER))
        return [*alone, *together]
