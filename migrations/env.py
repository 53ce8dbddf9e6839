"""Runs the steps on the connection that `migrations` hands over, one process at a time."""

from alembic import context
from sqlalchemy import text

_LOCK = 7_246_331  # any number, as long as every process that migrates takes the same

connection = context.config.attributes["connection"]
connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
