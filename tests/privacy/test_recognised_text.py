"""Text that OCR read, or whose encoding was guessed, is never proved harmless: it may not be what was written (R5).

OCR reads `DE02` as `DEO2` with full confidence, and a check digit that no longer fits finds nothing.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.document import Remark
from ingestion.reviewing import Review
from ingestion.sensitivity import Category, Label, Verdict
from service.chunks import relabelled
from tests.records import a_chunk, a_document, a_tenant

HARMLESS = Label(verdict=Verdict.HARMLESS, labeller_version="v1")
DOUBTFUL = [remark for remark in Remark if remark.doubtful]


@pytest.mark.parametrize("remark", DOUBTFUL)
def test_what_a_labeller_finds_harmless_stays_local_where_the_text_is_in_doubt(remark: Remark) -> None:
    record = replace(a_document(a_tenant().id), declared=frozenset(), remarks=frozenset({remark}))
    chunk = relabelled(a_chunk(record.id, 0), HARMLESS, record, None)
    assert (chunk.label.verdict, chunk.label.reasons) == (Verdict.UNKNOWN, (remark.value,))
    again = relabelled(chunk, chunk.machine, record, None)
    assert again.label == chunk.label


@pytest.mark.parametrize("remark", DOUBTFUL)
def test_only_a_person_who_read_it_settles_that_doubt(remark: Remark) -> None:
    record = replace(a_document(a_tenant().id), declared=frozenset(), remarks=frozenset({remark}))
    found = Label(verdict=Verdict.SENSITIVE, labeller_version="v1", categories=frozenset({Category.PII}))
    dismissed = Review(dismissed=frozenset({Category.PII}))
    assert relabelled(a_chunk(record.id, 0), found, record, dismissed).label.verdict is Verdict.UNKNOWN
    settled = replace(dismissed, doubts_dismissed=True)
    assert relabelled(a_chunk(record.id, 0), found, record, settled).label.verdict is Verdict.HARMLESS


@given(st.sets(st.sampled_from(list(Remark))), st.sampled_from(list(Verdict)))
def test_a_remark_never_lowers_a_label(remarks: set[Remark], verdict: Verdict) -> None:
    record = replace(a_document(a_tenant().id), declared=frozenset())
    machine = Label(verdict=verdict, labeller_version="v1", reasons=() if verdict is Verdict.HARMLESS else ("x",))
    order = list(Verdict)
    plain = relabelled(a_chunk(record.id, 0), machine, record, None).label.verdict
    doubted = relabelled(
        a_chunk(record.id, 0), machine, replace(record, remarks=frozenset(remarks)), None
    ).label.verdict
    assert order.index(doubted) >= order.index(plain)
