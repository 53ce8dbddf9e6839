"""Keep conversations: turns as ciphertext, and beside each the chunks that it rests on."""

from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = (
    """
    create table conversations (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        owner uuid not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        turns integer not null,
        erased_at timestamptz,
        unique (tenant_id, id)
    )
    """,
    # A hidden turn keeps its row until its key is destroyed: its id is the only way to the key.
    """
    create table turns (
        id uuid primary key,
        tenant_id uuid not null,
        conversation_id uuid not null,
        ordinal integer not null,
        question bytea not null,
        answer bytea not null,
        question_label jsonb not null,
        context integer[] not null,
        route text not null,
        labeller_version text not null,
        asked_at timestamptz not null,
        answered_at timestamptz not null,
        request_fingerprint text,
        erased_at timestamptz,
        unique (tenant_id, id),
        unique (conversation_id, ordinal),
        unique (tenant_id, request_fingerprint),
        foreign key (tenant_id, conversation_id) references conversations (tenant_id, id)
    )
    """,
    # No foreign key to the document: the lineage outlives it until the turn's key is destroyed.
    """
    create table turn_sources (
        tenant_id uuid not null,
        turn_id uuid not null,
        document_id uuid not null,
        ordinal integer not null,
        number integer,
        score double precision not null,
        primary key (turn_id, document_id, ordinal),
        foreign key (tenant_id, turn_id) references turns (tenant_id, id) on delete cascade
    )
    """,
)
_INDEXES = (
    "create index conversations_by_owner on conversations (tenant_id, owner, created_at, id)",
    "create index turns_erased on turns (tenant_id, id) where erased_at is not null",
    "create index turn_sources_by_document on turn_sources (tenant_id, document_id)",
)
_GRANTS = {
    "conversations": "select, insert, update, delete",
    "turns": "select, insert, update (erased_at), delete",
    "turn_sources": "select, insert, delete",
}


def upgrade() -> None:
    """Add the three tables, each bound to its tenant."""
    for statement in (*_TABLES, *_INDEXES):
        op.execute(statement)
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    for table, privileges in _GRANTS.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy tenant on {table} using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})")
        op.execute(f"grant {privileges} on {table} to {role}")


def downgrade() -> None:
    """Take them away again."""
    for table in ("turn_sources", "turns", "conversations"):
        op.drop_table(table)
