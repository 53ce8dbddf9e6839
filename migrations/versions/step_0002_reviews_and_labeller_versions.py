"""Keep reviews of labels, what the labeller itself said, and which labeller version labelled a document."""

from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_STEPS = (
    # Null: nobody noted it, so the document is labelled anew.
    "alter table documents add column labeller_version text, add column relabel_failed text",
    # Null: what the labeller said is what counts.
    "alter table chunks add column machine_label jsonb",
    "create index documents_by_labeller on documents (tenant_id, labeller_version)",
    # It hangs on the document and not on the chunk, whose row is written anew by every relabelling.
    """
    create table reviews (
        tenant_id uuid not null,
        document_id uuid not null,
        ordinal integer not null,
        review jsonb not null,
        reason text not null,
        note bytea,
        labeller_version text not null,
        reviewed_at timestamptz not null,
        reviewed_by uuid not null,
        primary key (document_id, ordinal),
        foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
    )
    """,
    "alter table reviews enable row level security",
    "alter table reviews force row level security",
    f"create policy tenant on reviews using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})",
)


def upgrade() -> None:
    """Add what R6 needs; rows that exist stay as they are."""
    for statement in _STEPS:
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    op.execute(f"grant select, insert, update, delete on reviews to {role}")


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("reviews")
    op.execute("drop index documents_by_labeller")
    op.execute("alter table chunks drop column machine_label")
    op.execute("alter table documents drop column labeller_version, drop column relabel_failed")
