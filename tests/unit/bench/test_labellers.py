"""The comparison of labellers: its baselines, and the block that it writes into a document."""

import pytest

from bench.labellers import BEGIN, END, RegexClassifier, replaced, unseen
from ingestion.labelling.training.shared_data import held_out
from ingestion.sensitivity import Category, Verdict
from service.evaluation.rows import RowFile
from tests.labelled_rows import a_row

PII, PCI = Category.PII, Category.PCI


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("Write to anna@example.org", {PII}),
        ("Call (212) 555-0123", {PII}),
        ("SSN 078-05-1120", {PII}),
        ("From 192.0.2.1", {PII}),
        ("Card 4111 1111 1111 1111", {PCI}),
        ("IBAN DE89 3704 0044 0532 0130 00", {PCI}),
        ("The garden opens at noon.", set()),
    ],
)
def test_the_six_expressions_find_what_they_are_for(text: str, categories: set[Category]) -> None:
    (said,) = RegexClassifier().predict([text])

    assert said.categories >= categories
    assert said.verdict is (Verdict.SENSITIVE if categories else Verdict.HARMLESS)


def test_the_block_between_the_comments_is_replaced_and_nothing_else() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    assert replaced(document, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert replaced(replaced(document, "new"), "new") == replaced(document, "new")


def test_rows_that_weights_were_trained_on_are_left_out() -> None:
    rows = tuple(a_row(f"pyg-language{number}-example-0") for number in range(40))

    ours = unseen(RowFile(name="code_pygments_examples", sha256="", rows=rows))
    others = unseen(RowFile(name="names", sha256="", rows=rows))

    assert 0 < len(ours.rows) < 40
    assert all(held_out(row.id) for row in ours.rows)
    assert others.rows == rows


@pytest.mark.parametrize("document", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"])
def test_a_document_without_the_comments_is_left_alone(document: str) -> None:
    with pytest.raises(ValueError, match="measured: begin"):
        replaced(document, "new")
