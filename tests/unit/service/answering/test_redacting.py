"""What a redacted prompt hides may leave only as it was when it was hidden (R14, R6)."""

from dataclasses import replace

from ingestion.sensitivity import Category
from service.answering import Question
from service.answering.redacting import not_hidden, ordinary
from service.policy.prompt import Origin, Prompt
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


def test_what_a_reviewer_dismissed_from_a_changed_part_still_needs_the_terms_of_its_category() -> None:
    """R15: the fresh label of the changed text knows of no review, and the labeller may see nothing in it alone."""
    world = redacting(a_world(), Category.PII)
    who, _ = world.person("acme")
    world.uploaded(who, "Visitors park in the garage. Ask SECRET-PII for a permit.")
    planner = world.product.answering.planner
    plan = planner.plan(who, Question(text="Where do visitors park?"), stream=False)
    reviewed = tuple(
        replace(part, label=replace(part.label, dismissed=frozenset({Category.PHI})))
        if part.origin is Origin.CHUNK and part.label
        else part
        for part in plan.prompt.parts
    )
    assert planner.redactor
    tried = planner.redactor.attempt(
        Prompt(parts=reviewed), plan.hits, tenant_id=who.tenant_id, allowed=frozenset({Category.PII})
    )
    assert tried
    assert tried.categories == {Category.PII, Category.PHI}


def test_words_that_tell_of_nobody_are_ordinary() -> None:
    assert [ordinary(word) for word in ("house", "doctor", "sommerfeld", "wieczorek")] == [True, True, False, False]
