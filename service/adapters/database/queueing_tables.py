"""The tables of queues and quotas, as SQLAlchemy knows them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text, Uuid

from service.adapters.database.tables import metadata

tenant_usage = Table(
    "tenant_usage",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

tallies = Table(
    "tallies",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("word", Text, primary_key=True),
    Column("total", BigInteger, nullable=False),
)
