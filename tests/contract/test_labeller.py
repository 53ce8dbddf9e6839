"""What every labeller promises: the twin in memory and the one that ships."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.labelling import RingfenceLabeller
from ingestion.sensitivity import Verdict
from service.adapters.memory.labelling import InMemoryLabeller
from service.ports.models import Labeller, Vectors

_DIMENSIONS = 384
_SHIPPED = RingfenceLabeller.shipped()
_TWIN = InMemoryLabeller()


@pytest.fixture(params=["memory", "shipped"])
def labeller(request: pytest.FixtureRequest) -> Labeller:
    """Return the twin, then the shipped labeller."""
    return _TWIN if request.param == "memory" else _SHIPPED


def some_vectors(count: int) -> Vectors:
    """Return vectors of norm 1, made without a model."""
    drawn = np.random.default_rng(1).normal(size=(count, _DIMENSIONS)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True) if count else drawn


def test_every_text_gets_one_label_of_the_current_version(labeller: Labeller) -> None:
    labels = labeller.label(["one", "two", "three"], some_vectors(3))

    assert len(labels) == 3
    assert {label.labeller_version for label in labels} == {labeller.version}


def test_no_texts_give_no_labels(labeller: Labeller) -> None:
    assert labeller.label([], some_vectors(0)) == ()
    assert labeller.label([], None) == ()


def test_without_vectors_nothing_is_harmless(labeller: Labeller) -> None:
    """R5: what was not examined is unknown."""
    (label,) = labeller.label(["The cafeteria opens at noon."], None)

    assert label.verdict is Verdict.UNKNOWN
    assert label.reasons == ("no_vector",)


def test_the_same_text_gets_the_same_label_twice(labeller: Labeller) -> None:
    texts = ["SECRET-PII call Maria Gonzalez", "The lift is out of order."]

    assert labeller.label(texts, some_vectors(2)) == labeller.label(texts, some_vectors(2))


@pytest.mark.parametrize("subject", [_TWIN, _SHIPPED], ids=["memory", "shipped"])
@settings(deadline=None, max_examples=150)
@given(text=st.text(max_size=300))
def test_any_text_is_labelled_without_an_error_and_findings_lie_inside_it(subject: Labeller, text: str) -> None:
    (label,) = subject.label([text], some_vectors(1))

    assert all(0 <= finding.start <= finding.end <= len(text) for finding in label.findings)
