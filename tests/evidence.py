"""Audit logs to verify and to tamper with, and the verifier that stands alone."""

from collections.abc import Callable
from uuid import UUID, uuid4

from service.auditing import Expected, verify
from service.auditing.entries import Personal, entry
from service.policy.access import Principal, Role
from service.sealing import Key
from tests.assembled import World, a_world
from tests.scripts import the_script

SCRIPT = the_script("verify-audit")


def ours(content: bytes, **expected: object) -> list[str]:
    """Return what `ringfence audit verify` finds."""
    return list(verify(content.splitlines(keepends=True), Expected(**expected)).problems)  # type: ignore[arg-type]


def theirs(content: bytes, **expected: object) -> list[str]:
    """Return what the script finds."""
    key = expected.pop("public_key", None)
    return SCRIPT.check(content, public_key=key.hex() if isinstance(key, bytes) else None, **expected)


Verifier = Callable[..., list[str]]
VERIFIERS: dict[str, Verifier] = {"ours": ours, "theirs": theirs}


def an_audited_world(entries: int = 6) -> tuple[World, Principal, list[UUID]]:
    """Return a world whose tenant `acme` has this many entries, their auditor, and the entries' ids."""
    world = a_world()
    auditor, _ = world.person("acme", Role.AUDITOR)
    ids = [logged(world, auditor, place) for place in range(entries)]
    return world, auditor, ids


def logged(world: World, who: Principal, place: int = 0) -> UUID:
    """Write one entry; every third has personal values, every fourth no actor."""
    personal = Personal(values={"name": "Anna Kowalczyk"}, key=Key(b"k" * 32)) if place % 3 == 2 else None
    made = entry(
        who.tenant_id,
        "prompt_routed",
        at=world.clock.now(),
        actor=None if place % 4 == 3 else who.key_id,
        subject=uuid4(),
        facts={"route": "local", "sources": place, "timings": {"plan": place / 7}, "model": None},
        personal=personal,
    )
    world.clock.advance(60.000001)
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.audit.append(made)
    return made.id


def exported(world: World, who: Principal) -> bytes:
    """Return a whole export."""
    return b"".join(world.product.auditing.export(who))
