"""Keep receipts of erasures, append-only, and with a tombstone the turns that rested on its document (R42)."""

from alembic import context, op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_STEPS = (
    "alter table tombstones add column turn_ids uuid[] not null default '{}'",
    "alter table tombstones alter column turn_ids drop default",
    """
    create table receipts (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        issued_at timestamptz not null,
        outcome text not null,
        about uuid not null,
        content bytea not null
    )
    """,
    "create index receipts_by_age on receipts (tenant_id, issued_at, id)",
    "create index receipts_by_subject on receipts (tenant_id, about)",
    "alter table receipts enable row level security",
    "alter table receipts force row level security",
    f"create policy tenant on receipts using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
    """
    create function refuse_receipt_change() returns trigger language plpgsql as
    $$ begin raise exception 'receipts are append-only' using errcode = 'insufficient_privilege'; end $$
    """,
    """
    create trigger append_only before update or delete or truncate on receipts
    for each statement execute function refuse_receipt_change()
    """,
    "alter table receipts enable always trigger append_only",
)


def upgrade() -> None:
    """Add table and column. The application may add receipts and read them, nothing else."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert on receipts to {role}")


def downgrade() -> None:
    """Take them away again: receipts that were handed out can still be verified."""
    op.drop_table("receipts")
    op.execute("drop function refuse_receipt_change()")
    op.drop_column("tombstones", "turn_ids")
