"""Whichever part of the labeller fails or hangs, nothing leaves: at ingestion, at the egress, for a question (R5)."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from ingestion.document import Document, Page
from ingestion.labelling.detecting import Detector
from ingestion.labelling.guarding import Guard
from ingestion.labelling.heads import Judgement
from ingestion.labelling.labeller import RingfenceLabeller, shipped_detectors
from ingestion.labelling.normalising import Views
from ingestion.pipeline import Source, chunk_and_label
from ingestion.sensitivity import Finding, Verdict
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer
from service.adapters.memory.keeping import InMemoryKeyStore
from service.labels import Labels
from service.metrics import DETECTOR_FAILURES, detector_failed
from service.policy import egress, routing
from service.policy.access import TenantId
from service.policy.prompt import Origin
from service.policy.routing import Backends, Cause, Deny, Permit, Route
from service.remembering import LabelCache, RememberingLabellers
from tests.prompts import a_life, a_part, a_prompt, harmless
from tests.terms import an_agreement, some_terms
from tests.unit.ingestion.labelling.doubles import Calm, Quiet

_TENANT = TenantId(UUID(int=1))
_TEXT = "The cafeteria opens at noon and closes at two."
_NAMES = [detector.name for detector in shipped_detectors()]
_FAULTS = [(name, how) for name in (*_NAMES, "heads") for how in ("failed", "timed_out")]


@dataclass(slots=True)
class Faulty:
    """Stands in for one detector, or for the heads, and raises or hangs."""

    name: str
    how: str
    released: threading.Event = field(default_factory=threading.Event)

    def findings(self, views: Views) -> Iterable[Finding]:
        self._fail()
        assert views.original
        return ()

    def judge(self, texts: list[str], vectors: NDArray[np.float32]) -> list[tuple[Judgement, ...]]:
        assert len(texts) == len(vectors)
        self._fail()
        return []

    def _fail(self) -> None:
        if self.how == "failed":
            raise RuntimeError
        self.released.wait(30)


@pytest.fixture(params=_FAULTS, ids="-".join)
def fault(request: pytest.FixtureRequest) -> Iterable[Faulty]:
    """Return every part of the labeller in turn, raising, then hanging."""
    faulty = Faulty(*request.param)
    yield faulty
    faulty.released.set()


def broken(fault: Faulty) -> RingfenceLabeller:
    """Return the shipped labeller, one part of it exchanged for the faulty one.

    Beside one that hangs the others are quiet: on a busy machine they, too, might miss a deadline so short.
    """
    hangs = fault.how == "timed_out"
    detectors: tuple[Detector, ...] = tuple(
        fault if one.name == fault.name else Quiet(one.name) if hangs else one for one in shipped_detectors()
    )
    heads = fault if fault.name == "heads" else Calm()
    guard = Guard(seconds=0.5 if hangs else 60.0, grace=0.0, observer=detector_failed)
    return RingfenceLabeller(detectors, heads, version="labeller-1", guard=guard)


def labels_with(labeller: RingfenceLabeller) -> Labels:
    """Return the labels of questions and of what is about to leave."""
    labellers = RememberingLabellers(labeller=labeller, keys=InMemoryKeyStore(), cache=LabelCache(size=100, seconds=60))
    return Labels(embedder=InMemoryEmbedder(), tokenizer=InMemoryTokenizer(), labellers=labellers)


def test_without_a_fault_the_same_text_may_leave() -> None:
    labels = labels_with(RingfenceLabeller(shipped_detectors(), Calm(), version="labeller-1"))

    assert labels.of((_TEXT,), tenant_id=_TENANT).harmless


def test_a_question_stays_local_and_the_fault_is_counted(fault: Faulty) -> None:
    """R5, R10."""
    before = counted(fault)
    label, _ = labels_with(broken(fault)).of_question(_TEXT, tenant_id=_TENANT)
    asked = a_prompt()
    prompt = type(asked)(parts=(*asked.parts[:-1], a_part(Origin.QUESTION, _TEXT, label)))
    backends = Backends(cloud_configured=True, local_ready=True)
    permit = routing.route(prompt, labeller_version="labeller-1", backends=backends, terms=some_terms())

    assert label.reasons == (f"detector_{fault.how}:{fault.name}",)
    assert isinstance(permit, Permit)
    assert permit.route is Route.LOCAL
    assert counted(fault) == before + 1


def test_the_scan_at_the_egress_lets_nothing_out(fault: Faulty) -> None:
    """R5, R11: every label in the prompt is harmless, and still the bytes are not permitted."""
    scan = partial(labels_with(broken(fault)).of, tenant_id=_TENANT)
    permit = Permit(route=Route.CLOUD, reasons=(), agreement=an_agreement())
    prompt = a_prompt(_TEXT, (_TEXT,))
    minted = egress.mint(prompt, permit, model="model-1", max_tokens=64, stream=False, scan=scan, life=a_life())

    assert set(prompt.labels()) == {harmless()}
    assert isinstance(minted, Deny)
    assert minted.reasons[0].cause is Cause.EGRESS_SCAN


def test_ingested_chunks_are_unknown(fault: Faulty) -> None:
    """R5: a chunk that not every part could examine is stored as unknown, with the reason."""
    document = Document(text=_TEXT, pages=(Page(number=1, start=0, end=len(_TEXT)),), media_type="text/plain")
    ((chunk,),) = chunk_and_label(
        [Source(document=document, title="Opening hours", file_name="hours.txt")],
        tokenizer=InMemoryTokenizer(),
        embed=InMemoryEmbedder().embed,
        labeller=broken(fault),
    )

    assert chunk.label.verdict is Verdict.UNKNOWN
    assert chunk.label.reasons == (f"detector_{fault.how}:{fault.name}",)


def counted(fault: Faulty) -> float:
    """Return what operators see of this fault."""
    samples = next(iter(DETECTOR_FAILURES.collect())).samples
    wanted = {"detector": fault.name, "how": fault.how}
    return sum(one.value for one in samples if one.name.endswith("_total") and one.labels == wanted)
