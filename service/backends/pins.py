"""What a local model is pinned to beyond its name, and whether a server still is that (R17)."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import Failure, SettingsError

_FEWEST_TOKENS = 4
_LEAST_TOLERANCE = 0.02
_NOISE_FACTOR = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a server said to the fixed question at temperature 0: its tokens, the log-probability of each.

    `fingerprint` is the server's own hash of its configuration (vLLM's `system_fingerprint`, which changes with
    quantisation, data type, revision, path and version), where it tells one.
    """

    tokens: tuple[str, ...]
    logprobs: tuple[float, ...]
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPin:
    """One model as it was pinned. `quantisation` is the operator's word, bound here to what can be measured.

    `tolerance` bounds the mean difference of the log-probabilities: what other work on the same server changed
    while it was pinned, twice.
    """

    model: str
    quantisation: str
    fingerprints: tuple[str, ...]
    tokens: tuple[str, ...]
    logprobs: tuple[float, ...]
    tolerance: float

    @classmethod
    def of(cls, model: str, quantisation: str, samples: Sequence[Sample]) -> "ModelPin":
        """Return the pin of what all samples agree on. Raises SettingsError where they do not agree enough."""
        first = samples[0]
        agreed = _in_common([sample.tokens for sample in samples])
        if agreed < _FEWEST_TOKENS:
            message = "the servers do not say the same to the same question, so they cannot be pinned together"
            raise SettingsError(message)
        noise = max(_apart(sample.logprobs[:agreed], first.logprobs[:agreed]) for sample in samples)
        return cls(
            model=model,
            quantisation=quantisation,
            fingerprints=tuple(sorted({sample.fingerprint for sample in samples if sample.fingerprint})),
            tokens=first.tokens[:agreed],
            logprobs=first.logprobs[:agreed],
            tolerance=max(_LEAST_TOLERANCE, _NOISE_FACTOR * noise),
        )

    def failure(self, sample: Sample) -> Failure | None:
        """Return how this sample shows another model than the pinned one, or None."""
        if not self.covers(sample.fingerprint):
            return Failure.WRONG_CONFIGURATION
        agreed = len(self.tokens)
        if sample.tokens[:agreed] != self.tokens or len(sample.logprobs) < agreed:
            return Failure.DRIFTED
        return Failure.DRIFTED if _apart(sample.logprobs[:agreed], self.logprobs) > self.tolerance else None

    def covers(self, fingerprint: str | None) -> bool:
        """Whether an answer with this fingerprint came from a pinned configuration; any, where none is pinned."""
        return not self.fingerprints or fingerprint in self.fingerprints

    def evidence(self, fingerprint: str | None) -> str:
        """Return what an answer says of the configuration that made it."""
        return f"{self.quantisation} {fingerprint}" if fingerprint else self.quantisation


def _in_common(answers: Sequence[tuple[str, ...]]) -> int:
    """Return how many tokens all answers begin with."""
    return next(
        (place for place, tokens in enumerate(zip(*answers, strict=False)) if len(set(tokens)) > 1),
        min(map(len, answers)),
    )


def _apart(some: Sequence[float], others: Sequence[float]) -> float:
    """Return the mean absolute difference."""
    return sum(abs(one - other) for one, other in zip(some, others, strict=True)) / len(some)
