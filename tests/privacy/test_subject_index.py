"""The subject index holds no name and no number: keyed hashes that meet within a tenant, and go (R30, R40, R41)."""

import hashlib
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.answering import Question
from service.policy.access import Principal
from service.subjects import Subject, marks_of_subject
from service.subjects.folding import stem
from tests.assembled import World, a_world
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres
from tests.subjects import NamingLabeller

__all__ = ["migrated_database", "postgres"]

PERSON = Subject(names=("Quirin Zwiebelmann",), identifiers=("q.zwiebelmann@firma.example",))
TEXT = "Quirin Zwiebelmanns Gehalt steigt; Fragen an q.zwiebelmann@firma.example."
_TABLES = ("subject_marks", "turn_marks", "documents", "chunks", "turns", "turn_sources", "conversations", "jobs")
_READABLE = ("zwiebelmann", "quirin", "zwiebelman", stem("Zwiebelmann"), "firma.example")


@pytest.fixture
def world(migrated_database: PostgresDatabase) -> Iterator[World]:
    keys = InMemoryKeyStore()
    database = SqlDatabase(migrated_database.app_url, keys=keys)
    yield a_world(database=database, keys=keys, labeller=NamingLabeller("Quirin Zwiebelmanns"))
    database.close()


@pytest.fixture
def bytes_of(migrated_database: PostgresDatabase) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    address = make_url(migrated_database.owner_url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def _told(world: World, tenant: str) -> Principal:
    who, _ = world.person(tenant)
    world.uploaded(who, TEXT, title="Akte Quirin Zwiebelmann", file_name="zwiebelmann.txt")
    world.product.answering.ask(who, Question(text="What does Quirin Zwiebelmann earn?", opens=True))
    return who


def _dump(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    """Return every row as text; bytes are in hexadecimal."""
    told = []
    for table in _TABLES:
        rows = connection.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(table))).fetchall()
        told += [str(row[0]) for row in rows]
    return "\n".join(told).lower()


def test_no_byte_of_a_name_or_an_identifier_is_in_any_row(
    world: World, bytes_of: psycopg.Connection[tuple[object, ...]]
) -> None:
    who = _told(world, "index-bytes")
    dumped = _dump(bytes_of)
    with world.database.transaction(who.tenant_id) as transaction:
        marks = marks_of_subject(world.keys.tenant_key(who.tenant_id), PERSON)
        assert len(transaction.subjects.marked(marks)) > 3
        assert transaction.subjects.marked_turns(marks) != ()
    assert any(mark.hex() in dumped for mark in marks), "the dump shows marks, so it would show a name"
    for word in _READABLE:
        assert word not in dumped
        assert word.encode().hex() not in dumped
        assert hashlib.sha256(word.encode()).hexdigest() not in dumped, "a hash without a key is found by trying names"


def test_the_marks_of_two_tenants_for_one_person_have_nothing_in_common(
    world: World, bytes_of: psycopg.Connection[tuple[object, ...]]
) -> None:
    """R30."""
    tenants = [_told(world, name).tenant_id for name in ("index-ours", "index-theirs")]
    kept = []
    for table in ("subject_marks", "turn_marks"):
        query = sql.SQL("select mark from {} where tenant_id = %s").format(sql.Identifier(table))
        kept.append([{bytes(row[0]) for row in bytes_of.execute(query, [tenant])} for tenant in tenants])  # type: ignore[call-overload]
    for ours, theirs in kept:
        assert len(ours) == len(theirs) > 0
        assert ours.isdisjoint(theirs)


def test_an_erasure_leaves_no_mark_of_the_document_nor_of_the_turns_that_rest_on_it(
    world: World, bytes_of: psycopg.Connection[tuple[object, ...]]
) -> None:
    """R41."""
    who = _told(world, "index-erased")
    (document,) = world.product.documents.page(who, limit=9)
    counted = [
        sql.SQL("select count(*) from {} where tenant_id = %s").format(sql.Identifier(table))
        for table in ("subject_marks", "turn_marks")
    ]
    assert all(bytes_of.execute(query, [who.tenant_id]).fetchone() != (0,) for query in counted)
    world.product.erasure.request(who, document.id)
    world.work()
    assert [bytes_of.execute(query, [who.tenant_id]).fetchone() for query in counted] == [(0,), (0,)]
