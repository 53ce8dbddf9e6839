"""Keep which vector space a tenant is served from, and how far another is that is built beside it (R63)."""

from alembic import context, op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = ("vector_spaces", "space_documents")
_STEPS = (
    """
    create table vector_spaces (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        state text not null,
        name text not null,
        model text not null,
        precision text not null,
        dimensions integer not null,
        created_at timestamptz not null,
        created_by uuid,
        hold boolean not null,
        fence integer not null,
        lease_until timestamptz,
        seen_whole_at timestamptz,
        served_at timestamptz,
        ended_at timestamptz,
        dropped_at timestamptz
    )
    """,
    """
    create unique index vector_spaces_one_in_a_state on vector_spaces (tenant_id, state)
    where state in ('building', 'serving')
    """,
    "create unique index vector_spaces_one_of_a_name on vector_spaces (tenant_id, name) where dropped_at is null",
    """
    create table space_documents (
        tenant_id uuid not null,
        space_id uuid not null references vector_spaces (id),
        document_id uuid not null,
        verified boolean not null,
        primary key (space_id, document_id),
        foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
    )
    """,
    "create index space_documents_by_document on space_documents (tenant_id, document_id)",
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
    """Add the tables. A tenant without a row is served from the space of the configured embedder, as before."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert, update on vector_spaces to {role}")
    op.execute(f"grant select, insert, update, delete on space_documents to {role}")


def downgrade() -> None:
    """Take them away again."""
    for table in reversed(_TABLES):
        op.drop_table(table)
