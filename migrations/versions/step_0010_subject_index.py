"""Index whom chunks and turns name, by keyed hashes alone (R40)."""

from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = ("subject_marks", "turn_marks")
_STEPS = (
    "alter table documents add column subjects_version text",
    "create index documents_by_subjects on documents (tenant_id, subjects_version)",
    """
    create table subject_marks (
        tenant_id uuid not null,
        document_id uuid not null,
        ordinal integer not null,
        mark bytea not null,
        primary key (document_id, ordinal, mark),
        foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
    )
    """,
    "create index subject_marks_by_mark on subject_marks (tenant_id, mark)",
    """
    create table turn_marks (
        tenant_id uuid not null,
        turn_id uuid not null,
        mark bytea not null,
        primary key (turn_id, mark),
        foreign key (tenant_id, turn_id) references turns (tenant_id, id) on delete cascade
    )
    """,
    "create index turn_marks_by_mark on turn_marks (tenant_id, mark)",
    *(
        statement
        for table in _TABLES
        for statement in (
            f"alter table {table} enable row level security",
            f"alter table {table} force row level security",
            f"create policy tenant on {table} using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
        )
    ),
)


def upgrade() -> None:
    """Add the index. What was ingested before is marked in the background."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert, delete on subject_marks, turn_marks to {role}")


def downgrade() -> None:
    """Take it away again."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_index("documents_by_subjects")
    op.drop_column("documents", "subjects_version")
