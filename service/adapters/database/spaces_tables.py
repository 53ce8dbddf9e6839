"""The tables of vector spaces, beside those in `tables`."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    text,
)

from service.adapters.database.tables import metadata

_MOMENT = DateTime(timezone=True)

vector_spaces = Table(
    "vector_spaces",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("precision", Text, nullable=False),
    Column("dimensions", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("created_by", Uuid),
    Column("hold", Boolean, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", _MOMENT),
    Column("seen_whole_at", _MOMENT),
    Column("served_at", _MOMENT),
    Column("ended_at", _MOMENT),
    Column("dropped_at", _MOMENT),
    Index(
        "vector_spaces_one_in_a_state",
        "tenant_id",
        "state",
        unique=True,
        postgresql_where=text("state in ('building', 'serving')"),
    ),
    Index("vector_spaces_one_of_a_name", "tenant_id", "name", unique=True, postgresql_where=text("dropped_at is null")),
)

space_documents = Table(
    "space_documents",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("space_id", Uuid, ForeignKey("vector_spaces.id"), primary_key=True),
    Column("document_id", Uuid, primary_key=True),
    Column("verified", Boolean, nullable=False),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"], ondelete="CASCADE"),
    Index("space_documents_by_document", "tenant_id", "document_id"),
)
