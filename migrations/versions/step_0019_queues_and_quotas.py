"""Say whose turn it is among all tenants, keep to quotas, and add up what operators look at (R60, R64)."""

from alembic import context, op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
_TABLES = (
    """
    create table tenant_usage (
        tenant_id uuid primary key references tenants (id),
        version bigint not null
    )
    """,
    """
    create table tallies (
        tenant_id uuid not null references tenants (id),
        name text not null,
        word text not null,
        total bigint not null,
        primary key (tenant_id, name, word)
    )
    """,
)
_INDEXES = (
    # A new job's place in its queue is the place where it is put in.
    "create index jobs_queued on jobs (tenant_id, kind, priority, created_at, id) where state = 'queued'",
    "create index jobs_running on jobs (tenant_id, kind, priority, created_at, id) where state = 'running'",
    "create index documents_by_state on documents (tenant_id, state) include (size)",
)
# Runs with the rights of whoever calls it: it sees of each tenant what a transaction of that tenant sees, and returns
# whether something is due and how many run.
_STANDINGS = """
create function job_standings(wanted text, at timestamptz)
returns table (tenant_id uuid, interactive boolean, bulk boolean, running integer, most integer)
language plpgsql volatile as $body$
declare
    before text := coalesce(current_setting('app.tenant', true), '');
    every uuid[] := array(select t.id from tenants t where t.slug not like 'erased-%');
begin
    foreach tenant_id in array every loop
        perform set_config('app.tenant', tenant_id::text, true);
        interactive := false;
        bulk := false;
        if not exists (select from intake i where i.paused_at is not null) then
            interactive := job_is_due(wanted, 'interactive', at);
            bulk := job_is_due(wanted, 'bulk', at);
        end if;
        select count(*) into running from jobs j
            where j.kind = wanted and j.state = 'running' and j.lease_until > at;
        select (p.policy -> 'quota' ->> 'running_jobs')::integer into most from tenant_policies p
            order by p.version desc limit 1;
        return next;
    end loop;
    perform set_config('app.tenant', before, true);
end
$body$
"""
_DUE = """
create function job_is_due(wanted text, wanted_priority text, at timestamptz) returns boolean
language sql volatile as $body$
    select exists (
        select from jobs j where j.kind = wanted and j.priority = wanted_priority and j.state = 'queued'
            and (j.not_before is null or j.not_before <= at)
    ) or exists (
        select from jobs j where j.kind = wanted and j.priority = wanted_priority and j.state = 'running'
            and j.lease_until <= at
    )
$body$
"""


def upgrade() -> None:
    """Add tables, indexes and functions."""
    role = op.get_bind().dialect.identifier_preparer.quote(str(context.config.attributes["role"]))
    for statement in (*_TABLES, *_INDEXES, _DUE, _STANDINGS):
        op.execute(statement)
    for table in ("tenant_usage", "tallies"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy tenant on {table} using (tenant_id = {_TENANT}) with check (tenant_id = {_TENANT})")
    op.execute(f"grant select, insert, update (version), delete on tenant_usage to {role}")
    op.execute(f"grant select, insert, update (total), delete on tallies to {role}")


def downgrade() -> None:
    """Take them away again."""
    op.execute("drop function job_standings(text, timestamptz)")
    op.execute("drop function job_is_due(text, text, timestamptz)")
    op.drop_index("documents_by_state", "documents")
    op.drop_index("jobs_running", "jobs")
    op.drop_index("jobs_queued", "jobs")
    op.drop_table("tallies")
    op.drop_table("tenant_usage")
