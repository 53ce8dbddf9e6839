"""Recall of locating on a made-up company: people by identifiers, and by inflected or abbreviated names (R40)."""

import pytest

from tests.evaluation.persons.company import SEED, company
from tests.evaluation.persons.measuring import IDENTIFIERS, Findings, measured

_DOCUMENTS = 150


@pytest.fixture(scope="module")
def findings() -> Findings:
    return measured(company(_DOCUMENTS))


def test_nearly_every_chunk_with_an_identifier_is_located(findings: Findings) -> None:
    assert findings.recall(IDENTIFIERS) >= 0.99


def test_chunks_with_a_name_in_any_form_are_located(findings: Findings) -> None:
    assert findings.recall(findings.names) >= 0.95


@pytest.mark.parametrize("kind", ["inflected", "abbreviated", "other spelling", "family alone", "broken line"])
def test_no_form_of_a_name_is_missed_more_than_the_others(findings: Findings, kind: str) -> None:
    assert findings.by_kind[kind].all >= 10
    assert findings.recall([kind]) >= 0.95


def test_what_is_told_as_certain_names_the_person(findings: Findings) -> None:
    """Namesakes, and names that are words, are among the documents."""
    assert findings.precision("identifiers") >= 0.98
    assert findings.precision("names") >= 0.95


def test_a_family_name_alone_is_told_as_possible(findings: Findings) -> None:
    alone = findings.by_kind["family alone"]
    assert alone.certain / alone.all <= 0.1


def test_the_index_by_itself_leads_to_most_names(findings: Findings) -> None:
    """What it misses, reading every text finds: the labeller looks for no staff numbers, for example."""
    plain = [findings.by_kind[kind] for kind in ("plain", "inflected", "abbreviated")]
    assert sum(one.indexed for one in plain) / sum(one.all for one in plain) >= 0.7


def test_the_company_is_the_same_for_the_same_seed() -> None:
    assert company(20, SEED).by_name == company(20, SEED).by_name
    assert [paper.mentions for paper in company(20).papers] == [paper.mentions for paper in company(20).papers]
    assert {paper.file_name.rpartition(".")[2] for paper in company(60).papers} >= {"txt", "docx", "xlsx", "csv", "eml"}
