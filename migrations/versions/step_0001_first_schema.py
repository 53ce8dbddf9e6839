"""Create the tables with row-level security forced on each, and let the application's role work on them."""

from alembic import context, op
from sqlalchemy import text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """
    create table tenants (
        id uuid primary key,
        slug text not null unique,
        created_at timestamptz not null
    )
    """,
    """
    create table api_keys (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        name text not null,
        secret_sha256 text not null unique,
        role text not null,
        groups text[] not null,
        created_at timestamptz not null,
        expires_at timestamptz,
        revoked_at timestamptz
    )
    """,
    """
    create table documents (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        state text not null,
        title bytea not null,
        file_name bytea not null,
        external_id bytea,
        external_fingerprint text,
        content_fingerprint text not null,
        media_type text not null,
        size bigint not null,
        groups text[] not null,
        declared text[] not null,
        created_at timestamptz not null,
        created_by uuid not null,
        chunk_count integer not null,
        page_count integer not null,
        label_counts jsonb not null,
        failure text,
        failure_detail text,
        unique (tenant_id, id),
        unique (tenant_id, external_fingerprint)
    )
    """,
    # A chunk has no id of its own: its point's id is derived, so no list of ids lies in these bytes.
    """
    create table chunks (
        tenant_id uuid not null,
        document_id uuid not null,
        ordinal integer not null,
        "start" integer not null,
        "end" integer not null,
        first_page integer not null,
        last_page integer not null,
        text bytea not null,
        label jsonb not null,
        primary key (document_id, ordinal),
        foreign key (tenant_id, document_id) references documents (tenant_id, id) on delete cascade
    )
    """,
    # No foreign key to the document: what was done with it stays known after it is gone.
    """
    create table jobs (
        id uuid primary key,
        tenant_id uuid not null references tenants (id),
        kind text not null,
        document_id uuid not null,
        state text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        attempts integer not null,
        fence integer not null,
        lease_until timestamptz,
        stage text not null,
        failure text,
        failure_detail text
    )
    """,
    """
    create table tombstones (
        document_id uuid primary key,
        tenant_id uuid not null references tenants (id),
        chunk_count integer not null,
        erased_at timestamptz not null,
        erased_by uuid,
        gone_at timestamptz
    )
    """,
    """
    create table audit_entries (
        number bigint generated always as identity primary key,
        id uuid not null unique,
        tenant_id uuid not null references tenants (id),
        at timestamptz not null,
        actor uuid,
        action text not null,
        subject uuid,
        facts jsonb not null
    )
    """,
)
_INDEXES = (
    "create index api_keys_by_age on api_keys (tenant_id, created_at)",
    "create index documents_by_age on documents (tenant_id, created_at, id)",
    "create index documents_by_content on documents (tenant_id, content_fingerprint)",
    "create index jobs_by_age on jobs (tenant_id, created_at, id)",
    "create index jobs_by_document on jobs (tenant_id, document_id)",
    # Only what is still to be done: the ledger grows, this index does not.
    "create index jobs_open on jobs (tenant_id, kind, created_at, id) where state in ('queued', 'running')",
    "create index audit_entries_by_age on audit_entries (tenant_id, at, number)",
)
_GRANTS = {
    "alembic_version": "select",
    "tenants": "select, insert",
    "api_keys": "select, insert, update (revoked_at)",
    "documents": "select, insert, update, delete",
    "chunks": "select, insert, delete",
    "jobs": "select, insert, update",
    "tombstones": "select, insert, update (gone_at)",
    "audit_entries": "select, insert",
}
_OWNED = tuple(table for table in _GRANTS if table not in {"alembic_version", "tenants"})
_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_KEY_HASH = "nullif(current_setting('app.key_hash', true), '')"


def upgrade() -> None:
    """Build everything from empty."""
    for statement in (*_TABLES, *_INDEXES):
        op.execute(statement)
    _force_row_level_security()
    _refuse_changes_of_the_audit()
    _admit_the_application()


def downgrade() -> None:
    """Drop everything but the role, which other databases of the same server may use."""
    role = _quoted_role()
    op.execute(f"revoke all on alembic_version from {role}")
    op.execute(f"revoke usage on schema public from {role}")
    for table in ("audit_entries", "tombstones", "jobs", "chunks", "documents", "api_keys", "tenants"):
        op.drop_table(table)
    op.execute("drop function refuse_audit_change()")


def _force_row_level_security() -> None:
    for table in (*_OWNED, "tenants"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
    for table in _OWNED:
        op.execute(f"create policy tenant on {table} using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})")
    # A key is looked up before it is known whose it is: whoever knows its hash may read that one row.
    op.execute(f"create policy presented on api_keys for select using (secret_sha256 = {_KEY_HASH})")
    op.execute("create policy everyone on tenants for select using (true)")
    op.execute(f"create policy itself on tenants for insert with check (id = {_TENANT})")


def _refuse_changes_of_the_audit() -> None:
    op.execute(
        """
        create function refuse_audit_change() returns trigger language plpgsql as
        $$ begin raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege'; end $$
        """
    )
    op.execute(
        """
        create trigger append_only before update or delete or truncate on audit_entries
        for each statement execute function refuse_audit_change()
        """
    )
    op.execute("alter table audit_entries enable always trigger append_only")


def _admit_the_application() -> None:
    role = _quoted_role()
    found = op.get_bind().execute(
        text("select rolsuper or rolbypassrls from pg_roles where rolname = :role"), {"role": _role()}
    )
    unbound = found.scalar()
    if unbound:
        message = f"the role {_role()} bypasses row-level security; take SUPERUSER and BYPASSRLS from it"
        raise ValueError(message)
    if unbound is None:
        op.execute(f"create role {role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls")
    op.execute(f"grant usage on schema public to {role}")
    for table, privileges in _GRANTS.items():
        op.execute(f"grant {privileges} on {table} to {role}")


def _role() -> str:
    return str(context.config.attributes["role"])


def _quoted_role() -> str:
    return op.get_bind().dialect.identifier_preparer.quote(_role())
