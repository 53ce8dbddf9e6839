"""Let the application end a tenant: forget names of API keys, policies and the tenant's own name."""

from alembic import context, op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_GRANTS = ("update (name) on api_keys", "delete on tenant_policies", "update (slug) on tenants")


def upgrade() -> None:
    """Add what R40 needs for a tenant; of `tenants` a transaction changes its own row only.

    Policies are evidence of what was in force: only those of a tenant whose name was replaced can be deleted.
    """
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"create policy itself_renamed on tenants for update using (id = {_TENANT}) with check (id = {_TENANT})")
    op.execute(
        "create policy of_erased_tenants on tenant_policies as restrictive for delete using (exists ("
        "select from tenants where tenants.id = tenant_policies.tenant_id and tenants.slug like 'erased-%'))"
    )
    for grant in _GRANTS:
        op.execute(f"grant {grant} to {role}")


def downgrade() -> None:
    """Take it away again."""
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    for grant in _GRANTS:
        op.execute(f"revoke {grant} from {role}")
    op.execute("drop policy of_erased_tenants on tenant_policies")
    op.execute("drop policy itself_renamed on tenants")
