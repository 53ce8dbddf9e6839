"""Keep erasure requests: who asked for what and why, who agreed, until when, and what became of each item."""

from alembic import context, op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = ("erasures", "erasure_items")
_STEPS = (
    """
    create table erasures (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        kind text not null,
        reason text not null,
        state text not null,
        requested_by uuid not null,
        received_at timestamptz not null,
        due_at timestamptz not null,
        approvals_needed integer not null,
        cooling_off_hours integer not null,
        subject bytea,
        note bytea,
        extended_at timestamptz,
        extension text,
        located_at timestamptz,
        approvals jsonb not null,
        approved_at timestamptz,
        refusal text,
        tried_at timestamptz,
        ended_at timestamptz,
        closed_at timestamptz,
        unique (tenant_id, id)
    )
    """,
    "create index erasures_by_age on erasures (tenant_id, received_at, id)",
    "create index erasures_unclosed on erasures (tenant_id, state) where closed_at is null",
    """
    create table erasure_items (
        erasure_id uuid not null,
        tenant_id uuid not null,
        kind text not null,
        target uuid not null,
        state text not null,
        action text,
        certain boolean not null,
        added_later boolean not null,
        chunk_count integer not null,
        left_because text,
        held_by uuid[] not null,
        job_id uuid,
        replaced_by uuid,
        primary key (erasure_id, target),
        foreign key (tenant_id, erasure_id) references erasures (tenant_id, id)
    )
    """,
    "create index erasure_items_by_target on erasure_items (tenant_id, target)",
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
    """Add what R40 and R46 need. The application can delete no request: they are evidence."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert, update on erasures to {role}")
    op.execute(f"grant select, insert, update, delete on erasure_items to {role}")


def downgrade() -> None:
    """Take it away again."""
    for table in reversed(_TABLES):
        op.drop_table(table)
