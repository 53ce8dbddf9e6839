"""What a redacted prompt hides may leave only as it was when it was hidden (R14, R6)."""

from dataclasses import replace

from ingestion.sensitivity import Category
from service.answering import Question
from service.answering.redacting import not_hidden, ordinary
from tests.assembled import a_world, redacting


def test_a_source_whose_label_is_another_one_now_is_not_hidden() -> None:
    world = redacting(a_world(), Category.PII)
    who, _ = world.person("acme")
    document = world.uploaded(who, "Visitors park in the garage. Ask SECRET-PII for a permit.")
    hits = world.product.answering.planner.plan(who, Question(text="Where do visitors park?"), stream=False).hits
    with world.database.transaction(who.tenant_id) as transaction:
        (chunk,) = transaction.chunks.of(document.id)
        raised = replace(chunk, label=chunk.label.raised_to({Category.PHI}))
        elsewhere = replace(chunk, ordinal=7)
        assert list(not_hidden(transaction, hits, [chunk])) == []
        assert list(not_hidden(transaction, hits, [raised, elsewhere])) == [raised, elsewhere]


def test_words_that_tell_of_nobody_are_ordinary() -> None:
    assert [ordinary(word) for word in ("house", "doctor", "sommerfeld", "wieczorek")] == [True, True, False, False]
