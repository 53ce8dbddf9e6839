"""Keep how a document's text was read, so that labels can doubt what was recognised or guessed (R5, R61)."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the documents that there are nothing was recognised."""
    op.execute("alter table documents add column remarks text[] not null default '{}'")
    op.execute("alter table documents alter column remarks drop default")


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("documents", "remarks")
