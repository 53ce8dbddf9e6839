"""What was found in archives and messages: documents like any other, that go with what they were found in (R43, R61).

And the other way round: what holds an erased document, the file of the archive or message, goes with that document.
"""

import json
from collections import Counter
from dataclasses import replace

import pytest
from typing_extensions import override

from ingestion.parsing import Limits, parse
from ingestion.sensitivity import Category
from service.adapters.memory.keeping import InMemoryVault
from service.documents import Upload
from service.erasure.requests import Asked, Choice
from service.errors import ConflictError, HeldError, KeyDestroyedError, LeaseLostError, RefusedError
from service.holding import Cover
from service.ingesting import Nesting
from service.originals import counterpart
from service.policy.access import DocumentId, Principal, Role, TenantId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureReason, ErasureState, LeaveReason
from service.policy.retention import RetentionRule
from service.ports import DocumentState, ItemKind, JobKind, JobRecord, JobState, Priority
from tests.assembled import World, a_world
from tests.crashing import NOTHING, Left, settled
from tests.erasing import about, advanced, asked_for, items_of, located
from tests.families import a_mail, a_zip, by_title, handed_in, ids_of
from tests.unit.ingestion.parsing.test_attachments import encrypted
from tests.unit.service.retaining.test_retention import in_force

OFFER = "Ten chairs of oak for the office in Lyon, at four hundred each, delivered in May by the carrier."
PLAN = "The roof is repaired in June; until then everybody parks in the street behind the house."
NAMES = ("all.zip", "Offer", "offer.txt", "plans/plan.txt")
NESTED = a_zip({"mail.eml": a_mail({"offer.txt": OFFER.encode()}), "plans/plan.txt": PLAN})


class StuckVault(InMemoryVault):
    """Does not delete what lies at one place, and says nothing of it."""

    stuck: DocumentId | None = None

    @override
    def delete(self, *, tenant_id: TenantId, document_id: DocumentId) -> None:
        if document_id != self.stuck:
            super().delete(tenant_id=tenant_id, document_id=document_id)


def a_family(vault: InMemoryVault | None = None) -> tuple[World, Principal]:
    """Return a world with an archive in which there are a plan and a message, in which there is an offer."""
    world = a_world(vault=vault)
    who, _ = world.person("acme", Role.ADMIN, "sales")
    handed_in(world, who, NESTED, "all.zip", groups=frozenset({"sales"}), declared=frozenset({Category.TRADE_SECRET}))
    return world, who


def found(world: World, who: Principal, question: str) -> list[str]:
    return [hit.text for hit in world.product.searching.search(who, question, limit=5)]


def test_each_file_is_a_document_of_its_own_with_its_lineage() -> None:
    world, who = a_family()
    views = by_title(world, who)
    root, mail, offer, plan = (views[one] for one in ("all.zip", "Offer", "offer.txt", "plans/plan.txt"))
    assert {one.state for one in views.values()} == {DocumentState.READY}
    assert (root.chunk_count, root.media_type, root.parent_id) == (0, "application/zip", None)
    assert set(root.children) == {mail.id, plan.id}
    assert (mail.parent_id, mail.parent_title, mail.children) == (root.id, "all.zip", (offer.id,))
    assert (offer.parent_id, offer.parent_title, plan.file_name) == (mail.id, "Offer", "plan.txt")
    for one in views.values():
        assert (one.groups, one.declared, one.created_at) == (("sales",), (Category.TRADE_SECRET,), root.created_at)


def test_a_hit_tells_what_its_document_was_found_in() -> None:
    world, who = a_family()
    (hit,) = world.product.searching.search(who, OFFER, limit=1)
    assert (hit.title, hit.parent_title) == ("offer.txt", "Offer")


def test_a_file_that_cannot_be_taken_out_fails_as_a_document_of_its_own() -> None:
    world = a_world()
    who, _ = world.person("acme")
    root = handed_in(world, who, encrypted(a_zip({"secret.txt": "S.", "plan.txt": PLAN})), "a.zip")
    secret = by_title(world, who)["secret.txt"]
    assert (root.state, secret.state, secret.failure) == (DocumentState.READY, DocumentState.FAILED, "encrypted")
    jobs = {job.document_id: job for job in world.product.jobs.page(who, limit=10)}
    assert (jobs[secret.id].state, jobs[secret.id].failure) == (JobState.FAILED, "encrypted")
    settled(world)
    assert by_title(world, who)["secret.txt"].state is DocumentState.FAILED


def test_children_have_the_priority_of_what_they_were_found_in() -> None:
    world, who = a_family()
    assert {job.priority for job in world.product.jobs.page(who, limit=10)} == {Priority.INTERACTIVE}


def test_many_children_wait_with_the_bulk() -> None:
    """One archive that somebody waits for must not let everybody wait for a thousand files."""
    world = a_world()
    who, _ = world.person("acme")
    content = a_zip({f"{number}.txt": f"{PLAN} {number}" for number in range(60)})
    world.product.documents.register(who, Upload(content=content, file_name="many.zip"))
    world.work()
    jobs = world.product.jobs.page(who, limit=100)
    assert Counter(job.priority for job in jobs) == {Priority.BULK: 60, Priority.INTERACTIVE: 1}


def test_nesting_ends_with_a_reason() -> None:
    content = a_zip({"deepest.txt": PLAN})
    for depth in range(5):
        content = a_zip({f"{depth}.zip": content})
    world = a_world()
    who, _ = world.person("acme")
    handed_in(world, who, content, "root.zip")
    failures = [one.failure for one in by_title(world, who).values() if one.failure]
    assert failures == ["nested_too_deep"]
    assert len(by_title(world, who)) == Nesting().depth + 1


def test_erasing_what_they_were_found_in_erases_them() -> None:
    world, who = a_family()
    (root,) = ids_of(world, who, "all.zip")
    everything = [one.id for one in by_title(world, who).values()]
    world.product.erasure.request(who, root)
    assert by_title(world, who) == {}
    assert found(world, who, OFFER) == []
    settled(world)
    assert Left.of(world, who.tenant_id) == NOTHING
    for one in (*everything, counterpart(root)):
        assert world.product.erasure.remains(who.tenant_id, one).nothing


def test_erasing_one_destroys_the_files_that_hold_it_and_keeps_what_was_read_of_them() -> None:
    """A copy of the mail, or of the archive, in some backup is unreadable from then on, too."""
    world, who = a_family()
    root, mail, offer, plan = ids_of(world, who, "all.zip", "Offer", "offer.txt", "plans/plan.txt")
    world.product.erasure.request(who, offer)
    settled(world)
    for gone in (offer, counterpart(root), counterpart(mail)):
        assert not world.vault.exists(tenant_id=who.tenant_id, document_id=gone)
        with pytest.raises(KeyDestroyedError):
            world.keys.document_key(tenant_id=who.tenant_id, document_id=gone)
    assert set(by_title(world, who)) == {"all.zip", "Offer", "plans/plan.txt"}
    assert found(world, who, "The body of the mail.")
    assert found(world, who, PLAN)
    assert world.vault.exists(tenant_id=who.tenant_id, document_id=plan)


def test_a_receipt_says_whose_files_went_along_and_counts_them() -> None:
    """It must not say gone of what a file still holds."""
    world, who = a_family()
    root, mail, offer = ids_of(world, who, "all.zip", "Offer", "offer.txt")
    world.product.erasure.request(who, offer)
    settled(world)
    receipts = [json.loads(one.content) for one in world.product.receipts.page(who, limit=10)]
    assert {one["outcome"] for one in receipts} == {"verified"}
    for receipt in receipts:
        (item,) = receipt["items"]
        assert (item["target"], set(item["originals_of"])) == (str(offer), {str(root), str(mail)})


def test_an_erasure_is_not_verified_while_a_file_still_holds_the_document() -> None:
    vault = StuckVault()
    world, who = a_family(vault)
    root, offer = ids_of(world, who, "all.zip", "offer.txt")
    kept = world.vault.originals[who.tenant_id, counterpart(root)]
    world.product.erasure.request(who, offer)
    vault.stuck = counterpart(root)
    world.work()
    assert not world.vault.exists(tenant_id=who.tenant_id, document_id=offer)
    assert kept in world.vault.originals.values()
    assert world.product.receipts.page(who, limit=10, about=offer) == ()
    vault.stuck = None
    settled(world)
    assert [one.outcome.value for one in world.product.receipts.page(who, limit=10, about=offer)] == ["verified"]


def test_what_was_erased_does_not_come_back_with_what_it_was_found_in() -> None:
    """Not by another attempt at the same archive, and not by handing it in again: then its file is not kept."""
    world, who = a_family()
    (offer,) = ids_of(world, who, "offer.txt")
    world.product.erasure.request(who, offer)
    settled(world)
    again = handed_in(world, who, NESTED + b" ", "again.zip", groups=frozenset({"sales"}))
    settled(world)
    assert [one for one in world.product.documents.page(who, limit=100) if one.title == "offer.txt"] == []
    assert OFFER not in found(world, who, OFFER)
    assert not world.vault.exists(tenant_id=who.tenant_id, document_id=counterpart(again.id))
    assert Left.of(world, who.tenant_id) == NOTHING
    assert {"refused": 1} in [
        {name: number for name, number in facts.items() if number}
        for facts in world.audited(who.tenant_id, "attachments_registered")
    ]


def test_what_nobody_refuses_is_not_taken_out_again_by_another_attempt() -> None:
    """R43: retention let it go, so its content may come in again, but not out of the same archive."""
    world, who = a_family()
    root, plan = ids_of(world, who, "all.zip", "plans/plan.txt")
    again = JobRecord.queued(JobKind.INGEST, who.tenant_id, root, at=world.clock.now())
    with world.database.transaction(who.tenant_id) as transaction:
        record = transaction.documents.get(plan, lock=True)
        assert record is not None
        world.product.erasure.entomb(transaction, record, by=None, refuse=False)
        transaction.jobs.add(again)
    # No worker has destroyed the file of the archive yet.
    world.product.ingestion.run(who.tenant_id, again.id)
    assert world.product.jobs.get(who, again.id).state is JobState.SUCCEEDED
    assert "plans/plan.txt" not in by_title(world, who)
    settled(world)
    assert "plans/plan.txt" not in by_title(world, who)


def test_a_worker_that_lost_its_job_takes_nothing_out() -> None:
    """R43: its fence is an old one; another worker, or nobody, does it."""
    world = a_world()
    who, _ = world.person("acme")
    view, job = world.product.documents.register(who, Upload(content=NESTED, file_name="all.zip"))
    with world.database.transaction(who.tenant_id) as transaction:
        parent = transaction.documents.get(view.id)
    assert parent is not None
    read = parse(NESTED, name="all.zip", limits=Limits())
    with pytest.raises(LeaseLostError):
        world.product.ingestion.reading.expanding.expand(replace(job, fence=7), parent, read)
    assert set(by_title(world, who)) == {"all.zip"}
    settled(world)
    assert set(by_title(world, who)) == set(NAMES)
    assert Left.of(world, who.tenant_id) == NOTHING


def test_an_archive_of_which_everything_was_erased_fails_with_a_reason() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.product.erasure.request(who, world.uploaded(who, OFFER).id)
    settled(world)
    root = handed_in(world, who, a_zip({"a.txt": OFFER}), "a.zip")
    assert (root.state, root.failure) == (DocumentState.FAILED, "empty")
    settled(world)
    assert not world.vault.exists(tenant_id=who.tenant_id, document_id=counterpart(root.id))
    assert Left.of(world, who.tenant_id) == NOTHING


def test_another_attempt_at_what_lost_its_file_fails_with_a_reason() -> None:
    world, who = a_family()
    mail, offer = ids_of(world, who, "Offer", "offer.txt")
    world.product.erasure.request(who, offer)
    settled(world)
    with world.database.transaction(who.tenant_id) as transaction:
        again = JobRecord.queued(JobKind.INGEST, who.tenant_id, mail, at=world.clock.now())
        transaction.jobs.add(again)
    world.product.ingestion.run(who.tenant_id, again.id)
    assert world.product.jobs.get(who, again.id).failure == "original_destroyed"


def test_replacing_an_archive_replaces_what_was_found_in_it() -> None:
    world = a_world()
    who, _ = world.person("acme")
    handed_in(world, who, a_zip({"a.txt": OFFER}), "a.zip", external_id="bucket/a")
    handed_in(world, who, a_zip({"b.txt": PLAN}), "a.zip", external_id="bucket/a")
    settled(world)
    assert set(by_title(world, who)) == {"a.zip", "b.txt"}
    assert Left.of(world, who.tenant_id) == NOTHING


def test_a_hold_on_any_of_a_family_keeps_whatever_would_destroy_it() -> None:
    """The hold on a message keeps its file, so nothing in it can go; one on a file keeps what it was found in."""
    for held, erased in (("offer.txt", "all.zip"), ("Offer", "offer.txt"), ("all.zip", "offer.txt")):
        world, who = a_family()
        owner, _ = world.person("acme", Role.DATA_OWNER)
        (one,), (other,) = ids_of(world, who, held), ids_of(world, who, erased)
        matter = world.product.holds.place(owner, name="matter", cover=Cover(documents=frozenset({one})))
        with pytest.raises(HeldError):
            world.product.erasure.request(who, other)
        assert len(by_title(world, who)) == len(NAMES)
        assert world.product.documents.get(owner, other).held_by == (matter.id,)
        view = located(world, owner, asked_for(other))
        (shown,) = world.product.erasures.previewing.preview(owner, view.record.id).documents
        assert shown.held_by == (matter.id,)


def test_a_hold_on_one_keeps_no_other() -> None:
    world, who = a_family()
    owner, _ = world.person("acme", Role.DATA_OWNER)
    offer, plan = ids_of(world, who, "offer.txt", "plans/plan.txt")
    world.product.holds.place(owner, name="matter", cover=Cover(documents=frozenset({offer})))
    world.product.erasure.request(who, plan)
    assert "plans/plan.txt" not in by_title(world, who)


def test_a_preview_says_what_goes_along() -> None:
    world, who = a_family()
    root, mail, offer, plan = ids_of(world, who, *NAMES)
    view = located(world, who, asked_for(mail))
    (shown,) = world.product.erasures.previewing.preview(who, view.record.id).documents
    assert (shown.children, shown.originals_of) == ((offer,), (root,))
    world.product.erasures.deciding.approve(who, view.record.id)
    assert advanced(world, who, view.record.id).state is ErasureState.VERIFIED
    assert {item.target for item in items_of(world, who, view.record.id)} == {mail, offer}
    assert set(by_title(world, who)) == {"all.zip", "plans/plan.txt"}
    receipt = json.loads(world.product.erasures.reading.receipt(who, view.record.id))
    assert {item["target"] for item in receipt["items"]} == {str(mail), str(offer)}
    assert world.vault.exists(tenant_id=who.tenant_id, document_id=plan)


def test_nothing_can_be_left_that_is_in_what_is_erased() -> None:
    """R40: both name the person; one cannot go while the other stays."""
    world = a_world()
    who, _ = world.person("acme")
    text = "Write to ada@example.org. "
    handed_in(world, who, a_mail({"cv.txt": (text + PLAN).encode()}, text=text + OFFER), "m.eml")
    mail, cv = ids_of(world, who, "Offer", "cv.txt")
    stays = Choice(target=cv, action=ErasureAction.LEAVE, reason=LeaveReason.LEGAL_CLAIMS)
    view = located(world, who, about("ada@example.org"), Choice(target=mail, action=ErasureAction.ERASE), stays)
    with pytest.raises(ConflictError, match="goes along"):
        world.product.erasures.deciding.approve(who, view.record.id)


@pytest.mark.parametrize(("redacted", "kept"), [("Offer", "cv.txt"), ("cv.txt", "Offer")])
def test_redacting_one_leaves_the_others_and_destroys_the_file(redacted: str, kept: str) -> None:
    """R40: the file of the message says everything that either of them said."""
    world = a_world()
    who, _ = world.person("acme")
    text = "Write to ada@example.org about it. "
    handed_in(world, who, a_mail({"cv.txt": (text + PLAN).encode()}, text=text + OFFER), "m.eml")
    mail, target, other = ids_of(world, who, "Offer", redacted, kept)
    stays = Choice(target=other, action=ErasureAction.LEAVE, reason=LeaveReason.LEGAL_CLAIMS)
    view = located(world, who, about("ada@example.org"), Choice(target=target, action=ErasureAction.REDACT), stays)
    world.product.erasures.deciding.approve(who, view.record.id)
    advanced(world, who, view.record.id)
    views = by_title(world, who)
    assert set(views) == {"Offer", "cv.txt"}
    assert views[kept].id == other
    assert views["cv.txt"].parent_id == views["Offer"].id
    assert not world.vault.exists(tenant_id=who.tenant_id, document_id=counterpart(mail))
    settled(world)
    assert Left.of(world, who.tenant_id) == NOTHING


def test_handing_in_the_erased_file_by_itself_is_refused() -> None:
    """R44."""
    world, who = a_family()
    (root,) = ids_of(world, who, "all.zip")
    world.product.erasure.request(who, root)
    settled(world)
    with pytest.raises(RefusedError):
        handed_in(world, who, PLAN.encode(), "plan.txt")


def test_the_end_of_a_tenant_takes_families() -> None:
    world, who = a_family()
    erasures = world.product.erasures
    asked = Asked(kind=ErasureKind.TENANT, reason=ErasureReason.OWNER_DECISION)
    erasure = located(world, who, asked).record.id
    for approver in (who, world.person("acme")[0]):
        erasures.deciding.approve(approver, erasure)
    assert advanced(world, who, erasure, times=10).state is ErasureState.VERIFIED
    assert Left.of(world, who.tenant_id) == NOTHING
    documents = [one for one in items_of(world, who, erasure) if one.kind is ItemKind.DOCUMENT]
    assert len(documents) == len(NAMES)


def test_what_is_not_due_outlives_the_archive_that_is() -> None:
    """R48: the contract in an old mail is kept as long as contracts are; the mail, with its file, is not."""
    world = a_world()
    who, _ = world.person("acme")
    personal = f"SECRET-PII {OFFER}"
    handed_in(world, who, a_mail({"plan.txt": PLAN.encode()}, text=personal), "m.eml")
    mail, plan = ids_of(world, who, "Offer", "plan.txt")
    in_force(world, who, RetentionRule(category=Category.PII, keep_days=30))
    world.clock.advance(40 * 86_400)
    world.product.expiry.run()
    settled(world)
    assert {one.id for one in by_title(world, who).values()} == {plan}
    assert by_title(world, who)["plan.txt"].parent_id is None
    assert not world.vault.exists(tenant_id=who.tenant_id, document_id=counterpart(mail))
    assert Left.of(world, who.tenant_id) == NOTHING


def test_what_is_due_goes_alone_out_of_an_archive_that_is_not() -> None:
    world = a_world()
    who, _ = world.person("acme")
    handed_in(world, who, a_zip({"cv.txt": f"SECRET-PII {OFFER}", "plan.txt": PLAN}), "a.zip")
    (root,) = ids_of(world, who, "a.zip")
    in_force(world, who, RetentionRule(category=Category.PII, keep_days=30))
    world.clock.advance(40 * 86_400)
    world.product.expiry.run()
    settled(world)
    assert set(by_title(world, who)) == {"a.zip", "plan.txt"}
    assert not world.vault.exists(tenant_id=who.tenant_id, document_id=counterpart(root))
    assert Left.of(world, who.tenant_id) == NOTHING


def test_an_archive_and_what_is_in_it_are_due_together() -> None:
    world, who = a_family()
    in_force(world, who, RetentionRule(category=None, keep_days=30))
    world.clock.advance(40 * 86_400)
    assert world.product.expiry.run()
    settled(world)
    assert by_title(world, who) == {}
    assert Left.of(world, who.tenant_id) == NOTHING


def test_a_held_file_keeps_the_archive_that_is_due() -> None:
    world, who = a_family()
    owner, _ = world.person("acme", Role.DATA_OWNER)
    (offer,) = ids_of(world, who, "offer.txt")
    world.product.holds.place(owner, name="matter", cover=Cover(documents=frozenset({offer})))
    in_force(world, who, RetentionRule(category=None, keep_days=30))
    world.clock.advance(40 * 86_400)
    world.product.expiry.run()
    assert set(by_title(world, who)) == set(NAMES) - {"plans/plan.txt"}


def test_a_request_about_a_person_finds_them_in_a_file_inside_another() -> None:
    world = a_world()
    who, _ = world.person("acme")
    handed_in(world, who, a_zip({"cv.txt": "Write to ada@example.org about the chairs.", "plan.txt": PLAN}), "a.zip")
    (cv,) = ids_of(world, who, "cv.txt")
    view = located(world, who, about("ada@example.org"))
    assert [item.target for item in view.items] == [cv]


def test_no_one_outside_the_groups_sees_any_of_a_family() -> None:
    world, _ = a_family()
    other, _ = world.person("acme", Role.READER, "hr")
    assert by_title(world, other) == {}
    assert found(world, other, OFFER) == []


def test_a_key_that_never_got_its_row_is_settled_and_that_of_a_file_stays() -> None:
    """R43: the key of an original apart has no row of its own."""
    world, who = a_family()
    (root,) = ids_of(world, who, "all.zip")
    for _ in range(2):
        world.clock.advance(3_600)
        world.product.jobs.sweep()
        assert world.keys.has_document_key(tenant_id=who.tenant_id, document_id=counterpart(root))
        assert world.vault.exists(tenant_id=who.tenant_id, document_id=counterpart(root))
