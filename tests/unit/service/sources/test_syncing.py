"""A source and SQL after any changes there: what lies there is here, and a second run writes nothing (R60)."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from service.adapters.memory.database import InMemoryDatabase
from service.errors import ConflictError, InvalidRequestError, NotPermittedError
from service.holding import Cover
from service.policy.access import Principal, Role
from service.policy.tightening import TenantPolicy
from service.ports import GonePolicy, RunState, SourceKind, SourceSettings, Trouble
from service.sources import Asked
from tests.assembled import World, a_world
from tests.syncing import Synced, a_synced


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    return world.person("acme")[0]


@pytest.fixture
def share(world: World, who: Principal) -> Synced:
    """Return a share with four files that were taken in."""
    synced = a_synced(world, who)
    for number in range(4):
        synced.source.put(f"plans/{number}.txt", f"The sensor of hall {number} opens at seven.".encode())
    assert synced.run().counts == {"met": 4, "new": 4}
    return synced


def stored(share: Synced) -> object:
    """Return every row but those of runs and the audit, to compare."""
    assert isinstance(share.world.database, InMemoryDatabase)
    rows = share.world.database.rows(share.who.tenant_id)
    return replace(rows, source_runs={}, audit=[], audit_leaves=[], audit_checkpoints=[])


def test_a_second_run_changes_nothing_and_reads_nothing(share: Synced) -> None:
    before = stored(share)
    share.source.reads.clear()
    assert share.run().counts == {"met": 4, "unchanged": 4}
    assert stored(share) == before
    assert share.source.reads == []


def test_to_verify_reads_everything_and_finds_what_the_hints_hide(share: Synced) -> None:
    share.source.contents["plans/1.txt"] = b"Changed behind the back of its hint."
    assert share.run().counts == {"met": 4, "unchanged": 4}
    assert share.run(verify=True).counts == {"met": 4, "unchanged": 3, "changed": 1}
    assert share.contents() == share.expected()


def test_a_changed_file_is_another_document_in_the_place_of_the_old_one(share: Synced) -> None:
    old = {one.id for one in share.documents()}
    share.source.put("plans/1.txt", b"The hall opens at eight now.")
    assert share.run().counts == {"met": 4, "unchanged": 3, "changed": 1}
    assert len({one.id for one in share.documents()} - old) == 1
    assert share.contents() == share.expected()


def test_a_moved_file_stays_the_same_document(share: Synced) -> None:
    before = {one.id for one in share.documents()}
    share.source.move("plans/1.txt", "archive/1.txt")
    assert share.run().counts == {"met": 4, "unchanged": 3, "copied": 1, "moved": 1}
    assert {one.id for one in share.documents()} == before
    titles = [view.external_id for view in share.world.product.documents.page(share.who, limit=9)]
    assert f"source:{share.id}:archive/1.txt" in titles
    assert f"source:{share.id}:plans/1.txt" not in titles


def test_what_comes_to_the_old_place_of_a_moved_file_replaces_nothing(share: Synced) -> None:
    share.source.move("plans/1.txt", "archive/1.txt")
    share.source.put("plans/1.txt", b"Something else lies here now.")
    share.run()
    assert share.contents() == share.expected()
    assert len(share.documents()) == 5
    assert share.run().counts == {"met": 5, "unchanged": 5}


def test_what_is_gone_is_erased_by_a_request_and_may_come_back(share: Synced) -> None:
    content = share.source.contents["plans/1.txt"]
    share.source.remove("plans/1.txt")
    assert share.run().counts == {"met": 3, "unchanged": 3, "lost": 1, "erased": 1}
    assert share.contents() == share.expected()
    (request,) = share.world.product.erasures.reading.page(share.who, limit=9)
    assert (request.record.reason.value, request.record.state.value) == ("gone_at_source", "verified")
    share.source.put("plans/1.txt", content)
    assert share.run().counts == {"met": 4, "unchanged": 3, "new": 1}
    assert share.contents() == share.expected()


def test_what_is_gone_is_kept_where_the_source_says_so(world: World, who: Principal) -> None:
    share = a_synced(world, who, gone=GonePolicy.KEEP)
    for number in range(4):
        share.source.put(f"{number}", f"Plan number {number}.".encode())
    share.run()
    share.source.remove("1")
    assert share.run().counts == {"met": 3, "unchanged": 3, "lost": 1, "kept": 1}
    before = stored(share)
    assert share.run().counts == {"met": 3, "unchanged": 3}
    assert stored(share) == before
    assert len(share.documents()) == 4
    share.source.put("1", b"Plan number 1.")
    assert share.run().counts == {"met": 4, "unchanged": 3, "returned": 1}
    assert share.contents() == share.expected()


def test_the_same_content_at_two_places_is_one_document_until_its_last_place_is_gone(share: Synced) -> None:
    share.source.put("copies/1.txt", share.source.contents["plans/1.txt"])
    assert share.run().counts == {"met": 5, "unchanged": 4, "copied": 1}
    assert len(share.documents()) == 4
    share.source.remove("plans/1.txt")
    assert share.run().counts == {"met": 4, "unchanged": 4, "removed": 1}
    assert len(share.documents()) == 4
    share.source.remove("copies/1.txt")
    assert share.run().counts == {"met": 3, "unchanged": 3, "lost": 1, "erased": 1}
    assert len(share.documents()) == 3


def test_a_copy_for_other_people_is_another_document(share: Synced) -> None:
    """R31: nobody sees more because a file of theirs lies elsewhere, too."""
    share.source.put("board/1.txt", share.source.contents["plans/1.txt"], "board")
    assert share.run().counts == {"met": 5, "unchanged": 4, "new": 1}
    same = [one for one in share.documents() if share.contents()[one.content_fingerprint] == 2]
    assert sorted(map(sorted, (one.groups for one in same))) == [["board"], ["staff"]]


def test_other_people_at_the_source_are_other_people_here(share: Synced) -> None:
    """R31."""
    share.source.put("plans/1.txt", share.source.contents["plans/1.txt"], "board")
    assert share.run().counts == {"met": 4, "unchanged": 3, "changed": 1}
    assert sorted(sorted(one.groups) for one in share.documents()) == [["board"], ["staff"], ["staff"], ["staff"]]


def test_what_nobody_may_read_there_any_more_only_owners_read_here(share: Synced) -> None:
    """R31."""
    found = share.source.things["plans/1.txt"]
    share.source.things["plans/1.txt"] = replace(found, groups=frozenset())
    assert share.run().counts == {"met": 4, "unchanged": 3, "unmapped": 1}
    assert sorted(sorted(one.groups) for one in share.documents()) == [[], ["staff"], ["staff"], ["staff"]]
    before = stored(share)
    assert share.run().counts == {"met": 4, "unchanged": 3, "unmapped": 1}
    assert stored(share) == before
    share.source.things["plans/1.txt"] = found
    share.run()
    assert [sorted(one.groups) for one in share.documents()] == [["staff"]] * 4


def test_nothing_is_erased_when_much_is_gone_at_once_until_somebody_confirms_it(share: Synced) -> None:
    for place in ("plans/0.txt", "plans/1.txt", "plans/2.txt"):
        share.source.remove(place)
    run = share.run()
    assert (run.state, run.counts) == (RunState.BRAKED, {"met": 1, "unchanged": 1, "lost": 3})
    assert len(share.documents()) == 4
    assert share.run().state is RunState.BRAKED
    confirmed = share.run(confirmed=True)
    assert (confirmed.state, confirmed.counts["erased"]) == (RunState.DONE, 3)
    assert share.contents() == share.expected()


def test_an_empty_source_erases_nothing(world: World, who: Principal) -> None:
    """A share that is not mounted is an empty folder."""
    share = a_synced(world, who)
    share.source.put("only.txt", b"The only plan.")
    share.run()
    share.source.remove("only.txt")
    assert share.run().state is RunState.BRAKED
    assert len(share.documents()) == 1


def test_a_folder_that_is_renamed_brakes_nothing(share: Synced) -> None:
    for place in list(share.source.things):
        share.source.move(place, f"new-{place}")
    run = share.run()
    assert (run.state, run.counts) == (RunState.DONE, {"met": 4, "copied": 4, "moved": 4})
    assert len(share.documents()) == 4


def test_nothing_counts_as_gone_where_a_part_could_not_be_listed(share: Synced) -> None:
    share.source.remove("plans/1.txt")
    share.source.blind = True
    assert share.run().counts == {"met": 3, "unchanged": 3, "blind": 1}
    assert len(share.documents()) == 4


def test_a_source_that_does_not_answer_changes_nothing(share: Synced) -> None:
    share.world.opener.unreachable.add("share")
    run = share.run()
    assert (run.state, run.failure) == (RunState.FAILED, "source_unreachable")
    assert len(share.documents()) == 4


def test_what_cannot_be_read_is_told_and_read_again_next_time(share: Synced) -> None:
    share.source.put("plans/9.txt", b"Locked.")
    share.source.unreadable = {"plans/9.txt", "plans/1.txt"}
    share.source.put("plans/1.txt", b"Changed and locked.")
    assert share.run().counts == {"met": 5, "unchanged": 3, "unreadable": 2}
    told = share.world.product.sources.troubles(share.who, share.id, limit=9)
    assert [(one.place, one.trouble) for one in told] == [
        ("plans/1.txt", Trouble.UNREADABLE),
        ("plans/9.txt", Trouble.UNREADABLE),
    ]
    before = stored(share)
    share.run()
    assert stored(share) == before
    share.source.unreadable.clear()
    assert share.run().counts == {"met": 5, "unchanged": 3, "changed": 1, "new": 1}
    assert share.contents() == share.expected()
    assert share.world.product.sources.troubles(share.who, share.id, limit=9) == ()


def test_what_was_erased_on_request_is_refused_at_every_run_and_told_once(share: Synced) -> None:
    """R44."""
    key = share.world.keys.tenant_key(share.who.tenant_id)
    content = key.fingerprint(share.source.contents["plans/1.txt"], purpose="content")
    erased = next(one for one in share.documents() if one.content_fingerprint == content)
    share.world.product.erasure.request(share.who, erased.id)
    share.settle()
    with share.world.database.transaction(share.who.tenant_id) as transaction:
        assert transaction.source_items.count(share.id) == 3
    for _ in range(3):
        assert share.run().counts == {"met": 4, "unchanged": 3, "refused": 1}
    assert len(share.world.audited(share.who.tenant_id, "upload_refused")) == 1
    share.source.put("plans/1.txt", b"Edited after it was erased.")
    assert share.run().counts == {"met": 4, "unchanged": 3, "refused": 1}
    assert [one.place for one in share.world.product.sources.troubles(share.who, share.id, limit=9)] == [None]


def test_what_retention_let_go_does_not_come_back_by_itself(share: Synced) -> None:
    """R47."""
    with share.world.database.transaction(share.who.tenant_id) as transaction:
        record = share.documents_in(transaction)[0]
        share.world.product.erasure.entomb(transaction, record, by=None, refuse=False)
    share.settle()
    assert share.run().counts == {"let_go": 1, "met": 4, "unchanged": 3}
    assert share.run().counts == {"let_go": 1, "met": 4, "unchanged": 3}
    assert len(share.documents()) == 3


def test_a_dry_run_says_what_a_run_does_and_changes_nothing(share: Synced) -> None:
    share.source.put("plans/0.txt", b"Changed.")
    share.source.move("plans/1.txt", "archive/1.txt")
    share.source.remove("plans/2.txt")
    share.source.put("plans/8.txt", b"New.")
    before = stored(share)
    foretold = share.run(dry=True)
    assert stored(share) == before
    assert foretold.counts == share.run().counts
    assert foretold.counts == {
        "changed": 1,
        "copied": 1,
        "erased": 1,
        "lost": 1,
        "met": 4,
        "moved": 1,
        "new": 1,
        "unchanged": 1,
    }
    assert share.contents() == share.expected()


def test_a_document_that_somebody_handed_in_stays_when_its_copy_at_the_source_is_gone(share: Synced) -> None:
    own = share.world.uploaded(share.who, "Handed in by hand.", groups=frozenset({"staff"}))
    share.source.put("plans/5.txt", b"Handed in by hand.")
    assert share.run().counts["copied"] == 1
    share.source.remove("plans/5.txt")
    assert share.run().counts == {"met": 4, "unchanged": 4, "lost": 1, "released": 1}
    assert own.id in {one.id for one in share.documents()}


def test_a_held_document_stays_and_is_told(share: Synced) -> None:
    """R45."""
    owner, _ = share.world.person("acme", Role.DATA_OWNER)
    share.world.product.holds.place(owner, name="Dispute", note=None, cover=Cover(groups=frozenset({"staff"})))
    share.source.put("plans/0.txt", b"Changed.")
    share.source.remove("plans/1.txt")
    assert share.run().counts == {"erased": 1, "held": 1, "held_back": 1, "lost": 1, "met": 3, "unchanged": 2}
    assert len(share.documents()) == 4
    assert share.run().counts == {"held": 1, "met": 3, "unchanged": 2}


def test_an_erasure_waits_for_a_second_person_where_the_tenant_wants_one(share: Synced) -> None:
    share.world.product.governing.change(share.who, TenantPolicy(erasure_approvals=2))
    share.source.remove("plans/1.txt")
    share.run()
    assert len(share.documents()) == 4
    (request,) = share.world.product.erasures.reading.page(share.who, limit=9)
    other, _ = share.world.person("acme")
    share.world.product.erasures.deciding.approve(other, request.record.id)
    share.settle()
    assert share.contents() == share.expected()


def test_what_is_back_before_its_erasure_began_stays(share: Synced) -> None:
    share.world.product.governing.change(share.who, TenantPolicy(cooling_off_hours=24))
    content = share.source.contents["plans/1.txt"]
    share.source.remove("plans/1.txt")
    share.run()
    share.source.put("plans/1.txt", content)
    assert share.run().counts == {"met": 4, "returned": 1, "unchanged": 3}
    share.world.clock.advance(25 * 3_600)
    share.settle()
    assert len(share.documents()) == 4
    assert share.contents() == share.expected()


def test_an_external_id_of_a_list_is_given_up_by_what_lies_elsewhere_too(world: World, who: Principal) -> None:
    """Two lines with ids of their own and one content are one document; changing one line leaves the other's."""
    share = a_synced(world, who)
    for place, external_id in (("a", "ID-1"), ("b", "ID-2")):
        share.source.put(place, b"The same plan.")
        share.source.things[place] = replace(share.source.things[place], external_id=external_id)
    assert share.run().counts == {"copied": 1, "met": 2, "new": 1}
    share.source.put("a", b"Another plan.")
    share.source.things["a"] = replace(share.source.things["a"], external_id="ID-1")
    assert share.run().counts == {"changed": 1, "met": 2, "unchanged": 1}
    assert share.contents() == share.expected()
    assert share.run().counts == {"met": 2, "unchanged": 2}


def test_nothing_that_lies_at_a_source_is_in_sql_in_plain_text(share: Synced) -> None:
    """R54: places, names, hints and where the source lies are sealed or keyed hashes."""
    share.source.put("Margaret Ellison/salary.txt", b"Locked.")
    share.source.unreadable = {"Margaret Ellison/salary.txt"}
    share.run()
    assert isinstance(share.world.database, InMemoryDatabase)
    rows = share.world.database.rows(share.who.tenant_id)
    told = repr((rows.sources, rows.source_runs, rows.source_items, rows.audit))
    for word in ("Margaret", "salary", "plans", "share", "The share"):
        assert word not in told


@pytest.mark.parametrize(
    ("role", "gone", "may"),
    [
        (Role.CONTRIBUTOR, GonePolicy.KEEP, False),
        (Role.AUDITOR, GonePolicy.KEEP, False),
        (Role.OPERATOR, GonePolicy.KEEP, True),
        (Role.OPERATOR, GonePolicy.ERASE, False),
        (Role.DATA_OWNER, GonePolicy.ERASE, True),
    ],
)
def test_only_who_may_erase_lets_a_source_erase(world: World, role: Role, gone: GonePolicy, *, may: bool) -> None:
    """R31."""
    person, _ = world.person("acme", role)
    with nullcontext() if may else pytest.raises(NotPermittedError):
        a_synced(world, person, gone=gone)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"brake_percent": 101},
        {"every_seconds": 5},
        {"settings": SourceSettings(location="share")},
        {"settings": SourceSettings(location="share", groups=frozenset({" "}))},
        {"kind": SourceKind.MBOX, "settings": SourceSettings(location="share", access={"others": ("all",)})},
        {"settings": SourceSettings(location="elsewhere", groups=frozenset({"staff"}))},
    ],
    ids=["no name", "brake", "too often", "nobody", "no group", "no access lists", "not allowed"],
)
def test_a_source_that_makes_no_sense_is_refused(world: World, who: Principal, fields: dict[str, Any]) -> None:
    world.opener.allowed = {"acme": {"share"}}
    with pytest.raises(InvalidRequestError):
        a_synced(world, who, **fields)


def test_a_source_that_the_operator_shuts_is_walked_no_more(share: Synced) -> None:
    share.world.opener.allowed = {"acme": set()}
    run = share.run()
    assert (run.state, run.failure) == (RunState.FAILED, "not_allowed")
    assert len(share.documents()) == 4


def test_nobody_runs_a_source_twice_at_once_or_while_it_rests(share: Synced) -> None:
    sources = share.world.product.sources
    sources.run(share.who, share.id, Asked())
    with pytest.raises(ConflictError):
        sources.run(share.who, share.id, Asked())
    share.world.product.syncing.tick()
    sources.pause(share.who, share.id, paused=True)
    with pytest.raises(ConflictError):
        sources.run(share.who, share.id, Asked())


def test_runs_and_changes_of_sources_are_on_record(share: Synced) -> None:
    """R50."""
    share.world.product.sources.remove(share.who, share.id)
    assert share.world.audited(share.who.tenant_id, "source_added") == [{"kind": "folder", "gone": "erase"}]
    (told,) = share.world.audited(share.who.tenant_id, "source_run")
    assert (told["state"], told["counts"]) == ("done", {"met": 4, "new": 4})
    assert len(share.world.audited(share.who.tenant_id, "source_removed")) == 1
    assert len(share.documents()) == 4
