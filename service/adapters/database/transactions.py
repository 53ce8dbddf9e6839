"""PostgreSQL as the truth: each transaction belongs to one tenant, and the server itself holds it to that."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
import structlog
from sqlalchemy import URL, Engine, create_engine, event, func, make_url, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from typing_extensions import override

import migrations
from service.adapters.database.audit_log import SqlAuditTable
from service.adapters.database.canaries import SqlCanaryTable
from service.adapters.database.conversations import SqlConversationTable, SqlTurnTable
from service.adapters.database.documents import SqlChunkTable, SqlDocumentTable
from service.adapters.database.erasures import SqlErasureTable
from service.adapters.database.estate import SqlEstateTable
from service.adapters.database.evidence import SqlApiKeyTable, SqlTombstoneTable
from service.adapters.database.exporting import SqlExportTable
from service.adapters.database.holding import SqlHoldTable
from service.adapters.database.intake import SqlIntakeTable
from service.adapters.database.jobs import SqlJobTable
from service.adapters.database.locating import SqlSubjectTable
from service.adapters.database.policies import SqlPolicyTable
from service.adapters.database.queueing import SqlTallyTable, SqlUsageTable, standings
from service.adapters.database.receipts import SqlReceiptTable
from service.adapters.database.refusals import SqlRefusalTable
from service.adapters.database.retaining import SqlRetentionTable
from service.adapters.database.reviews import SqlReviewTable
from service.adapters.database.rows import row_of
from service.adapters.database.session import Session, translated
from service.adapters.database.sourcing import SqlSourceItemTable, SqlSourceRunTable, SqlSourceTable
from service.adapters.database.spaces import SqlSpaceTable
from service.adapters.database.tables import api_keys, tenants
from service.errors import ConflictError, RingfenceError, SettingsError
from service.policy.access import TenantId
from service.policy.turns import Standing
from service.ports import ApiKeyRecord, Database, JobKind, KeyStore, Tenant

_TENANT = "app.tenant"
_KEY_HASH = "app.key_hash"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlTransaction:
    """The tables of one tenant inside one open transaction."""

    documents: SqlDocumentTable
    chunks: SqlChunkTable
    reviews: SqlReviewTable
    jobs: SqlJobTable
    intake: SqlIntakeTable
    usage: SqlUsageTable
    tallies: SqlTallyTable
    tombstones: SqlTombstoneTable
    audit: SqlAuditTable
    api_keys: SqlApiKeyTable
    conversations: SqlConversationTable
    turns: SqlTurnTable
    policies: SqlPolicyTable
    canaries: SqlCanaryTable
    subjects: SqlSubjectTable
    refusals: SqlRefusalTable
    erasures: SqlErasureTable
    receipts: SqlReceiptTable
    estate: SqlEstateTable
    holds: SqlHoldTable
    retention: SqlRetentionTable
    exports: SqlExportTable
    sources: SqlSourceTable
    source_runs: SqlSourceRunTable
    source_items: SqlSourceItemTable
    spaces: SqlSpaceTable

    @classmethod
    def of(cls, session: Session, tenant_id: TenantId, keys: KeyStore) -> "SqlTransaction":
        """Return the tables over a session that the server has bound to this tenant."""
        return cls(
            documents=SqlDocumentTable(session),
            chunks=SqlChunkTable(session, tenant_id),
            reviews=SqlReviewTable(session),
            jobs=SqlJobTable(session),
            intake=SqlIntakeTable(session, tenant_id),
            usage=SqlUsageTable(session, tenant_id),
            tallies=SqlTallyTable(session, tenant_id),
            tombstones=SqlTombstoneTable(session),
            audit=SqlAuditTable(session, tenant_id, keys),
            api_keys=SqlApiKeyTable(session),
            conversations=SqlConversationTable(session),
            turns=SqlTurnTable(session),
            policies=SqlPolicyTable(session),
            canaries=SqlCanaryTable(session),
            subjects=SqlSubjectTable(session, tenant_id),
            refusals=SqlRefusalTable(session),
            erasures=SqlErasureTable(session),
            receipts=SqlReceiptTable(session),
            estate=SqlEstateTable(session, tenant_id),
            holds=SqlHoldTable(session, tenant_id),
            retention=SqlRetentionTable(session),
            exports=SqlExportTable(session, tenant_id),
            sources=SqlSourceTable(session),
            source_runs=SqlSourceRunTable(session),
            source_items=SqlSourceItemTable(session),
            spaces=SqlSpaceTable(session, tenant_id),
        )


class SqlDatabase(Database):
    """PostgreSQL, spoken to as a role that row-level security binds."""

    def __init__(self, url: str, *, keys: KeyStore, pool_size: int = 5, statement_seconds: float = 30) -> None:
        """Take the address of the application's role, and the keys of the audit's pseudonyms.

        Nothing is connected yet. Raises SettingsError.
        """
        self.url = url
        self._keys = keys
        self._engine = _engine(url, pool_size=pool_size, statement_seconds=statement_seconds)

    @override
    @contextmanager
    def transaction(self, tenant_id: TenantId) -> Iterator[SqlTransaction]:
        with self._begun(_TENANT, str(tenant_id)) as session:
            yield SqlTransaction.of(session, tenant_id, self._keys)

    @override
    def add_tenant(self, tenant: Tenant) -> None:
        with self._begun(_TENANT, str(tenant.id)) as session:
            statement = upsert(tenants).values(row_of(tenant)).on_conflict_do_nothing().returning(tenants.c.id)
            if session.run(statement).first() is None:
                message = "A tenant with this name exists already."
                raise ConflictError(message)

    @override
    def tenants(self) -> tuple[Tenant, ...]:
        with self._begun(_TENANT, "") as session:
            return session.many(select(tenants).order_by(tenants.c.created_at, tenants.c.id), Tenant)

    @override
    def api_key(self, secret_sha256: str) -> ApiKeyRecord | None:
        with self._begun(_KEY_HASH, secret_sha256) as session:
            return session.one(select(api_keys).where(api_keys.c.secret_sha256 == secret_sha256), ApiKeyRecord)

    @override
    def standings(self, kind: JobKind, *, now: datetime) -> tuple[Standing, ...]:
        with self._begun(_TENANT, "") as session:
            return standings(session, kind=kind, now=now)

    @override
    def ready(self) -> bool:
        try:
            with self._engine.connect() as connection:
                return migrations.is_current(connection)
        except (SQLAlchemyError, RingfenceError) as error:
            _log.warning("database_not_ready", error=type(error).__name__)
            return False

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    @contextmanager
    def _begun(self, setting: str, value: str) -> Iterator[Session]:
        """Open a transaction with one setting that ends with it, so that no pooled connection keeps a tenant."""
        with translated():
            connection = self._engine.connect()
        with connection:
            session = Session(connection=connection)
            session.run(select(func.set_config(setting, value, True)))
            yield session
            with translated():
                connection.commit()


def _engine(url: str, *, pool_size: int, statement_seconds: float) -> Engine:
    engine = create_engine(
        _address(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": f"-c statement_timeout={int(statement_seconds * 1000)}"},
    )
    event.listen(engine, "connect", _refuse_unbound_role)
    return engine


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        address = None
    if address is None or address.get_backend_name() != "postgresql":
        message = "RINGFENCE_DATABASE_URL is not an address like postgresql+psycopg://user@host/database"
        raise SettingsError(message)
    return address.set(drivername="postgresql+psycopg")


def _refuse_unbound_role(connection: psycopg.Connection[tuple[bool]], _record: object) -> None:
    """Refuse to work as a role that row-level security does not bind."""
    found = connection.execute("select rolsuper or rolbypassrls from pg_roles where rolname = current_user").fetchone()
    connection.rollback()
    if found is None or found[0]:
        connection.close()
        message = (
            "RINGFENCE_DATABASE_URL: this role bypasses row-level security; use a role without SUPERUSER and BYPASSRLS"
        )
        raise SettingsError(message)
