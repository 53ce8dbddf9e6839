"""The tables of exports, beside those in `tables`."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    Uuid,
)

from service.adapters.database.tables import metadata

_MOMENT = DateTime(timezone=True)

exports = Table(
    "exports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("expires_at", _MOMENT, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("fetches", Integer, nullable=False),
    Column("ready_at", _MOMENT),
    Column("removed_at", _MOMENT),
    UniqueConstraint("tenant_id", "id"),
)

# No foreign keys to documents and turns: that one of them is gone is what tells that the export has to go.
export_documents = Table(
    "export_documents",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("export_id", Uuid, primary_key=True),
    Column("document_id", Uuid, primary_key=True),
    ForeignKeyConstraint(["tenant_id", "export_id"], ["exports.tenant_id", "exports.id"], ondelete="CASCADE"),
    Index("export_documents_by_document", "tenant_id", "document_id"),
)

export_turns = Table(
    "export_turns",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("export_id", Uuid, primary_key=True),
    Column("turn_id", Uuid, primary_key=True),
    ForeignKeyConstraint(["tenant_id", "export_id"], ["exports.tenant_id", "exports.id"], ondelete="CASCADE"),
    Index("export_turns_by_turn", "tenant_id", "turn_id"),
)
