"""Let the refusals of a tenant that has ended go: their hashes stand for nothing without its key."""

from alembic import context, op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what R40 needs. Those of a living tenant stay: they keep what was erased from coming back."""
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(
        "create policy of_erased_tenants on refusals as restrictive for delete using (exists ("
        "select from tenants where tenants.id = refusals.tenant_id and tenants.slug like 'erased-%'))"
    )
    op.execute(f"grant delete on refusals to {role}")


def downgrade() -> None:
    """Take it away again."""
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"revoke delete on refusals from {role}")
    op.execute("drop policy of_erased_tenants on refusals")
