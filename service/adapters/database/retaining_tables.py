"""The table of retention rules, beside those in `tables`."""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from service.adapters.database.tables import metadata

_MOMENT = DateTime(timezone=True)

retention_policies = Table(
    "retention_policies",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rules", JSONB, nullable=False),
    Column("set_at", _MOMENT, nullable=False),
    Column("set_by", Uuid, nullable=False),
    Column("previewed_at", _MOMENT),
    Column("previewed_by", Uuid),
    Column("approved_at", _MOMENT),
    Column("approved_by", Uuid),
)
