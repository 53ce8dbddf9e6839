"""Keep canaries: planted tokens, known by keyed hashes alone (R19)."""

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_STEPS = (
    """
    create table canaries (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        length integer not null,
        stem text not null,
        fingerprint text not null,
        created_at timestamptz not null,
        created_by uuid not null
    )
    """,
    "create index canaries_by_age on canaries (tenant_id, created_at)",
    "alter table canaries enable row level security",
    "alter table canaries force row level security",
    f"create policy tenant on canaries using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
)


def upgrade() -> None:
    """Add the table."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert, delete on canaries to {role}")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("canaries")
