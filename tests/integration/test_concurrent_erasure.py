"""Two erasures of one document at once, on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.erasure import Erasure
from service.ports import DocumentRecord
from tests.assembled import a_world
from tests.contract.databases import tenant_in
from tests.records import a_document
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

_BEFORE_THE_OTHER_WAITS = 0.3


def replaced(erasure: Erasure, record: DocumentRecord, locked: Event) -> None:
    """Erase as an upload does that replaces the document: it has read the row without a lock."""
    locked.wait(10)
    with erasure.database.transaction(record.tenant_id) as transaction:
        erasure.entomb(transaction, record, by=record.created_by, refuse=True)


def requested(erasure: Erasure, record: DocumentRecord, locked: Event) -> None:
    """Erase as a person does, who has the row locked first."""
    with erasure.database.transaction(record.tenant_id) as transaction:
        transaction.documents.get(record.id, lock=True)
        locked.set()
        Event().wait(_BEFORE_THE_OTHER_WAITS)
        erasure.entomb(transaction, record, by=record.created_by, refuse=True)


def test_an_erasure_and_a_replacement_at_once_do_not_wait_for_each_other(migrated_database: PostgresDatabase) -> None:
    """R43: one of them would be told that the database does not answer, and the document would stay for now."""
    database = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    record = a_document(tenant_in(database))
    with database.transaction(record.tenant_id) as transaction:
        transaction.documents.add(record)
    erasure, locked = replace(a_world().product.erasure, database=database), Event()
    with ThreadPoolExecutor(2) as both:
        waiting = [both.submit(erase, erasure, record, locked) for erase in (replaced, requested)]
        assert [one.result(timeout=30) for one in waiting] == [None, None]
    database.close()
