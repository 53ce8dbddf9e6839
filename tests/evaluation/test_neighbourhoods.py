"""What labelling beside neighbours costs on real pages: harmless chunks that are harmless no more."""

import json

import pytest

from ingestion.document import Document, Page
from ingestion.labelling.neighbourhood import passages_of
from ingestion.splitting import split
from service.adapters.sentence_transformers import PackagedTokenizer
from tests.evaluation.labelled import SHARED, embedded, labeller

_ROWS = 400
_ROWS_PER_DOCUMENT = 12


@pytest.mark.slow
@pytest.mark.parametrize("name", ["neg_handbook_en", "neg_handbook_fr"])
def test_a_harmless_handbook_stays_as_harmless_as_its_chunks_are_alone(name: str) -> None:
    """R1: the neighbourhood takes less than 3 % of the harmless chunks of a handbook, and no category at all."""
    alone_harmless = lost = 0
    for document in _documents(name):
        chunks = split(document, PackagedTokenizer("packaged"))
        texts = [chunk.text for chunk in chunks]
        vectors = embedded(texts)
        alone = labeller().label(texts, vectors)
        passages = passages_of(chunks, title="Handbook", file_name="handbook.txt")
        for by_itself, beside in zip(alone, labeller().label_passages(passages, vectors), strict=True):
            assert beside.categories >= by_itself.categories
            alone_harmless += by_itself.harmless
            lost += by_itself.harmless and not beside.harmless

    assert alone_harmless > 100
    assert lost / alone_harmless < 0.03


def _documents(name: str) -> list[Document]:
    path = SHARED / "labelled" / f"{name}.jsonl"
    if not path.exists():
        pytest.skip("the public labelled data lies beside the checkout and is absent here")
    rows = [json.loads(line)["text"].strip() for line in path.read_text(encoding="utf-8").strip().split("\n")][:_ROWS]
    texts = ["\n\n".join(rows[first : first + _ROWS_PER_DOCUMENT]) for first in range(0, len(rows), _ROWS_PER_DOCUMENT)]
    return [
        Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain") for text in texts
    ]
