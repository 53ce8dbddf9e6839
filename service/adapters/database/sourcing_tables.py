"""The tables of the sources, beside those in `tables`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from service.adapters.database.tables import metadata

_MOMENT = DateTime(timezone=True)

sources = Table(
    "sources",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("gone", Text, nullable=False),
    Column("brake_percent", Integer, nullable=False),
    Column("every_seconds", Integer),
    Column("created_at", _MOMENT, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("due_at", _MOMENT),
    Column("paused_at", _MOMENT),
    UniqueConstraint("tenant_id", "id"),
)

source_runs = Table(
    "source_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("source_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("asked_by", Uuid),
    Column("dry", Boolean, nullable=False),
    Column("verify", Boolean, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("phase", Text, nullable=False),
    Column("started_at", _MOMENT),
    Column("ended_at", _MOMENT),
    Column("fence", Integer, nullable=False),
    Column("lease_until", _MOMENT),
    Column("cursor", LargeBinary),
    Column("cleared", BigInteger, nullable=False),
    Column("seen", LargeBinary, nullable=False),
    Column("matched", LargeBinary, nullable=False),
    Column("floor", BigInteger, nullable=False),
    Column("known", BigInteger, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("failure", Text),
    ForeignKeyConstraint(["tenant_id", "source_id"], ["sources.tenant_id", "sources.id"], ondelete="CASCADE"),
    Index("source_runs_by_age", "tenant_id", "source_id", "asked_at", "id"),
    Index(
        "source_runs_open",
        "tenant_id",
        "source_id",
        unique=True,
        postgresql_where=text("state in ('queued', 'running')"),
    ),
)

source_items = Table(
    "source_items",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("source_id", Uuid, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hint", Text),
    Column("access", Text),
    Column("content", Text),
    Column("document_id", Uuid),
    Column("owned", Boolean, nullable=False),
    Column("trouble", Text),
    Column("name", LargeBinary),
    Column("gone_at", _MOMENT),
    UniqueConstraint("source_id", "number"),
    ForeignKeyConstraint(["tenant_id", "source_id"], ["sources.tenant_id", "sources.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"], ondelete="CASCADE"),
    Index("source_items_by_document", "tenant_id", "document_id"),
)
