"""Amending on a real PostgreSQL: the place of a document changes hands at one commit, or not at all (R40, R43, R47)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.amending import Amended, Correction
from service.errors import RingfenceError
from service.policy.access import DocumentId, Principal
from service.ports import DocumentState
from service.subjects import Subject
from tests.assembled import World, a_world
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres
from tests.subjects import NamingLabeller

__all__ = ["migrated_database", "postgres"]

PERSON = Subject(names=("Jürgen Müller",))
TEXT = "Jürgen Müllers Zimmer ist 12."


@pytest.fixture
def world(migrated_database: PostgresDatabase) -> Iterator[World]:
    keys = InMemoryKeyStore()
    database = SqlDatabase(migrated_database.app_url, keys=keys)
    yield a_world(database=database, keys=keys, labeller=NamingLabeller("Jürgen Müllers"))
    database.close()


def test_a_version_takes_over_the_external_id_of_what_it_replaces(world: World) -> None:
    who, _ = world.person("amending-one")
    old = world.uploaded(who, TEXT, external_id="room-12")
    new = world.product.amending.redact(who, old.id, PERSON).record
    world.work()
    view = world.product.documents.get(who, new.id)
    assert (view.state, view.external_id) == (DocumentState.READY, "room-12")
    assert world.product.erasure.remains(who.tenant_id, old.id).nothing
    again = world.product.amending.rectify(who, new.id, Correction(text="Zimmer 13.")).record
    world.work()
    assert [one.id for one in world.product.documents.page(who, limit=9)] == [again.id]


def test_of_two_who_amend_one_document_at_once_one_wins_and_nothing_else_is_left(world: World) -> None:
    who, _ = world.person("amending-two")
    old = world.uploaded(who, TEXT, external_id="room-12")
    together = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        ended = [pool.submit(_amended, world, who, old.id, together, text) for text in ("Zimmer 13.", "Zimmer 14.")]
        won = [one.result() for one in ended]
    (winner,) = [one for one in won if one is not None]
    world.work()
    assert [one.id for one in world.product.documents.page(who, limit=9)] == [winner.record.id]
    assert len(world.audited(who.tenant_id, "document_rectified")) == 1


def _amended(world: World, who: Principal, document_id: DocumentId, together: Barrier, text: str) -> Amended | None:
    together.wait(timeout=60)
    try:
        return world.product.amending.rectify(who, document_id, Correction(text=text))
    except RingfenceError:
        return None
