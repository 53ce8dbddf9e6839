"""The tables of legal holds, beside those in `tables`."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import UniqueConstraint

from service.adapters.database.tables import metadata

_MOMENT = DateTime(timezone=True)

matters = Table(
    "matters",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("note", LargeBinary),
    Column("whole_tenant", Boolean, nullable=False),
    Column("groups", ARRAY(Text), nullable=False),
    Column("opened_at", _MOMENT, nullable=False),
    Column("opened_by", Uuid, nullable=False),
    Column("release_asked_at", _MOMENT),
    Column("release_asked_by", Uuid),
    Column("release_reason", Text),
    Column("released_at", _MOMENT),
    Column("released_by", Uuid),
    UniqueConstraint("tenant_id", "id"),
)

# No foreign key to the document: after the hold's release it may be erased, and the matter still tells what it held.
matter_documents = Table(
    "matter_documents",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("matter_id", Uuid, primary_key=True),
    Column("document_id", Uuid, primary_key=True),
    Column("added_at", _MOMENT, nullable=False),
    Column("added_by", Uuid, nullable=False),
    ForeignKeyConstraint(["tenant_id", "matter_id"], ["matters.tenant_id", "matters.id"]),
    Index("matter_documents_by_document", "tenant_id", "document_id"),
)
