"""A run: any classifier, a limit, the clean rows it needs, and a report without a text in it."""

import msgspec

from ingestion.sensitivity import Category, Finding, Verdict
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer
from service.adapters.memory.labelling import InMemoryLabeller
from service.evaluation.classifying import Cost, RingfenceClassifier, kinds_of
from service.evaluation.rows import Kind, Row, RowFile
from service.evaluation.running import Spending, evaluate
from service.labels import LabellerParts
from tests.labelled_rows import EchoClassifier, a_row

PII = Category.PII
LABELS = LabellerParts(embedder=InMemoryEmbedder(), tokenizer=InMemoryTokenizer(), labeller=InMemoryLabeller())


def a_row_file(*rows: Row, name: str = "file") -> RowFile:
    return RowFile(name=name, sha256="0" * 64, rows=rows)


def test_every_row_is_measured_in_its_place_and_progress_is_told() -> None:
    rows = [a_row(f"row-{n}", "PII" if n % 2 else "", positive=[PII] if n % 2 else []) for n in range(100)]
    told: list[tuple[str, int]] = []

    report, misses = evaluate([a_row_file(*rows)], EchoClassifier(), told=lambda *what: told.append(what))

    (score,) = report.scores
    assert (score.recall.hits, score.recall.of, score.false_positives.hits) == (50, 50, 0)
    assert misses == []
    assert ({file for file, _ in told}, sum(count for _, count in told)) == ({"file"}, 100)


def test_cost_is_told_per_file_and_in_sum() -> None:
    files = [a_row_file(a_row("1"), name="one"), a_row_file(a_row("1"), a_row("2"), name="two")]

    report, _ = evaluate(files, EchoClassifier())

    assert [file.cost.labelling_seconds for file in report.files] == [1.0, 2.0]
    assert (report.cost.chunks, report.cost.labelling_seconds, report.cost.embedding_seconds) == (3, 3.0, 6.0)
    assert (report.cost.labelled_per_second, report.cost.embedded_per_second) == (1.0, 0.5)
    assert report.cost.labelling_to_embedding == 0.5


def test_a_classifier_without_embeddings_has_no_ratio() -> None:
    spent = Spending.of(Cost(chunks=3, labelling_seconds=1.5, embedding_seconds=0.0))

    assert (spent.labelled_per_second, spent.embedded_per_second, spent.labelling_to_embedding) == (2.0, None, None)


def test_clean_rows_beyond_the_limit_are_measured_for_the_ratio_and_for_nothing_else() -> None:
    """R4."""
    clean = [a_row(f"row-{n}", "PII", positive=[PII]) for n in range(30)]
    evaded = [a_row(f"row-{n}/hex", "", positive=[PII], variant="hex") for n in range(30)]

    report, _ = evaluate([a_row_file(*clean, name="a"), a_row_file(*evaded, name="b")], EchoClassifier(), limit=10)

    assert [file.measured for file in report.files] == [10, 10]
    assert [(one.clean.hits, one.evaded.hits, one.evaded.of) for one in report.evasion] == [(10, 0, 10)] * 2
    assert report.cost.chunks == 20


def test_a_report_holds_no_text_and_no_id() -> None:
    """R54."""
    rows = (a_row("canary-id", "canary words PII"), a_row("canary-id/hex", "canary", positive=[PII], variant="hex"))

    report, misses = evaluate([a_row_file(*rows)], EchoClassifier())

    assert b"canary" not in msgspec.json.encode(report)
    assert b"words" not in msgspec.json.encode(misses)


def test_the_products_classifier_takes_the_highest_chunk_of_a_text() -> None:
    text = "A word and another. " * 200

    predicted = RingfenceClassifier(LABELS).predict([f"SECRET-PII {text} SECRET-PHI", f"{text} SECRET-UNKNOWN", text])

    assert predicted[0].categories == {PII, Category.PHI}
    assert [one.verdict for one in predicted] == [Verdict.SENSITIVE, Verdict.UNKNOWN, Verdict.HARMLESS]


def test_the_products_classifier_counts_chunks_and_no_warming_up() -> None:
    classifier = RingfenceClassifier(LABELS)
    before = classifier.cost

    classifier.predict(["one", "two words"])

    assert (before.chunks, before.labelling_seconds, before.embedding_seconds) == (0, 0.0, 0.0)
    assert classifier.cost.chunks == 2
    assert classifier.version == "memory-1 on words-hashed/64"


def test_an_empty_text_is_unknown_and_stops_nothing() -> None:
    """R5."""
    (predicted,) = RingfenceClassifier(LABELS).predict([" "])

    assert predicted.verdict is Verdict.UNKNOWN


def test_kinds_are_told_by_the_detector_or_the_head_and_only_of_trade_secrets() -> None:
    def a_finding(kind: str, detector: str, category: Category = Category.TRADE_SECRET) -> Finding:
        return Finding(category=category, kind=kind, start=0, end=1, confidence=1, detector=detector)

    assert kinds_of([a_finding("github_token", "credentials")]) == {Kind.CREDENTIAL}
    assert kinds_of([a_finding("source_code", "heads")]) == {Kind.CODE}
    assert kinds_of([a_finding("business", "heads")]) == {Kind.BUSINESS}
    assert kinds_of([a_finding("confidentiality_marker", "markers")]) == {Kind.BUSINESS}
    assert kinds_of([a_finding("privilege_marker", "markers", Category.LEGAL_PRIVILEGE)]) == frozenset()


def test_nothing_is_classified_as_nothing() -> None:
    assert RingfenceClassifier(LABELS).predict([]) == []
