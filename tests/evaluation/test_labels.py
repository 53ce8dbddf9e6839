"""Floors on public rows that no weight was trained on, though rules were tuned on some of them (R1, R3)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ingestion.sensitivity import Category
from tests.evaluation.labelled import labels_of, rates_of, rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a category must reach on a file; None where the file says nothing about it."""

    file: str
    category: Category
    rows: int
    recall: float | None = None
    kept: float | None = None
    false_positives: float | None = None


_FLOORS = (
    Floor(
        file="pii_pci_presidio_synth_v2", category=Category.PII, rows=300, recall=0.8, kept=0.87, false_positives=0.12
    ),
    Floor(
        file="pii_pci_presidio_synth_v2", category=Category.PCI, rows=300, recall=0.95, kept=0.95, false_positives=0.02
    ),
    Floor(file="pii_eds_pseudo_fr", category=Category.PII, rows=100, recall=0.83, kept=0.94),
    Floor(file="names_wikineural", category=Category.PII, rows=120, recall=0.8, kept=0.86, false_positives=0.42),
    Floor(file="phi_mts_dialog", category=Category.PHI, rows=120, recall=0.8, kept=0.94),
    Floor(file="code_pygments_examples", category=Category.TRADE_SECRET, rows=60, recall=0.88, kept=0.92),
    Floor(file="cred_credsweeper_samples", category=Category.TRADE_SECRET, rows=60, recall=0.82, kept=0.93),
    Floor(file="legal_enron_ucb", category=Category.LEGAL_PRIVILEGE, rows=120, kept=0.95, false_positives=0.1),
)


@pytest.mark.parametrize("floor", _FLOORS, ids=lambda floor: f"{floor.file}-{floor.category.value}")
def test_a_category_is_recognised_on_rows_that_no_weight_was_trained_on(
    floor: Floor, record_property: Callable[[str, object], None]
) -> None:
    rows = rows_of(floor.file, floor.rows)
    rates = rates_of(rows, labels_of([row.text for row in rows]), floor.category)

    table = f"n={len(rows)} recall={rates.recall:.3f} kept={rates.kept:.3f} false_positives={rates.false_positives:.3f}"
    record_property("scores", table)
    print(f"\n{floor.file} {floor.category.value} {table}")  # noqa: T201 - the table is what a person runs this for
    assert floor.recall is None or rates.recall >= floor.recall
    assert floor.kept is None or math.isnan(rates.kept) or rates.kept >= floor.kept
    assert floor.false_positives is None or rates.false_positives <= floor.false_positives


@pytest.mark.parametrize(
    ("file", "harmless"),
    [
        pytest.param("neg_handbook_en", 0.72, id="English technical prose"),
        pytest.param("neg_handbook_fr", 0.7, id="French technical prose"),
        pytest.param("neg_cranfield", 0.77, id="research abstracts"),
        pytest.param("neg_medline_abstracts", 0.5, id="published medicine"),
        pytest.param("neg_legal_spdx", 0.55, id="licences, many of which name a person"),
    ],
)
def test_harmless_text_usually_comes_out_harmless(
    file: str, harmless: float, record_property: Callable[[str, object], None]
) -> None:
    rows = rows_of(file, 60)
    labels = labels_of([row.text for row in rows])
    share = sum(label.harmless for label in labels) / len(labels)

    record_property("harmless", share)
    print(f"\n{file} n={len(rows)} harmless={share:.3f}")  # noqa: T201 - the table is what a person runs this for
    assert share >= harmless
    for category in (Category.PHI, Category.PCI, Category.LEGAL_PRIVILEGE):
        assert sum(category in label.categories for label in labels) <= 0.03 * len(labels)
