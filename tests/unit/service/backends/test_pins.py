"""A pin bears with the noise it was made in and with nothing else (R17)."""

import pytest

from service.backends.pins import ModelPin, Sample
from service.errors import Failure, SettingsError

TOKENS = ("Winter", ",", " spring", ",", " summer", ",", " autumn")
LOGPROBS = (-0.5, -0.1, -0.4, -0.2, -0.3, -0.1, -0.6)


def a_sample(*, moved: float = 0, tokens: tuple[str, ...] = TOKENS, fingerprint: str | None = "v-1") -> Sample:
    logprobs = tuple(value + moved for value in LOGPROBS)[: len(tokens)]
    return Sample(tokens=tokens, logprobs=logprobs, fingerprint=fingerprint)


def a_pin(*samples: Sample) -> ModelPin:
    return ModelPin.of("small", "fp8", samples or (a_sample(),))


def test_the_same_model_is_recognised() -> None:
    assert a_pin().failure(a_sample()) is None


@pytest.mark.parametrize(
    ("sample", "failure"),
    [
        (a_sample(fingerprint="v-2"), Failure.WRONG_CONFIGURATION),
        (a_sample(fingerprint=None), Failure.WRONG_CONFIGURATION),
        (a_sample(tokens=("Spring", *TOKENS[1:])), Failure.DRIFTED),
        (a_sample(tokens=TOKENS[:5]), Failure.DRIFTED),
        (a_sample(tokens=()), Failure.DRIFTED),
        (a_sample(moved=0.03), Failure.DRIFTED),
    ],
    ids=["another configuration", "no fingerprint any more", "other words", "fewer words", "none", "other weights"],
)
def test_anything_else_is_not(sample: Sample, failure: Failure) -> None:
    assert a_pin().failure(sample) is failure


def test_the_noise_of_other_work_that_was_seen_while_pinning_is_borne() -> None:
    pin = a_pin(a_sample(), a_sample(moved=0.03))
    assert pin.failure(a_sample(moved=0.05)) is None
    assert pin.failure(a_sample(moved=0.07)) is Failure.DRIFTED


def test_replicas_with_different_fingerprints_are_pinned_together() -> None:
    pin = a_pin(a_sample(fingerprint="tp1"), a_sample(fingerprint="tp2"))
    assert pin.fingerprints == ("tp1", "tp2")
    assert pin.failure(a_sample(fingerprint="tp2")) is None


def test_where_no_server_tells_a_fingerprint_words_and_probabilities_decide() -> None:
    pin = a_pin(a_sample(fingerprint=None))
    assert pin.failure(a_sample(fingerprint="whatever")) is None
    assert (pin.evidence(None), pin.evidence("x")) == ("fp8", "fp8 x")


def test_only_what_all_samples_say_is_pinned_and_too_little_is_refused() -> None:
    assert a_pin(a_sample(), a_sample(tokens=(*TOKENS[:5], "!", "!"))).tokens == TOKENS[:5]
    with pytest.raises(SettingsError):
        a_pin(a_sample(), a_sample(tokens=("Spring", *TOKENS[1:])))
