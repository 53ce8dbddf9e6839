"""Keep the versions of a tenant's retention rules, who previewed and who approved them (R47)."""

from alembic import context, op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_STEPS = (
    """
    create table retention_policies (
        tenant_id uuid not null references tenants (id),
        version integer not null,
        rules jsonb not null,
        set_at timestamptz not null,
        set_by uuid not null,
        previewed_at timestamptz,
        previewed_by uuid,
        approved_at timestamptz,
        approved_by uuid,
        primary key (tenant_id, version)
    )
    """,
    "alter table retention_policies enable row level security",
    "alter table retention_policies force row level security",
    f"create policy tenant on retention_policies using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
)


def upgrade() -> None:
    """Add the table. What was set stays as it was set."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    columns = "previewed_at, previewed_by, approved_at, approved_by"
    op.execute(f"grant select, insert on retention_policies to {role}")
    op.execute(f"grant update ({columns}) on retention_policies to {role}")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("retention_policies")
