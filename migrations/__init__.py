"""The schema of the truth, step by step (Alembic, configured here: no ini file)."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

APPLICATION_ROLE = "ringfence_app"
"""The role that the product works as. It owns nothing, so row-level security binds it."""


class SchemaError(Exception):
    """The schema cannot be read or changed; the message is one line without SQL and passwords."""


def upgrade(owner_url: str, *, to: str = "head", role: str = APPLICATION_ROLE) -> None:
    """Bring the schema to a revision, the newest; several at once wait for each other. Raises SchemaError."""
    _run(owner_url, role, lambda config: command.upgrade(config, to))


def downgrade(owner_url: str, *, to: str = "base", role: str = APPLICATION_ROLE) -> None:
    """Take the schema back to a revision; `base` drops every table. Raises SchemaError."""
    _run(owner_url, role, lambda config: command.downgrade(config, to))


def current(url: str) -> str | None:
    """Return the revision that the database has, None where it has no schema. Raises SchemaError."""
    try:
        with _engine(url).connect() as connection:
            return revision_of(connection)
    except (SQLAlchemyError, ValueError) as error:
        raise SchemaError(_one_line(error)) from None


@cache
def head() -> str | None:
    """Return the newest revision that this version of the product knows."""
    return ScriptDirectory.from_config(_config({})).get_current_head()


def is_current(connection: Connection) -> bool:
    """Whether the database has exactly the newest revision."""
    return revision_of(connection) == head()


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the database has."""
    return MigrationContext.configure(connection).get_current_revision()


def _run(owner_url: str, role: str, step: Callable[[Config], None]) -> None:
    try:
        with _engine(owner_url).begin() as connection:
            step(_config({"connection": connection, "role": role}))
    except (SQLAlchemyError, CommandError, ValueError) as error:
        raise SchemaError(_one_line(error)) from None


def _config(attributes: dict[str, object]) -> Config:
    config = Config(attributes=attributes)
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _engine(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool, hide_parameters=True)


def _one_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
