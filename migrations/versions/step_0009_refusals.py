"""Keep what was erased from coming back: keyed hashes of it, and who let something in again (R44)."""

from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_STEPS = (
    """
    create table refusals (
        document_id uuid primary key,
        tenant_id uuid not null references tenants (id),
        content_fingerprint text not null,
        external_fingerprint text,
        sketch integer[] not null,
        groups text[] not null,
        refused_at timestamptz not null,
        reason text not null,
        lifted_at timestamptz,
        lifted_by uuid,
        lift_reason text
    )
    """,
    "create index refusals_by_age on refusals (tenant_id, refused_at, document_id)",
    "create index refusals_by_content on refusals (tenant_id, content_fingerprint) where lifted_at is null",
    "create index refusals_by_external_id on refusals (tenant_id, external_fingerprint) where lifted_at is null",
    "alter table refusals enable row level security",
    "alter table refusals force row level security",
    f"create policy tenant on refusals using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
    # Keyed hashes of a few runs of words, empty where nobody made them; and what the document resembled when read.
    "alter table documents add column sketch integer[] not null default '{}'",
    "alter table documents alter column sketch drop default",
    "alter table documents add column resembles uuid",
    "alter table documents add column resemblance double precision",
)


def upgrade() -> None:
    """Add the table, and to documents what their refusal will be made of."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert on refusals to {role}")
    op.execute(f"grant update (lifted_at, lifted_by, lift_reason) on refusals to {role}")


def downgrade() -> None:
    """Take it away again."""
    for column in ("sketch", "resembles", "resemblance"):
        op.drop_column("documents", column)
    op.drop_table("refusals")
