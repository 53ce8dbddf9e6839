"""A review overrides labels at its commit, keeps its reason, and is on record (R6)."""

from dataclasses import replace

import pytest

from ingestion.reviewing import Change
from ingestion.sensitivity import Category, Verdict
from service.auditing import pseudonym_of
from service.errors import ConflictError, InvalidRequestError, NotFoundError, NotPermittedError
from service.policy.access import DocumentId, Principal, Role
from service.ports import JobKind, JobState, ReviewReason
from service.reviewing import ChunkView, Reviewed, ReviewRequest
from tests.assembled import LearningLabeller, World, a_world
from tests.records import a_job

LONG = " ".join(f"Visitor number {number} parks in the garage." for number in range(120))
PII, PHI = Category.PII, Category.PHI


def a_request(*ordinals: int, note: str | None = None, **change: object) -> ReviewRequest:
    """Return a request for these chunks, or for all where none is named."""
    return ReviewRequest(
        ordinals=frozenset(ordinals) or None,
        change=Change(**change),  # type: ignore[arg-type]
        reason=ReviewReason.FALSE_POSITIVE,
        note=note,
    )


def dismissing(*categories: Category, note: str | None = None) -> ReviewRequest:
    return a_request(dismissed=frozenset(categories), note=note)


def adding(*categories: Category) -> ReviewRequest:
    return a_request(added=frozenset(categories))


def reviewed(world: World, who: Principal, document: DocumentId, request: ReviewRequest) -> Reviewed:
    return world.product.reviewing.review(who, document, request)


def shown(world: World, who: Principal, document: DocumentId) -> tuple[ChunkView, ...]:
    return world.product.reviewing.chunks(who, document, limit=200)


def test_a_dismissed_category_leaves_the_label_and_the_machines_own_stays_beside_it() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII and SECRET-PHI")
    result = reviewed(world, who, document.id, dismissing(PII))
    (chunk,) = shown(world, who, document.id)
    assert (chunk.label.categories, chunk.label.dismissed) == (frozenset({PHI}), frozenset({PII}))
    assert {finding.category for finding in chunk.label.findings} == {PHI}
    assert chunk.machine.categories == {PII, PHI}
    assert (result.changed, result.labels) == ((0,), {"sensitive": 1, "PHI": 1})
    assert world.product.documents.get(who, document.id).labels == result.labels


def test_a_review_shows_who_said_what_and_why() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    reviewed(world, who, document.id, dismissing(PII, note="A public register."))
    (chunk,) = shown(world, who, document.id)
    assert chunk.review
    assert (chunk.review.note, chunk.review.reason) == ("A public register.", ReviewReason.FALSE_POSITIVE)
    assert (chunk.review.reviewed_by, chunk.review.labeller_version) == (who.key_id, world.labeller.version)


def test_the_audit_tells_the_override_and_not_the_note() -> None:
    """R50: in the same transaction; never content."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    reviewed(world, who, document.id, dismissing(PII, note="canary"))
    with world.database.transaction(who.tenant_id) as transaction:
        (entry,) = transaction.audit.page(limit=5, action="label_reviewed")
    assert entry.actor == pseudonym_of(world.keys, who.tenant_id, who.key_id)
    assert entry.subject == document.id
    assert entry.facts == {
        "ordinal": 0,
        "reason": "false_positive",
        "labeller": world.labeller.version,
        "before": {"verdict": "sensitive", "categories": ["PII"], "dismissed": [], "doubts_dismissed": False},
        "after": {"verdict": "harmless", "categories": [], "dismissed": ["PII"], "doubts_dismissed": False},
    }


def test_the_note_is_stored_as_ciphertext_of_its_place() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    reviewed(world, who, document.id, dismissing(PII, note="canary"))
    with world.database.transaction(who.tenant_id) as transaction:
        (kept,) = transaction.reviews.of(document.id)
    assert kept.note
    assert b"canary" not in bytes(kept.note)


def test_one_call_reviews_every_chunk_that_it_concerns() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{LONG} SECRET-PII")
    chunks = shown(world, who, document.id)
    assert len(chunks) > 2
    result = reviewed(world, who, document.id, dismissing(PII))
    concerned = tuple(chunk.ordinal for chunk in chunks if PII in chunk.label.categories)
    assert 0 < len(concerned) < len(chunks)
    assert result.changed == concerned
    assert reviewed(world, who, document.id, adding(PHI)).changed == tuple(chunk.ordinal for chunk in chunks)


def test_only_the_chunks_that_are_named_change() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, LONG)
    reviewed(world, who, document.id, a_request(1, added=frozenset({PHI})))
    verdicts = [chunk.label.verdict for chunk in shown(world, who, document.id)]
    assert verdicts == [Verdict.HARMLESS, Verdict.SENSITIVE, *[Verdict.HARMLESS] * (len(verdicts) - 2)]


def test_saying_the_same_again_changes_nothing_and_leaves_no_trace() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    reviewed(world, who, document.id, dismissing(PII))
    again = reviewed(world, who, document.id, dismissing(PII))
    assert (again.changed, again.job) == ((), None)
    assert len(world.audited(who.tenant_id, "label_reviewed")) == 1


def test_adding_brings_back_what_was_dismissed() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    reviewed(world, who, document.id, dismissing(PII))
    reviewed(world, who, document.id, adding(PII))
    (chunk,) = shown(world, who, document.id)
    assert (chunk.label.verdict, chunk.label.dismissed) == (Verdict.SENSITIVE, frozenset())


def test_doubts_can_be_dismissed_and_taken_up_again() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-UNKNOWN")
    verdicts = []
    for dismissed in (True, False):
        reviewed(world, who, document.id, a_request(doubts_dismissed=dismissed))
        verdicts.append(shown(world, who, document.id)[0].label.verdict)
    assert verdicts == [Verdict.HARMLESS, Verdict.UNKNOWN]


def test_what_another_labeller_version_doubts_is_a_new_question() -> None:
    """R5, R6: who dismissed the doubts of one version has not read those of the next."""
    labeller = LearningLabeller()
    world = a_world(labeller=labeller)
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-UNKNOWN")
    reviewed(world, who, document.id, a_request(doubts_dismissed=True))
    labeller.learn()
    world.product.jobs.sweep()
    world.work()
    verdicts = [shown(world, who, document.id)[0].label.verdict]
    for change in (adding(PHI), dismissing(PHI), a_request(doubts_dismissed=True)):
        reviewed(world, who, document.id, change)
        verdicts.append(shown(world, who, document.id)[0].label.verdict)
    assert verdicts == [Verdict.UNKNOWN, Verdict.SENSITIVE, Verdict.UNKNOWN, Verdict.HARMLESS]


def test_what_was_declared_at_upload_cannot_be_dismissed() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII", declared=frozenset({PII}))
    with pytest.raises(ConflictError, match="declared"):
        reviewed(world, who, document.id, dismissing(PII))
    assert shown(world, who, document.id)[0].label.categories == {PII}


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.DATA_OWNER, Role.ADMIN])
def test_whoever_may_hand_in_may_raise(role: Role) -> None:
    world = a_world()
    admin, _ = world.person("acme")
    document = world.uploaded(admin, "A text.")
    who, _ = world.person("acme", role)
    assert reviewed(world, who, document.id, adding(PHI)).changed == (0,)


@pytest.mark.parametrize("request_", [dismissing(PII), a_request(doubts_dismissed=True)], ids=["category", "doubts"])
@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.OPERATOR, Role.AUDITOR])
def test_lowering_needs_a_data_owner_or_an_admin(role: Role, request_: ReviewRequest) -> None:
    world = a_world()
    admin, _ = world.person("acme")
    document = world.uploaded(admin, "SECRET-PII SECRET-UNKNOWN")
    who, _ = world.person("acme", role)
    with pytest.raises(NotPermittedError):
        reviewed(world, who, document.id, request_)
    with pytest.raises(NotPermittedError):
        reviewed(world, who, document.id, replace(request_, change=replace(request_.change, added=frozenset({PHI}))))
    assert shown(world, admin, document.id)[0].review is None


@pytest.mark.parametrize(
    "request_",
    [
        a_request(),
        a_request(dismissed=frozenset({PII}), added=frozenset({PII})),
        replace(adding(PHI), ordinals=frozenset()),
        a_request(1, added=frozenset({PHI})),
        replace(adding(PHI), note="x" * 2_001),
        replace(adding(PHI), note="\x00"),
    ],
    ids=["nothing", "both", "no chunk", "absent chunk", "long note", "NUL"],
)
def test_a_request_that_cannot_be_meant_is_refused(request_: ReviewRequest) -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    with pytest.raises(InvalidRequestError):
        reviewed(world, who, document.id, request_)
    assert world.audited(who.tenant_id, "label_reviewed") == []


def test_a_document_that_is_not_ready_has_no_labels_to_review() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "MZ\x00\x01", file_name="program.exe")
    with pytest.raises(ConflictError):
        reviewed(world, who, document.id, adding(PHI))


def test_who_may_not_ask_sees_labels_and_neither_text_nor_note() -> None:
    world = a_world()
    admin, _ = world.person("acme")
    document = world.uploaded(admin, "SECRET-PII")
    reviewed(world, admin, document.id, dismissing(PII, note="canary"))
    for role, sees in [(Role.OPERATOR, False), (Role.AUDITOR, False), (Role.READER, True)]:
        who, _ = world.person("acme", role)
        (chunk,) = shown(world, who, document.id)
        assert chunk.review
        assert (chunk.text is not None, chunk.review.note is not None) == (sees, sees)


def test_the_index_learns_of_a_review_from_a_job() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "Visitors SECRET-PII park in the garage.")
    reviewed(world, who, document.id, dismissing(PII))
    search = world.product.searching.search
    assert search(who, "Visitors park", limit=5, harmless_only=True) == ()
    world.work()
    assert [hit.document_id for hit in search(who, "Visitors park", limit=5, harmless_only=True)] == [document.id]


def test_what_a_review_raises_is_kept_back_before_the_index_knows() -> None:
    """R21, R30: SQL has the last word."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "Visitors park in the garage.")
    reviewed(world, who, document.id, adding(PHI))
    assert world.product.searching.search(who, "Visitors park", limit=5, harmless_only=True) == ()


def test_a_second_review_waits_for_the_job_of_the_first() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    jobs = [reviewed(world, who, document.id, one).job for one in (dismissing(PII), adding(PHI))]
    assert jobs[0] == jobs[1]
    world.work()
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.jobs.open(JobKind.RELABEL) == ()
    assert jobs[0]
    assert world.product.jobs.get(who, jobs[0].id).state is JobState.SUCCEEDED


def test_erasing_a_document_takes_its_reviews_along() -> None:
    """R41."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    reviewed(world, who, document.id, dismissing(PII, note="canary"))
    assert world.product.erasure.remains(who.tenant_id, document.id).found("documents", "chunks", "reviews") == 3
    world.product.erasure.request(who, document.id)
    world.work()
    assert world.product.erasure.remains(who.tenant_id, document.id).nothing
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.reviews.of(document.id) == ()
    with pytest.raises(NotFoundError):
        shown(world, who, document.id)


def test_what_replaces_a_document_does_not_inherit_its_reviews() -> None:
    world = a_world()
    who, _ = world.person("acme")
    old = world.uploaded(who, "SECRET-PII", external_id="e")
    reviewed(world, who, old.id, dismissing(PII))
    new = world.uploaded(who, "SECRET-PII, once more", external_id="e")
    (chunk,) = shown(world, who, new.id)
    assert (chunk.label.verdict, chunk.review) == (Verdict.SENSITIVE, None)


def test_a_document_that_is_read_in_anew_has_no_reviews() -> None:
    """Its chunks may be cut at other places by then: an ordinal names another text."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    reviewed(world, who, document.id, dismissing(PII))
    job = a_job(who.tenant_id, document_id=document.id, created_at=world.clock.now())
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.jobs.add(job)
    world.product.ingestion.run(who.tenant_id, job.id)
    (chunk,) = shown(world, who, document.id)
    assert (chunk.label.verdict, chunk.review) == (Verdict.SENSITIVE, None)


def test_a_later_version_keeps_a_review_and_makes_what_it_finds_new_sensitive() -> None:
    world = a_world(labeller=(labeller := LearningLabeller()))
    who, _ = world.person("acme")
    document = world.uploaded(who, "SECRET-PII of visitors in the garage")
    reviewed(world, who, document.id, dismissing(PII, note="canary"))
    world.work()
    verdicts = []
    for word in ("", "garage"):
        labeller.learn(word, PHI)
        world.product.jobs.sweep()
        world.work()
        (chunk,) = shown(world, who, document.id)
        assert not chunk.stale
        assert chunk.review
        assert chunk.review.note == "canary"
        verdicts.append((chunk.label.verdict, chunk.label.categories))
    assert verdicts == [(Verdict.HARMLESS, frozenset()), (Verdict.SENSITIVE, frozenset({PHI}))]


def test_chunks_come_page_by_page() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, LONG)
    whole = shown(world, who, document.id)
    pages: list[ChunkView] = []
    after = None
    while page := world.product.reviewing.chunks(who, document.id, limit=2, after=after):
        pages += page
        after = page[-1].ordinal
    assert tuple(pages) == whole
