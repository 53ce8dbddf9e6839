"""Let documents be found in others, their originals lie apart, and their erasure be remembered by where they were."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_STEPS = (
    "alter table documents add column parent_id uuid, add column apart boolean not null default false",
    # The default was for the rows that there are: nobody looked for documents in them.
    "alter table documents alter column apart drop default",
    "create index documents_by_parent on documents (tenant_id, parent_id) where parent_id is not null",
    "alter table tombstones add column original_ids uuid[] not null default '{}', add column identity text",
    "alter table tombstones alter column original_ids drop default",
    "create index tombstones_by_identity on tombstones (tenant_id, identity) where identity is not null",
)


def upgrade() -> None:
    """Add the columns."""
    for statement in _STEPS:
        op.execute(statement)


def downgrade() -> None:
    """Take them away again; what was found in others is then a document like any other."""
    op.drop_index("tombstones_by_identity", "tombstones")
    op.drop_index("documents_by_parent", "documents")
    for table, column in (
        ("tombstones", "identity"),
        ("tombstones", "original_ids"),
        ("documents", "apart"),
        ("documents", "parent_id"),
    ):
        op.drop_column(table, column)
