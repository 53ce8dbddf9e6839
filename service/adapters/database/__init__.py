"""The truth in PostgreSQL; the only door to SQLAlchemy and psycopg."""

from service.adapters.database.transactions import SqlDatabase

__all__ = ["SqlDatabase"]
