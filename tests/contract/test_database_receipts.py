"""What ports.ReceiptTable promises, kept by the twin and by PostgreSQL (R42)."""

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.errors import ConflictError, NotFoundError, RingfenceError
from service.policy.access import TenantId
from service.ports import Database
from service.ports.receipting import Outcome, ReceiptId, ReceiptRecord
from tests.contract.databases import database, migrated_database, postgres, tenant, tenant_in
from tests.records import NOON
from tests.servers.postgres import PostgresDatabase

__all__ = ["database", "migrated_database", "postgres", "tenant"]


def a_receipt(tenant_id: TenantId, *, minutes: int = 0, about: UUID | None = None) -> ReceiptRecord:
    return ReceiptRecord(
        id=ReceiptId(uuid4()),
        tenant_id=tenant_id,
        issued_at=NOON + timedelta(minutes=minutes),
        outcome=Outcome.PARTIAL,
        about=about or uuid4(),
        content=b'{"format":"x"}\n',
    )


def test_a_receipt_comes_back_byte_for_byte(database: Database, tenant: TenantId) -> None:
    receipt = a_receipt(tenant)
    with database.transaction(tenant) as transaction:
        transaction.receipts.add(receipt)
    with database.transaction(tenant) as transaction:
        assert transaction.receipts.get(receipt.id) == receipt
        assert transaction.receipts.get(ReceiptId(uuid4())) is None


def test_receipts_are_paged_newest_first_and_by_what_they_are_about(database: Database, tenant: TenantId) -> None:
    about = uuid4()
    old, middle, new = (a_receipt(tenant, minutes=number, about=about if number else None) for number in range(3))
    with database.transaction(tenant) as transaction:
        for receipt in (middle, new, old):
            transaction.receipts.add(receipt)
    with database.transaction(tenant) as transaction:
        table = transaction.receipts
        assert table.page(limit=2) == (new, middle)
        assert table.page(limit=2, after=middle.id) == (old,)
        assert table.page(limit=5, about=about) == (new, middle)
        assert table.page(limit=5, about=about, after=new.id) == (middle,)
        with pytest.raises(NotFoundError):
            table.page(limit=5, after=ReceiptId(uuid4()))
        with pytest.raises(NotFoundError):
            table.page(limit=5, about=about, after=old.id)


def test_a_receipt_is_added_once(database: Database, tenant: TenantId) -> None:
    receipt = a_receipt(tenant)
    with database.transaction(tenant) as transaction:
        transaction.receipts.add(receipt)
    with pytest.raises(ConflictError), database.transaction(tenant) as transaction:
        transaction.receipts.add(receipt)


def test_a_receipt_of_another_tenant_is_neither_seen_nor_written(database: Database, tenant: TenantId) -> None:
    """R30."""
    other, receipt = tenant_in(database), a_receipt(tenant)
    with pytest.raises(RingfenceError), database.transaction(other) as transaction:
        transaction.receipts.add(receipt)
    with database.transaction(tenant) as transaction:
        transaction.receipts.add(receipt)
    with database.transaction(other) as transaction:
        assert transaction.receipts.get(receipt.id) is None
        assert transaction.receipts.page(limit=5) == ()


@pytest.mark.parametrize(
    "statement", ["update receipts set outcome = 'verified'", "delete from receipts", "truncate receipts"]
)
@pytest.mark.parametrize("by", ["owner_url", "app_url"])
def test_postgres_refuses_to_change_a_receipt_whoever_asks(
    migrated_database: PostgresDatabase, statement: str, by: str
) -> None:
    """R42: the twin has no statements."""
    database = SqlDatabase(migrated_database.app_url, keys=InMemoryKeyStore())
    tenant = tenant_in(database)
    with database.transaction(tenant) as transaction:
        transaction.receipts.add(a_receipt(tenant))
    database.close()
    address = str(getattr(migrated_database, by)).replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
