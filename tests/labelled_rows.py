"""Labelled rows and a classifier for tests: what the classifier says is written in the text."""

import json
from collections.abc import Sequence
from pathlib import Path

from ingestion.sensitivity import Category, Verdict
from service.evaluation.classifying import Cost, Prediction
from service.evaluation.rows import Kind, Row


def a_line(number: int = 1, **fields: object) -> dict[str, object]:
    """Return a row as a file holds it."""
    return {
        "id": f"row-{number}",
        "text": "The garden opens at noon.",
        "labels": ["NON_SENSITIVE"],
        "lang": "en",
        "source": "ours",
        "scored": ["PII"],
    } | fields


def a_file(path: Path, *lines: dict[str, object]) -> Path:
    """Write rows, one a line."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def a_row(  # noqa: PLR0913 - one argument per thing that a test varies
    identifier: str = "row-1",
    text: str = "",
    *,
    positive: Sequence[Category] = (),
    scored: Sequence[Category] = (Category.PII,),
    positive_kinds: Sequence[Kind] = (),
    scored_kinds: Sequence[Kind] = (),
    variant: str | None = None,
    language: str = "en",
) -> Row:
    """Return a checked row."""
    return Row(
        id=identifier,
        text=text,
        language=language,
        positive=frozenset(positive),
        scored=frozenset(scored),
        positive_kinds=frozenset(positive_kinds),
        scored_kinds=frozenset(scored_kinds),
        variant=variant,
    )


def a_prediction(verdict: Verdict = Verdict.HARMLESS, *categories: Category, kinds: Sequence[Kind] = ()) -> Prediction:
    """Return a prediction; categories make it sensitive."""
    known = Verdict.SENSITIVE if categories else verdict
    return Prediction(categories=frozenset(categories), kinds=frozenset(kinds), verdict=known)


class EchoClassifier:
    """Says of a text the categories and kinds that stand in it, or `unknown`; every text costs a second twice."""

    name = "echo"
    version = "1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    @property
    def cost(self) -> Cost:
        """One chunk, one second of labelling and two of embedding per text."""
        count = len(self.asked)
        return Cost(chunks=count, labelling_seconds=1.0 * count, embedding_seconds=2.0 * count)

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction per text."""
        self.asked += texts
        return [self._prediction(text.split()) for text in texts]

    @staticmethod
    def _prediction(words: Sequence[str]) -> Prediction:
        categories = [category for category in Category if category in words]
        kinds = [kind for kind in Kind if kind in words]
        return a_prediction(Verdict.UNKNOWN if "unknown" in words else Verdict.HARMLESS, *categories, kinds=kinds)
