"""Labels of questions and of what is about to leave: as strict as those of chunks (R10, R11)."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from typing_extensions import override

from ingestion.labelling.heads import KINDS, Judgement
from ingestion.labelling.labeller import RingfenceLabeller, shipped_detectors
from ingestion.passage import Passage
from ingestion.sensitivity import Category, Label, Verdict
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer
from service.adapters.memory.keeping import InMemoryKeyStore
from service.adapters.memory.labelling import InMemoryLabeller
from service.errors import PartUnavailableError
from service.labels import Labels, UnfailingLabeller
from service.policy.access import TenantId
from service.ports import Vectors
from service.remembering import LabelCache, RememberingLabellers

_TENANT = TenantId(UUID(int=1))


class Calm:
    """Heads that see nothing sensitive anywhere."""

    def judge(self, texts: list[str], vectors: NDArray[np.float32]) -> list[tuple[Judgement, ...]]:
        assert len(texts) == len(vectors)
        return [tuple(Judgement(kind=kind, probability=0.0, low=0.1, high=0.9) for kind in KINDS)] * len(texts)


def labels() -> Labels:
    """Return labels by the shipped detectors."""
    labellers = RememberingLabellers(
        labeller=RingfenceLabeller(shipped_detectors(), Calm()),
        keys=InMemoryKeyStore(),
        cache=LabelCache(size=1_000, seconds=60),
    )
    return Labels(embedder=InMemoryEmbedder(), tokenizer=InMemoryTokenizer(), labellers=labellers)


@pytest.mark.parametrize(
    "question", ["Who may open a personnel file?", "Where are the medical records kept?", "When do pay slips arrive?"]
)
def test_a_question_is_no_document_whose_first_line_marks_it(question: str) -> None:
    label, _ = labels().of_question(question, tenant_id=_TENANT)

    assert label.harmless


def test_a_marked_question_is_sensitive_all_the_same() -> None:
    label, _ = labels().of_question("Attorney-client privileged: may we settle?", tenant_id=_TENANT)

    assert label.categories == {Category.LEGAL_PRIVILEGE}


@pytest.mark.parametrize("words", range(236, 262))
def test_a_card_number_is_seen_wherever_a_long_text_is_cut(words: int) -> None:
    """R11: the scan at the egress reads across the borders of its pieces."""
    text = f"{'word ' * words}card number 4111 1111 1111 1111 {'word ' * 80}"
    label = labels().of((text,), tenant_id=_TENANT)

    assert label.verdict is Verdict.SENSITIVE
    assert Category.PCI in label.categories


def test_a_text_without_any_text_is_unknown() -> None:
    assert labels().of((" ", ""), tenant_id=_TENANT).reasons == ("made_from_nothing",)
    assert not labels().of_constant(" ").harmless


class Crashing(InMemoryLabeller):
    """A labeller that raises, with somebody's words in the error."""

    @override
    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        raise RuntimeError(passages[0].text)

    @override
    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        raise RuntimeError(texts[0])


class Broken(InMemoryEmbedder):
    """An embedder that raises."""

    @override
    def embed(self, texts: Sequence[str]) -> Vectors:
        raise RuntimeError(texts[0])


def test_what_a_crashing_labeller_was_asked_about_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """R5, R54: and the log says that it crashed, not about what."""
    unfailing = UnfailingLabeller(inner=Crashing())
    passages = (Passage(text="canary"), Passage(text="canary"))
    labels_given = [*unfailing.label(["canary"], None), *unfailing.label_passages(passages, None)]
    assert [label.verdict for label in labels_given] == [Verdict.UNKNOWN] * 3
    assert {label.reasons for label in labels_given} == {("detector_failed:labeller",)}
    assert len(unfailing.label_passages(passages, None, wanted=[1])) == 1
    assert "canary" not in capsys.readouterr().out


def test_without_vectors_nothing_is_harmless_and_no_question_is_searched_for() -> None:
    """R5, R12."""
    broken = replace(labels(), embedder=Broken())
    assert not broken.of(("The cafeteria opens at noon.",), tenant_id=_TENANT).harmless
    assert not broken.worked_out("The cafeteria opens at noon.").harmless
    with pytest.raises(PartUnavailableError):
        broken.of_question("When does the cafeteria open?", tenant_id=_TENANT)
