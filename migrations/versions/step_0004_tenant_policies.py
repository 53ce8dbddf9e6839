"""Keep what each tenant wants beyond the operator's policy, every version of it."""

from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_STEPS = (
    """
    create table tenant_policies (
        tenant_id uuid not null references tenants (id),
        version integer not null,
        policy jsonb not null,
        set_at timestamptz not null,
        set_by uuid not null,
        primary key (tenant_id, version)
    )
    """,
    "alter table tenant_policies enable row level security",
    "alter table tenant_policies force row level security",
    f"create policy tenant on tenant_policies using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
)


def upgrade() -> None:
    """Add what R14 and R15 need. The application can add versions and change none."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert on tenant_policies to {role}")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("tenant_policies")
