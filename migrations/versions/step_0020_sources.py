"""Keep where documents come from, the runs through it, and keyed hashes of what was found there (R60)."""

from alembic import context, op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = ("sources", "source_runs", "source_items")
_STEPS = (
    """
    create table sources (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        kind text not null,
        name bytea not null,
        settings bytea not null,
        gone text not null,
        brake_percent integer not null,
        every_seconds integer,
        created_at timestamptz not null,
        created_by uuid not null,
        due_at timestamptz,
        paused_at timestamptz,
        unique (tenant_id, id)
    )
    """,
    """
    create table source_runs (
        id uuid primary key,
        tenant_id uuid not null,
        source_id uuid not null,
        state text not null,
        asked_at timestamptz not null,
        updated_at timestamptz not null,
        asked_by uuid,
        dry boolean not null,
        verify boolean not null,
        confirmed boolean not null,
        phase text not null,
        started_at timestamptz,
        ended_at timestamptz,
        fence integer not null,
        lease_until timestamptz,
        cursor bytea,
        cleared bigint not null,
        seen bytea not null,
        matched bytea not null,
        floor bigint not null,
        known bigint not null,
        counts jsonb not null,
        failure text,
        foreign key (tenant_id, source_id) references sources (tenant_id, id) on delete cascade
    )
    """,
    "create index source_runs_by_age on source_runs (tenant_id, source_id, asked_at, id)",
    "create unique index source_runs_open on source_runs (tenant_id, source_id) where state in ('queued', 'running')",
    """
    create table source_items (
        tenant_id uuid not null,
        source_id uuid not null,
        place text not null,
        number bigint not null,
        hint text,
        access text,
        content text,
        document_id uuid,
        owned boolean not null,
        trouble text,
        name bytea,
        gone_at timestamptz,
        primary key (source_id, place),
        unique (source_id, number),
        foreign key (tenant_id, source_id) references sources (tenant_id, id) on delete cascade,
        foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
    )
    """,
    "create index source_items_by_document on source_items (tenant_id, document_id)",
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
    op.execute(f"grant update (every_seconds, due_at, paused_at) on sources to {role}")
    op.execute(f"grant update on source_runs, source_items to {role}")


def downgrade() -> None:
    """Take them away again; the documents stay."""
    for table in reversed(_TABLES):
        op.drop_table(table)
