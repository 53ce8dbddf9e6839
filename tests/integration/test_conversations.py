"""Conversations on a real PostgreSQL and a real key store: what is erased is read by nobody, whatever dies (R41)."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import psycopg
import pytest
from sqlalchemy import make_url

from service.adapters.database import SqlDatabase
from service.adapters.keystore import SqliteKeyStore
from service.adapters.memory.keeping import InMemoryKeyStore
from service.answering import Answer, Question
from service.errors import PartUnavailableError
from service.places import turn_answer_place, turn_question_place
from service.policy.access import DocumentId, Principal, TenantId, TurnId
from service.ports import TurnSource
from service.sealing import Key, Sealed
from tests.assembled import World, a_world
from tests.contract.databases import tenant_in
from tests.records import a_conversation, a_document, a_turn
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

SALARY = "Salary of Ellison canarius: SECRET-PII."
PAID = "What is the salary of Ellison canarius?"
_BEFORE_THE_OTHER_WAITS = 0.3


@pytest.fixture
def database(migrated_database: PostgresDatabase) -> Iterator[SqlDatabase]:
    adapter = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    yield adapter
    adapter.close()


@pytest.fixture
def keys(tmp_path: Path) -> SqliteKeyStore:
    return SqliteKeyStore(tmp_path, Key.fresh())


@pytest.fixture
def world(database: SqlDatabase, keys: SqliteKeyStore) -> World:
    return a_world(database=database, keys=keys)


def a_told_answer(world: World, name: str) -> tuple[Principal, DocumentId, list[Answer]]:
    """Return who asked twice in one conversation about a document, and the two answers."""
    who, _ = world.person(name)
    document = world.uploaded(who, SALARY)
    first = world.product.answering.ask(who, Question(text=PAID, opens=True))
    second = world.product.answering.ask(who, Question(text=PAID, conversation=first.conversation))
    return who, document.id, [first, second]


def stored(migrated: PostgresDatabase, answer: Answer) -> tuple[bytes, bytes] | None:
    """Return the two ciphertexts as they lie in the table."""
    address = make_url(migrated.owner_url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        found = connection.execute("select question, answer from turns where id = %s", [answer.id]).fetchone()
    return None if found is None else (bytes(found[0]), bytes(found[1]))


def wrapped(folder: Path, answer: Answer) -> bytes | None:
    """Return the turn's wrapped key as it lies in the key store."""
    with closing(sqlite3.connect(folder / "keys.sqlite")) as connection:
        row = connection.execute("select wrapped from turn_keys where turn_id = ?", (str(answer.id),)).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])


def test_after_an_erasure_no_text_of_a_turn_can_be_read_and_its_key_is_gone(
    world: World, migrated_database: PostgresDatabase, tmp_path: Path
) -> None:
    """R41: the ciphertexts, kept as a backup keeps them, open with the key before the erasure and with none after."""
    who, document, answers = a_told_answer(world, "gone")
    backup = [stored(migrated_database, answer) for answer in answers]
    secrets = [wrapped(tmp_path, answer) for answer in answers]
    for answer, kept in zip(answers, backup, strict=True):
        assert kept
        key = world.keys.turn_key(tenant_id=who.tenant_id, turn_id=TurnId(answer.id))
        question, said = (
            turn_question_place(who.tenant_id, TurnId(answer.id)),
            turn_answer_place(who.tenant_id, TurnId(answer.id)),
        )
        assert key.open(Sealed(kept[0]), place=question).decode() == PAID
        assert b"canarius" in key.open(Sealed(kept[1]), place=said)
        assert b"canarius" not in kept[0] + kept[1]
    world.product.erasure.request(who, document)
    world.work()
    assert [stored(migrated_database, answer) for answer in answers] == [None, None]
    assert [wrapped(tmp_path, answer) for answer in answers] == [None, None]
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [secret for secret in secrets if secret is None or secret[-16:] in left]
    assert world.product.erasure.remains(who.tenant_id, document).nothing
    assert world.audited(who.tenant_id, "erasure_verified")[0]["unanswered"] == []


class Dying(SqliteKeyStore):
    """A key store whose process dies before, or after, it destroyed the keys of turns."""

    when = ""

    def destroy_turn_keys(self, *, tenant_id: TenantId, turn_ids: object) -> None:
        """Do it, or die first, or die then."""
        if self.when == "before":
            raise PartUnavailableError
        super().destroy_turn_keys(tenant_id=tenant_id, turn_ids=turn_ids)  # type: ignore[arg-type]
        if self.when == "after":
            raise PartUnavailableError


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_between_two_steps_of_an_erasure_leaves_what_the_next_attempt_needs(
    database: SqlDatabase, tmp_path: Path, when: str
) -> None:
    """R41, R43: unreachable since the commit; the ids survive until the keys are destroyed."""
    keys = Dying(tmp_path, Key.fresh())
    world = a_world(database=database, keys=keys)
    who, document, answers = a_told_answer(world, f"crash-{when}")
    keys.when = when
    world.product.erasure.request(who, document)
    with pytest.raises(PartUnavailableError):
        world.work()
    assert answers[0].conversation
    assert world.product.conversations.show(who, answers[0].conversation)[1] == ()
    assert world.product.erasure.remains(who.tenant_id, document).found("turn_sources") == 2
    keys.when = ""
    world.clock.advance(120)
    world.product.jobs.sweep()
    world.work()
    assert world.product.erasure.remains(who.tenant_id, document).nothing
    assert not any(keys.has_turn_key(tenant_id=who.tenant_id, turn_id=TurnId(answer.id)) for answer in answers)


def test_a_turn_kept_at_the_moment_of_an_erasure_is_erased_with_it(database: SqlDatabase) -> None:
    """R43: the erasure waits for the turn that is being written, and then finds it."""
    tenant = tenant_in(database)
    record, talk = a_document(tenant), a_conversation(tenant)
    turn = a_turn(talk, TurnSource(document_id=record.id, ordinal=0))
    with database.transaction(tenant) as transaction:
        transaction.documents.add(record)
        transaction.conversations.add(talk)
    written = Event()

    def keep() -> None:
        with database.transaction(tenant) as transaction:
            transaction.turns.add(turn)
            written.set()
            Event().wait(_BEFORE_THE_OTHER_WAITS)

    def erase() -> None:
        written.wait(10)
        with database.transaction(tenant) as transaction:
            erasure.entomb(transaction, record, by=None, refuse=False)

    erasure = replace(a_world().product.erasure, database=database)
    with ThreadPoolExecutor(2) as both:
        assert [one.result(timeout=30) for one in [both.submit(keep), both.submit(erase)]] == [None, None]
    with database.transaction(tenant) as transaction:
        assert transaction.turns.of(talk.id) == ()
        assert transaction.turns.erased(limit=9) == (turn.id,)


def test_two_answers_of_one_conversation_at_once_are_two_turns(world: World) -> None:
    who, _, (first, _) = a_told_answer(world, "together")
    question = Question(text=PAID, conversation=first.conversation)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: world.product.answering.ask(who, question), range(4)))
    assert first.conversation
    turns = world.product.conversations.show(who, first.conversation)[1]
    assert [turn.ordinal for turn in turns] == list(range(6))
    assert {turn.answer for turn in turns} == {first.text}


def test_a_conversation_survives_a_new_process(world: World, migrated_database: PostgresDatabase) -> None:
    """R10: what was sensitive before a restart is sensitive after it."""
    who, _, (first, second) = a_told_answer(world, "restarted")
    database = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    restarted = a_world(database=database, index=world.index, keys=world.keys)
    plan = restarted.product.answering.planner.plan(
        who, Question(text=PAID, conversation=first.conversation), stream=False
    )
    assert [turn.id for turn in plan.context.turns] == [first.id, second.id]
    assert plan.route == "local"
    database.close()
