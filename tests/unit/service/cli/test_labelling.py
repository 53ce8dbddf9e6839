"""The command `label` before a person and before a program."""

import json

import msgspec
import pytest

from ingestion.document import Document, Page
from ingestion.pipeline import Source
from ingestion.sensitivity import Label, highest
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer
from service.adapters.memory.labelling import InMemoryLabeller
from service.cli.labelling import Labelled, body_of, rendered
from service.evaluation.classifying import label_sources
from service.labels import LabellerParts

LABELS = LabellerParts(embedder=InMemoryEmbedder(), tokenizer=InMemoryTokenizer(), labeller=InMemoryLabeller())


def labelled(text: str) -> Labelled:
    document = Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain")
    (chunks,) = label_sources([Source(document=document, title="", file_name="note.txt")], LABELS)
    return Labelled(name="note.txt", document=document, chunks=chunks, label=highest(chunk.label for chunk in chunks))


def test_json_holds_every_label_exactly_as_it_is_stored_and_no_text() -> None:
    """R54."""
    found = labelled("The canary sings SECRET-PII. " * 100)

    body = json.loads(msgspec.json.encode(body_of(found)))

    assert len(body["chunks"]) > 1
    assert [msgspec.convert(one["label"], Label) for one in body["chunks"]] == [one.label for one in found.chunks]
    assert "canary" not in json.dumps(body)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nothing here.", "harmless[/] (may leave); categories: none; language: en"),
        ("A SECRET-PII here.", "sensitive[/] (stays in the building); categories: PII; language: en"),
        ("A SECRET-UNKNOWN here.", "unknown[/] (not proved harmless: stays in the building); categories: none"),
    ],
)
def test_a_person_reads_verdict_categories_and_language(text: str, words: str) -> None:
    told = [str(part) for part in rendered(labelled(text), reveal=False)]

    assert sum(words in line for line in told) == 2  # of the chunk, and in sum


def test_a_text_of_blanks_is_unknown_and_says_why() -> None:
    """R5."""
    lines = [str(part) for part in rendered(labelled("  \n "), reveal=False)]

    assert "[bold]note.txt[/]: chunks: 0, none" in lines
    assert "  why: There is no text to judge." in lines
