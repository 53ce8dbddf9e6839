"""Documents go when their time is up, by rules that were previewed and approved, and never while held (R47, R45)."""

from dataclasses import replace

import pytest

from ingestion.sensitivity import Category
from service.documents import DocumentView
from service.errors import ConflictError, InvalidRequestError, NotFoundError, NotPermittedError
from service.holding import Cover
from service.policy.access import DocumentId, Principal, Role
from service.policy.retention import Keeping, RetentionRule, Standing
from service.ports import HoldReleaseReason
from service.subjects import Subject
from tests.assembled import LearningLabeller, World, a_world

DAY = 86_400.0
PLAIN, SECRET = "Visitors park in the garage.", "Salary of Ellison: SECRET-PII."
PII = RetentionRule(category=Category.PII, keep_days=30)
ANY = RetentionRule(category=None, keep_days=365)


def in_force(world: World, who: Principal, *rules: RetentionRule) -> int:
    made = world.product.retention.set(who, rules).latest
    assert made is not None
    world.product.retention.preview(who, limit=1)
    world.product.retention.approve(who, made.version)
    return made.version


def there(world: World, who: Principal, document: DocumentView) -> bool:
    return document.id in {view.id for view in world.product.documents.page(who, limit=500)}


def test_a_document_goes_on_its_day_with_everything_that_was_made_of_it() -> None:
    world = a_world()
    who, _ = world.person("acme", Role.DATA_OWNER)
    secret, plain = world.uploaded(who, SECRET), world.uploaded(who, PLAIN)
    version = in_force(world, who, PII, ANY)
    world.clock.advance(30 * DAY - 1)
    assert world.product.expiry.run() == 0
    world.clock.advance(1)
    assert world.product.expiry.run() == 1
    assert (there(world, who, secret), there(world, who, plain)) == (False, True)
    world.work()
    assert world.product.erasure.remains(who.tenant_id, secret.id).nothing
    (facts,) = world.audited(who.tenant_id, "document_expired")
    assert (facts["reason"], facts["version"], facts["category"], facts["keep_days"]) == (
        "retention",
        version,
        "PII",
        30,
    )
    assert world.audited(who.tenant_id, "erasure_verified")
    world.clock.advance(335 * DAY)
    assert world.product.expiry.run() == 1
    assert not there(world, who, plain)


def test_no_rule_erases_before_it_was_previewed_and_approved() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, SECRET)
    world.product.retention.set(who, [PII])
    world.clock.advance(3650 * DAY)
    assert world.product.expiry.run() == 0
    with pytest.raises(ConflictError, match="preview"):
        world.product.retention.approve(who, 1)
    assert world.product.retention.preview(who, limit=5).counts == {Standing.DUE: 1}
    assert world.product.expiry.run() == 0
    assert there(world, who, document)
    assert world.product.retention.approve(who, 1).in_force is not None
    assert world.product.expiry.run() == 1


def test_a_preview_is_of_one_version_and_only_the_newest_is_approved() -> None:
    world = a_world()
    who, _ = world.person("acme")
    in_force(world, who, ANY)
    world.product.retention.set(who, [PII])
    for version in (1, 2):
        with pytest.raises(ConflictError):
            world.product.retention.approve(who, version)
    shown = world.product.retention.show(who)
    assert shown.latest is not None
    assert shown.in_force is not None
    assert (shown.latest.version, shown.in_force.version, shown.in_force.rules) == (2, 1, (ANY,))


def test_no_rules_stop_the_erasing_at_once() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, SECRET)
    in_force(world, who, PII)
    world.product.retention.set(who, [])
    world.clock.advance(3650 * DAY)
    assert world.product.expiry.run() == 0


def test_what_is_held_stays_until_the_release_and_the_preview_says_so() -> None:
    world = a_world()
    who, _ = world.person("acme")
    held, free = world.uploaded(who, SECRET), world.uploaded(who, SECRET + " Again.")
    matter = world.product.holds.place(who, name="Doe", cover=Cover(documents=frozenset({held.id})))
    in_force(world, who, PII)
    world.clock.advance(30 * DAY)
    told = {one.id: one for one in world.product.retention.preview(who, limit=9).documents}
    assert {one: told[one].standing for one in told} == {held.id: Standing.HELD, free.id: Standing.DUE}
    assert (told[held.id].matters, told[held.id].title) == ((matter.id,), "note.txt")
    assert world.product.expiry.run() == 1
    assert (there(world, who, held), there(world, who, free)) == (True, False)
    assert world.audited(who.tenant_id, "retention_run")[-1] == {"version": 1, "erased": 1, "held": 1, "unlabelled": 0}
    world.product.holds.ask_release(who, matter.id, HoldReleaseReason.MATTER_CLOSED)
    world.product.holds.confirm_release(world.person("acme")[0], matter.id)
    assert world.product.expiry.run() == 1
    assert not there(world, who, held)


def test_what_a_preview_says_is_what_a_run_does() -> None:
    """Exactly the documents shown as due, with more of them than one batch and one page hold."""
    world = a_world()
    who, _ = world.person("acme")
    texts = [f"{SECRET if number % 3 else PLAIN} {number}" for number in range(130)]
    for text in texts:
        world.uploaded(who, text)
    in_force(world, who, PII)
    world.clock.advance(31 * DAY)
    due: set[DocumentId] = set()
    after = None
    while page := world.product.retention.preview(who, limit=20, after=after, standing=Standing.DUE).documents:
        due |= {one.id for one in page}
        after = page[-1].id
    before = {view.id for view in world.product.documents.page(who, limit=500)}
    assert world.product.expiry.run() == len(due) == 86
    assert before - {view.id for view in world.product.documents.page(who, limit=500)} == due


def test_a_document_of_two_categories_is_kept_by_the_longer_rule_unless_the_other_says_at_most() -> None:
    for keeping, standing in ((Keeping.LONGEST, Standing.NOT_DUE), (Keeping.SHORTEST, Standing.DUE)):
        world = a_world()
        who, _ = world.person("acme")
        world.uploaded(who, SECRET, declared=frozenset({Category.TRADE_SECRET}))
        long = RetentionRule(category=Category.TRADE_SECRET, keep_days=3650)
        world.product.retention.set(who, [replace(PII, keeping=keeping), long])
        world.clock.advance(40 * DAY)
        assert world.product.retention.preview(who, limit=5).counts == {standing: 1}


def test_a_label_that_is_learnt_later_counts_on_the_day_of_the_run() -> None:
    labeller = LearningLabeller()
    world = a_world(labeller=labeller)
    who, _ = world.person("acme")
    document = world.uploaded(who, PLAIN)
    in_force(world, who, PII)
    world.clock.advance(40 * DAY)
    assert world.product.expiry.run() == 0
    labeller.learn("garage", Category.PII)
    world.product.jobs.sweep()
    world.work()
    assert world.product.expiry.run() == 1
    assert not there(world, who, document)


def test_what_could_not_be_labelled_is_kept_and_told() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, PLAIN)
    with world.database.transaction(who.tenant_id) as transaction:
        (record,) = transaction.documents.handed_in_until(world.clock.now(), limit=5)
        transaction.documents.update(replace(record, label_counts={"unknown": 1}))
    in_force(world, who, PII)
    world.clock.advance(3650 * DAY)
    assert world.product.retention.preview(who, limit=5).counts == {Standing.UNLABELLED: 1}
    assert world.product.expiry.run() == 0


def test_the_rules_of_one_tenant_erase_nothing_of_another() -> None:
    """R30."""
    world = a_world()
    ours, theirs = world.person("acme")[0], world.person("lakeside")[0]
    kept = world.uploaded(theirs, SECRET)
    world.uploaded(ours, SECRET)
    in_force(world, ours, PII)
    world.clock.advance(40 * DAY)
    assert world.product.expiry.run() == 1
    assert there(world, theirs, kept)
    assert world.product.retention.show(theirs).latest is None
    with pytest.raises(NotFoundError):
        world.product.retention.preview(theirs, limit=5)
    with pytest.raises(NotFoundError):
        world.product.retention.approve(theirs, 1)


def test_what_expired_may_be_handed_in_again_and_has_a_new_time() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, SECRET, external_id="file:salary")
    in_force(world, who, PII)
    world.clock.advance(40 * DAY)
    assert world.product.expiry.run() == 1
    again = world.uploaded(who, SECRET, external_id="file:salary")
    assert world.product.expiry.run() == 0
    assert there(world, who, again)


def test_two_rules_of_one_kind_for_a_category_are_refused() -> None:
    world = a_world()
    who, _ = world.person("acme")
    with pytest.raises(InvalidRequestError):
        world.product.retention.set(who, [PII, replace(PII, keep_days=60)])


def test_every_step_is_on_record_without_a_name() -> None:
    world = a_world()
    who, _ = world.person("acme")
    in_force(world, who, PII)
    rule = {"category": "PII", "keep_days": 30, "keeping": "longest"}
    assert world.audited(who.tenant_id, "retention_set") == [{"version": 1, "rules": [rule]}]
    assert world.audited(who.tenant_id, "retention_previewed") == [{"version": 1, "counts": {}}]
    assert world.audited(who.tenant_id, "retention_approved") == [{"version": 1}]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN, Role.DATA_OWNER}))
def test_only_data_owners_and_admins_set_preview_and_approve(role: Role) -> None:
    """R31: a preview shows titles, so an auditor gets none."""
    world = a_world()
    who, _ = world.person("acme", role)
    with pytest.raises(NotPermittedError):
        world.product.retention.set(who, [PII])
    with pytest.raises(NotPermittedError):
        world.product.retention.preview(who, limit=5)
    with pytest.raises(NotPermittedError):
        world.product.retention.approve(who, 1)
    if role is not Role.AUDITOR:
        with pytest.raises(NotPermittedError):
            world.product.retention.show(who)


def test_an_amended_version_is_kept_no_longer_than_the_document_was_to_be() -> None:
    """Its time runs from when the document was handed in, whoever is taken out of it meanwhile."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{SECRET} Ada Example wrote it.")
    in_force(world, who, PII)
    world.clock.advance(20 * DAY)
    amended = world.product.amending.redact(who, document.id, Subject(names=("Ada Example",)))
    world.work()
    world.clock.advance(10 * DAY)
    assert world.product.expiry.run() == 1
    with pytest.raises(NotFoundError):
        world.product.documents.get(who, amended.record.id)
