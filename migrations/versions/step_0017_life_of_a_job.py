"""Let jobs have a priority, wait for their time and tell their progress; let a tenant's work be paused (R60)."""

from alembic import context, op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_NEW = ("priority", "not_before", "done", "total", "deferrals", "setback")
_STEPS = (
    """
    alter table jobs
        add column priority text not null default 'interactive',
        add column not_before timestamptz,
        add column done integer not null default 0,
        add column total integer not null default 0,
        add column deferrals integer not null default 0,
        add column setback text
    """,
    # The defaults were for the rows that there are; from now on every row says what it is.
    "alter table jobs alter column priority drop default, alter column done drop default",
    "alter table jobs alter column total drop default, alter column deferrals drop default",
    "create index jobs_dead on jobs (tenant_id, failure, document_id, id) where state in ('failed', 'cancelled')",
    """
    create table intake (
        tenant_id uuid primary key references tenants (id),
        paused_at timestamptz,
        paused_by uuid,
        swept_at timestamptz
    )
    """,
    "alter table intake enable row level security",
    "alter table intake force row level security",
    f"create policy tenant on intake using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
)


def upgrade() -> None:
    """Add the columns and the table."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert, delete, update (paused_at, paused_by, swept_at) on intake to {role}")


def downgrade() -> None:
    """Take them away again; what was cancelled counts as failed, a state that the schema before knows."""
    op.drop_table("intake")
    op.drop_index("jobs_dead", "jobs")
    op.execute("update jobs set state = 'failed' where state = 'cancelled'")
    for column in _NEW:
        op.drop_column("jobs", column)
