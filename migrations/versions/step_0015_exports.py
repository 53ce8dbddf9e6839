"""Keep exports of a person's data, and which documents and turns each holds (R47)."""

from alembic import context, op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = ("exports", "export_documents", "export_turns")
_STEPS = (
    """
    create table exports (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        subject bytea not null,
        made_at timestamptz not null,
        made_by uuid not null,
        expires_at timestamptz not null,
        size bigint not null,
        fetches integer not null,
        ready_at timestamptz,
        removed_at timestamptz,
        unique (tenant_id, id)
    )
    """,
    """
    create table export_documents (
        tenant_id uuid not null,
        export_id uuid not null,
        document_id uuid not null,
        primary key (export_id, document_id),
        foreign key (tenant_id, export_id) references exports (tenant_id, id) on delete cascade
    )
    """,
    "create index export_documents_by_document on export_documents (tenant_id, document_id)",
    """
    create table export_turns (
        tenant_id uuid not null,
        export_id uuid not null,
        turn_id uuid not null,
        primary key (export_id, turn_id),
        foreign key (tenant_id, export_id) references exports (tenant_id, id) on delete cascade
    )
    """,
    "create index export_turns_by_turn on export_turns (tenant_id, turn_id)",
)


def upgrade() -> None:
    """Add the tables."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    for table in _TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy tenant on {table} using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})")
        op.execute(f"grant select, insert, delete on {table} to {role}")
    op.execute(f"grant update (size, fetches, ready_at, removed_at) on exports to {role}")


def downgrade() -> None:
    """Take them away again."""
    for table in reversed(_TABLES):
        op.drop_table(table)
