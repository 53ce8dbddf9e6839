"""The audit of a tenant: sequenced, signed, shown, exported, proved (R50)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from service.auditing import ERASED, pseudonym_of, revealed
from service.auditing.canonical import leaf_bytes
from service.auditing.checkpoints import grown
from service.auditing.tree import leaf_hash
from service.errors import (
    AuditDamagedError,
    ConflictError,
    DamagedError,
    InvalidRequestError,
    NotFoundError,
    NotPermittedError,
)
from service.policy.access import KeyId, Permission, Principal, Role
from service.sealing import Key
from tests.assembled import a_world
from tests.evidence import VERIFIERS, Verifier, an_audited_world, exported, logged
from tests.records import a_leaf

verifiers = pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)


def test_entries_become_leaves_in_order_without_gaps() -> None:
    world, auditor, ids = an_audited_world(5)
    assert world.product.auditing.sequence(auditor.tenant_id) == 5
    assert world.product.auditing.sequence(auditor.tenant_id) == 0
    with world.database.transaction(auditor.tenant_id) as transaction:
        found = transaction.audit.sequenced(start=0, stop=9)
    assert [leaf.leaf_index for leaf, _ in found] == [0, 1, 2, 3, 4]
    assert [record.id for _, record in found if record] == ids


def test_nothing_new_makes_no_new_checkpoint() -> None:
    world, auditor, _ = an_audited_world(2)
    first = world.product.auditing.checkpoint(auditor)
    world.clock.advance(60)
    assert world.product.auditing.checkpoint(auditor) == first


@verifiers
def test_what_is_exported_verifies(verifier: Verifier) -> None:
    world, auditor, _ = an_audited_world()
    content = exported(world, auditor)
    key = world.product.auditing.signer.public_key
    assert verifier(content, public_key=key, complete=True) == []
    assert (
        "another key" in verifier(content, public_key=b"o" * 32)[0]
        or "expected" in verifier(content, public_key=b"o" * 32)[0]
    )


@verifiers
def test_each_entry_is_proved_alone(verifier: Verifier) -> None:
    world, auditor, ids = an_audited_world(7)
    for entry_id in ids:
        proof = world.product.auditing.proof(auditor, entry_id)
        assert verifier(proof) == []
        assert [other for other in ids if str(other).encode() in proof] == [entry_id]


@verifiers
def test_growth_is_proved_between_any_two_checkpoints(verifier: Verifier) -> None:
    world, auditor, _ = an_audited_world(1)
    sizes = []
    for place in range(9):
        sizes.append(json.loads(world.product.auditing.checkpoint(auditor))["checkpoint"]["size"])
        for more in range(place % 3 + 1):
            logged(world, auditor, more)
    for size in sizes:
        assert verifier(world.product.auditing.consistency(auditor, size=size)) == []
    with pytest.raises(NotFoundError):
        world.product.auditing.consistency(auditor, size=max(sizes) + 100)


@verifiers
def test_a_period_is_exported_with_the_rest_as_hashes(verifier: Verifier) -> None:
    world, auditor, ids = an_audited_world(6)
    with world.database.transaction(auditor.tenant_id) as transaction:
        records = {record.id: record for record in transaction.audit.page(limit=9)}
    since, until = records[ids[1]].at, records[ids[3]].at
    content = b"".join(world.product.auditing.export(auditor, since=since, until=until))
    assert [entry_id for entry_id in ids if str(entry_id).encode() in content] == ids[1:3]
    assert verifier(content) == []
    assert len(verifier(content, complete=True)) == 4


@verifiers
def test_a_log_that_was_cut_off_does_not_extend_the_checkpoint_that_was_kept(verifier: Verifier) -> None:
    """What somebody with every right on the database can do, and one file kept elsewhere finds."""
    world, auditor, _ = an_audited_world(4)
    before = exported(world, auditor)
    logged(world, auditor)
    kept = world.product.auditing.checkpoint(auditor)
    after = exported(world, auditor)
    assert verifier(after, checkpoint=kept) == []
    assert verifier(before) == []
    (problem,) = verifier(before, checkpoint=kept)
    assert "shorter" in problem or "cut off" in problem
    logged(world, auditor)
    assert verifier(exported(world, auditor), checkpoint=kept) == []


@verifiers
def test_a_log_written_anew_with_the_right_key_is_not_the_one_that_was_kept(verifier: Verifier) -> None:
    """Whoever has the database and the signing key cannot change what a checkpoint elsewhere says."""
    world, auditor, _ = an_audited_world(4)
    kept = world.product.auditing.checkpoint(auditor)
    rows = world.database._rows[auditor.tenant_id]  # type: ignore[attr-defined]  # noqa: SLF001 - rights on the database
    rows.audit_leaves.clear()
    rows.audit_checkpoints.clear()
    del rows.audit[0]
    for place in (8, 9):  # numbers that are not taken
        rows.audit.append(replace(rows.audit[0], id=uuid4(), number=place))
        rows.audit[-1] = replace(rows.audit[-1], leaf_hash=leaf_hash(leaf_bytes(rows.audit[-1])))
    content = exported(world, auditor)
    assert verifier(content) == []
    (problem,) = verifier(content, checkpoint=kept)
    assert "first 4 leaves" in problem


@verifiers
def test_a_checkpoint_of_another_log_is_none_of_this_one(verifier: Verifier) -> None:
    world, auditor, _ = an_audited_world(2)
    other, stranger, _ = an_audited_world(2)
    content, kept = exported(world, auditor), other.product.auditing.checkpoint(stranger)
    (problem,) = verifier(content, checkpoint=kept)
    assert "another" in problem
    assert verifier(content, checkpoint=b"{}\n") != []


@verifiers
def test_the_log_verifies_after_every_erasable_key_is_gone(verifier: Verifier) -> None:
    """R50: personal values and actors can be erased, and nothing of the tree changes."""
    world, auditor, _ = an_audited_world(6)
    before = exported(world, auditor)
    actor = pseudonym_of(world.keys, auditor.tenant_id, auditor.key_id)
    with world.database.transaction(auditor.tenant_id) as transaction:
        records = transaction.audit.page(limit=9)
    assert {record.actor for record in records} == {actor, None}
    world.keys.destroy_actor_key(tenant_id=auditor.tenant_id, actor=auditor.key_id)
    assert exported(world, auditor) == before
    assert verifier(before, complete=True) == []
    assert {view.api_key for view in world.product.auditing.page(auditor, limit=9)} == {None}
    assert pseudonym_of(world.keys, auditor.tenant_id, auditor.key_id) == ERASED
    logged(world, auditor)
    assert verifier(exported(world, auditor), complete=True) == []
    assert world.product.auditing.page(auditor, limit=1)[0].record.actor == ERASED
    assert {view.api_key for view in world.product.auditing.page(auditor, limit=9)} == {None}


def test_an_actor_has_one_pseudonym_that_differs_between_actors_and_tenants() -> None:
    keys, actor = a_world().keys, KeyId(uuid4())
    tenants = [a_world().person("acme")[0].tenant_id for _ in range(2)]
    made = [pseudonym_of(keys, tenant, key) for tenant in tenants for key in (actor, KeyId(uuid4()))]
    assert len(set(made)) == 4
    assert pseudonym_of(keys, tenants[0], actor) == made[0]
    assert str(actor) not in made[0]


def test_the_page_tells_whose_key_it_was_as_long_as_that_can_be_told() -> None:
    world, auditor, ids = an_audited_world(4)
    views = world.product.auditing.page(auditor, limit=9)
    assert [view.record.id for view in views] == ids[::-1]
    assert [view.api_key for view in views] == [None, auditor.key_id, auditor.key_id, auditor.key_id]
    assert world.product.auditing.page(auditor, limit=9, after=ids[1])[0].record.id == ids[0]


def test_personal_values_open_with_their_key_and_no_other() -> None:
    world, auditor, ids = an_audited_world(3)
    with world.database.transaction(auditor.tenant_id) as transaction:
        records = {record.id: record for record in transaction.audit.page(limit=9)}
    named = records[ids[2]]
    assert revealed(named, Key(b"k" * 32)) == {"name": "Anna Kowalczyk"}
    assert revealed(records[ids[0]], Key(b"k" * 32)) == {}
    with pytest.raises(DamagedError):
        revealed(named, Key(b"o" * 32))
    with pytest.raises(DamagedError):
        revealed(replace(named, id=ids[0]), Key(b"k" * 32))
    assert b"Kowalczyk" not in exported(world, auditor)


def test_nothing_is_signed_on_top_of_a_forged_checkpoint() -> None:
    world, auditor, _ = an_audited_world(3)
    auditing = world.product.auditing
    auditing.sequence(auditor.tenant_id)
    with world.database.transaction(auditor.tenant_id) as transaction:
        newest = transaction.audit.checkpoint()
        assert newest is not None
        forged = replace(newest, size=4, root=b"r" * 32, peaks=b"r" * 32)
        transaction.audit.seal([], forged)
    logged(world, auditor)
    with pytest.raises(AuditDamagedError):
        auditing.sequence(auditor.tenant_id)
    for verifier in VERIFIERS.values():
        assert "sign" in verifier(exported(world, auditor))[0]


@pytest.mark.parametrize("change", [{"peaks": b"p" * 64}, {"peaks": b""}, {"at": timedelta(seconds=1)}])
def test_a_checkpoint_whose_parts_do_not_belong_together_is_no_ground(change: dict[str, object]) -> None:
    world, auditor, _ = an_audited_world(3)
    auditing = world.product.auditing
    auditing.sequence(auditor.tenant_id)
    rows = world.database._rows[auditor.tenant_id]  # type: ignore[attr-defined]  # noqa: SLF001 - rights on the database
    newest = rows.audit_checkpoints.pop()
    later = change.get("at")
    rows.audit_checkpoints.append(
        replace(newest, **(change if not isinstance(later, timedelta) else {"at": newest.at + later}))
    )
    logged(world, auditor)
    with pytest.raises(AuditDamagedError):
        auditing.sequence(auditor.tenant_id)


@verifiers
def test_an_entry_that_is_two_leaves_is_told_although_it_was_signed(verifier: Verifier) -> None:
    """One question asked must not count as two, whatever made the tree."""
    world, auditor, _ = an_audited_world(1)
    with world.database.transaction(auditor.tenant_id) as transaction:
        ((number, hashed),) = transaction.audit.unsequenced(limit=9)
        leaves = [a_leaf(auditor.tenant_id, index, number) for index in range(2)]
        signed = grown(
            None,
            [hashed, hashed],
            tenant_id=auditor.tenant_id,
            at=world.clock.now(),
            signer=world.product.auditing.signer,
        )
        transaction.audit.seal([replace(leaf, leaf_hash=hashed) for leaf in leaves], signed)
    (problem,) = verifier(exported(world, auditor))
    assert "twice" in problem


def test_a_damaged_log_stops_no_other_tenant() -> None:
    world, auditor, _ = an_audited_world(1)
    other, _ = world.person("lakeside", Role.AUDITOR)
    auditing = world.product.auditing
    auditing.sequence_all()
    rows = world.database._rows[auditor.tenant_id]  # type: ignore[attr-defined]  # noqa: SLF001 - rights on the database
    rows.audit_checkpoints[0] = replace(rows.audit_checkpoints[0], signature=b"s" * 64)
    for who in (auditor, other):
        logged(world, who)
    assert auditing.sequence_all() == 1
    assert auditing.checkpoint(other)


def test_leaves_that_are_gone_are_no_proof_but_an_error() -> None:
    world, auditor, ids = an_audited_world(3)
    world.product.auditing.sequence(auditor.tenant_id)
    del world.database._rows[auditor.tenant_id].audit_leaves[1]  # type: ignore[attr-defined]  # noqa: SLF001
    with pytest.raises(AuditDamagedError, match="missing"):
        world.product.auditing.proof(auditor, ids[0])
    assert "leaf 2" in VERIFIERS["ours"](exported(world, auditor))[0]


def test_an_empty_log_and_an_unknown_entry_are_said() -> None:
    world = a_world()
    auditor, _ = world.person("acme", Role.AUDITOR)
    with pytest.raises(ConflictError, match="empty"):
        exported(world, auditor)
    logged(world, auditor)
    with pytest.raises(NotFoundError):
        world.product.auditing.proof(auditor, uuid4())


def test_an_entry_of_another_tenant_is_proved_to_nobody() -> None:
    """R30."""
    world, _, ids = an_audited_world(2)
    other, _ = world.person("lakeside", Role.AUDITOR)
    logged(world, other)
    with pytest.raises(NotFoundError):
        world.product.auditing.proof(other, ids[0])


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_see_the_audit_sees_any_of_it(role: Role) -> None:
    """R31."""
    world, _, ids = an_audited_world(2)
    who, _ = world.person("acme", role)
    auditing = world.product.auditing
    asked: list[Callable[[Principal], object]] = [
        lambda who: auditing.page(who, limit=1),
        auditing.checkpoint,
        lambda who: exported(world, who),
        lambda who: auditing.proof(who, ids[0]),
        lambda who: auditing.consistency(who, size=2),
    ]
    for ask in asked:
        if who.may(Permission.SEE_AUDIT):
            assert ask(who)
        else:
            with pytest.raises(NotPermittedError):
                ask(who)


def test_an_actor_is_forgotten_once_their_key_ended() -> None:
    world, auditor, _ = an_audited_world(2)
    owner, _ = world.person("acme", Role.DATA_OWNER)
    auditing = world.product.auditing
    with pytest.raises(NotPermittedError):
        auditing.forget_actor(auditor, auditor.key_id)
    with pytest.raises(NotFoundError):
        auditing.forget_actor(owner, KeyId(uuid4()))
    with pytest.raises(InvalidRequestError, match="still works"):
        auditing.forget_actor(owner, auditor.key_id)
    world.product.principals.revoke(owner.tenant_id, auditor.key_id)
    auditing.forget_actor(owner, auditor.key_id)
    newest, *others = auditing.page(owner, limit=9)
    assert (newest.record.action, newest.api_key) == ("actor_forgotten", owner.key_id)
    assert {view.api_key for view in others} == {None}
