"""Keep who put a document into quarantine by hand, and since when."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_COLUMNS = {"withheld_at": "timestamptz", "withheld_by": "uuid"}


def upgrade() -> None:
    """Add both; nothing is kept back by hand until somebody does."""
    for name, kind in _COLUMNS.items():
        op.execute(f"alter table documents add column {name} {kind}")


def downgrade() -> None:
    """Take them away again; what was kept back stays in quarantine until it is labelled anew."""
    for name in _COLUMNS:
        op.drop_column("documents", name)
