"""Hold documents for a matter: what is held is not erased, and two people release it (R45)."""

from alembic import context, op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = ("matters", "matter_documents")
_STEPS = (
    """
    create table matters (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        name bytea not null,
        note bytea,
        whole_tenant boolean not null,
        groups text[] not null,
        opened_at timestamptz not null,
        opened_by uuid not null,
        release_asked_at timestamptz,
        release_asked_by uuid,
        release_reason text,
        released_at timestamptz,
        released_by uuid,
        unique (tenant_id, id)
    )
    """,
    """
    create table matter_documents (
        tenant_id uuid not null,
        matter_id uuid not null,
        document_id uuid not null,
        added_at timestamptz not null,
        added_by uuid not null,
        primary key (matter_id, document_id),
        foreign key (tenant_id, matter_id) references matters (tenant_id, id)
    )
    """,
    "create index matter_documents_by_document on matter_documents (tenant_id, document_id)",
    # The database itself knows that one key alone releases nothing.
    """
    alter table matters add constraint matters_two_release check (
        released_at is null
        or (release_asked_by is not null and released_by is not null and release_asked_by <> released_by)
    )
    """,
)


def upgrade() -> None:
    """Add the tables. Nobody may delete from them, and of a matter only what its release and its reach need."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    for table in _TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy tenant on {table} using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})")
        op.execute(f"grant select, insert on {table} to {role}")
    columns = "whole_tenant, groups, release_asked_at, release_asked_by, release_reason, released_at, released_by"
    op.execute(f"grant update ({columns}) on matters to {role}")


def downgrade() -> None:
    """Take them away again: what was held is then held no longer."""
    for table in reversed(_TABLES):
        op.drop_table(table)
