"""The tables of the truth, as SQLAlchemy knows them; `migrations` makes them, a test keeps the two alike."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    }
)
_MOMENT = DateTime(timezone=True)

tenants = Table(
    "tenants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("created_at", _MOMENT, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("groups", ARRAY(Text), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("expires_at", _MOMENT),
    Column("revoked_at", _MOMENT),
    Index("api_keys_by_age", "tenant_id", "created_at"),
)

canaries = Table(
    "canaries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("length", Integer, nullable=False),
    Column("stem", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Index("canaries_by_age", "tenant_id", "created_at"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("title", LargeBinary, nullable=False),
    Column("file_name", LargeBinary, nullable=False),
    Column("external_id", LargeBinary),
    Column("external_fingerprint", Text),
    Column("content_fingerprint", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("groups", ARRAY(Text), nullable=False),
    Column("declared", ARRAY(Text), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("chunk_count", Integer, nullable=False),
    Column("page_count", Integer, nullable=False),
    Column("label_counts", JSONB, nullable=False),
    Column("failure", Text),
    Column("failure_detail", Text),
    Column("labeller_version", Text),
    Column("relabel_failed", Text),
    Column("injection", JSONB(none_as_null=True)),
    Column("released_at", _MOMENT),
    Column("released_by", Uuid),
    Column("release_reason", Text),
    Column("release_note", LargeBinary),
    Column("subjects_version", Text),
    Column("sketch", ARRAY(Integer), nullable=False),
    Column("resembles", Uuid),
    Column("resemblance", Double),
    Column("parent_id", Uuid),
    Column("apart", Boolean, nullable=False),
    Column("remarks", ARRAY(Text), nullable=False),
    UniqueConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "external_fingerprint"),
    Index("documents_by_age", "tenant_id", "created_at", "id"),
    Index("documents_by_content", "tenant_id", "content_fingerprint"),
    Index("documents_by_parent", "tenant_id", "parent_id", postgresql_where=text("parent_id is not null")),
    Index("documents_by_labeller", "tenant_id", "labeller_version"),
    Index("documents_by_state", "tenant_id", "state", postgresql_include=["size"]),
    Index("documents_by_subjects", "tenant_id", "subjects_version"),
)

subject_marks = Table(
    "subject_marks",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("document_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("mark", LargeBinary, primary_key=True),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"], ondelete="CASCADE"),
    Index("subject_marks_by_mark", "tenant_id", "mark"),
)

turn_marks = Table(
    "turn_marks",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("turn_id", Uuid, primary_key=True),
    Column("mark", LargeBinary, primary_key=True),
    ForeignKeyConstraint(["tenant_id", "turn_id"], ["turns.tenant_id", "turns.id"], ondelete="CASCADE"),
    Index("turn_marks_by_mark", "tenant_id", "mark"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("document_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("first_page", Integer, nullable=False),
    Column("last_page", Integer, nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("label", JSONB, nullable=False),
    Column("machine_label", JSONB(none_as_null=True)),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"], ondelete="CASCADE"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("document_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("review", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", LargeBinary),
    Column("labeller_version", Text, nullable=False),
    Column("reviewed_at", _MOMENT, nullable=False),
    Column("reviewed_by", Uuid, nullable=False),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"], ondelete="CASCADE"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", _MOMENT),
    Column("stage", Text, nullable=False),
    Column("failure", Text),
    Column("failure_detail", Text),
    Column("priority", Text, nullable=False),
    Column("not_before", _MOMENT),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("deferrals", Integer, nullable=False),
    Column("setback", Text),
    Index("jobs_by_age", "tenant_id", "created_at", "id"),
    Index("jobs_by_document", "tenant_id", "document_id"),
    Index(
        "jobs_open", "tenant_id", "kind", "created_at", "id", postgresql_where=text("state in ('queued', 'running')")
    ),
    Index(
        "jobs_queued",
        *("tenant_id", "kind", "priority", "created_at", "id"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "jobs_running",
        *("tenant_id", "kind", "priority", "created_at", "id"),
        postgresql_where=text("state = 'running'"),
    ),
    Index(
        "jobs_dead",
        "tenant_id",
        "failure",
        "document_id",
        "id",
        postgresql_where=text("state in ('failed', 'cancelled')"),
    ),
)

intake = Table(
    "intake",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True),
    Column("paused_at", _MOMENT),
    Column("paused_by", Uuid),
    Column("swept_at", _MOMENT),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("document_id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("chunk_count", Integer, nullable=False),
    Column("erased_at", _MOMENT, nullable=False),
    Column("erased_by", Uuid),
    Column("gone_at", _MOMENT),
    Column("turn_ids", ARRAY(Uuid), nullable=False),
    Column("original_ids", ARRAY(Uuid), nullable=False),
    Column("identity", Text),
    Index("tombstones_by_identity", "tenant_id", "identity", postgresql_where=text("identity is not null")),
)

refusals = Table(
    "refusals",
    metadata,
    Column("document_id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("content_fingerprint", Text, nullable=False),
    Column("external_fingerprint", Text),
    Column("sketch", ARRAY(Integer), nullable=False),
    Column("groups", ARRAY(Text), nullable=False),
    Column("refused_at", _MOMENT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("lifted_at", _MOMENT),
    Column("lifted_by", Uuid),
    Column("lift_reason", Text),
    Index("refusals_by_age", "tenant_id", "refused_at", "document_id"),
    Index("refusals_by_content", "tenant_id", "content_fingerprint", postgresql_where=text("lifted_at is null")),
    Index("refusals_by_external_id", "tenant_id", "external_fingerprint", postgresql_where=text("lifted_at is null")),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", BigInteger, Identity(always=False), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("actor", Text),
    Column("action", Text, nullable=False),
    Column("subject", Uuid),
    Column("facts", JSONB, nullable=False),
    Column("personal", LargeBinary),
    Column("leaf_hash", LargeBinary, nullable=False),
    Index("audit_entries_by_age", "tenant_id", "at", "number"),
    Index("audit_entries_by_number", "tenant_id", "number"),
    Index("audit_entries_by_subject", "tenant_id", "subject"),
)

# No foreign key to the entry: where somebody removed one, its leaf stays and tells.
audit_leaves = Table(
    "audit_leaves",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True),
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_number", BigInteger, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    UniqueConstraint("tenant_id", "entry_number"),
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("owner", Uuid, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("turns", Integer, nullable=False),
    Column("erased_at", _MOMENT),
    UniqueConstraint("tenant_id", "id"),
    Index("conversations_by_owner", "tenant_id", "owner", "created_at", "id"),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("conversation_id", Uuid, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("question", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("question_label", JSONB, nullable=False),
    Column("context", ARRAY(Integer), nullable=False),
    Column("route", Text, nullable=False),
    Column("labeller_version", Text, nullable=False),
    Column("asked_at", _MOMENT, nullable=False),
    Column("answered_at", _MOMENT, nullable=False),
    Column("request_fingerprint", Text),
    Column("erased_at", _MOMENT),
    UniqueConstraint("tenant_id", "id"),
    UniqueConstraint("conversation_id", "ordinal"),
    UniqueConstraint("tenant_id", "request_fingerprint"),
    ForeignKeyConstraint(["tenant_id", "conversation_id"], ["conversations.tenant_id", "conversations.id"]),
    Index("turns_erased", "tenant_id", "id", postgresql_where=text("erased_at is not null")),
)

turn_sources = Table(
    "turn_sources",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("turn_id", Uuid, primary_key=True),
    Column("document_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer),
    Column("score", Double, nullable=False),
    ForeignKeyConstraint(["tenant_id", "turn_id"], ["turns.tenant_id", "turns.id"], ondelete="CASCADE"),
    Index("turn_sources_by_document", "tenant_id", "document_id"),
)

tenant_policies = Table(
    "tenant_policies",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("policy", JSONB, nullable=False),
    Column("set_at", _MOMENT, nullable=False),
    Column("set_by", Uuid, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("issued_at", _MOMENT, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("about", Uuid, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("receipts_by_age", "tenant_id", "issued_at", "id"),
    Index("receipts_by_subject", "tenant_id", "about"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", Uuid, nullable=False),
    Column("received_at", _MOMENT, nullable=False),
    Column("due_at", _MOMENT, nullable=False),
    Column("approvals_needed", Integer, nullable=False),
    Column("cooling_off_hours", Integer, nullable=False),
    Column("subject", LargeBinary),
    Column("note", LargeBinary),
    Column("extended_at", _MOMENT),
    Column("extension", Text),
    Column("located_at", _MOMENT),
    Column("approvals", JSONB, nullable=False),
    Column("approved_at", _MOMENT),
    Column("refusal", Text),
    Column("tried_at", _MOMENT),
    Column("ended_at", _MOMENT),
    Column("closed_at", _MOMENT),
    UniqueConstraint("tenant_id", "id"),
    Index("erasures_by_age", "tenant_id", "received_at", "id"),
    Index("erasures_unclosed", "tenant_id", "state", postgresql_where=text("closed_at is null")),
)

erasure_items = Table(
    "erasure_items",
    metadata,
    Column("erasure_id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("action", Text),
    Column("certain", Boolean, nullable=False),
    Column("added_later", Boolean, nullable=False),
    Column("chunk_count", Integer, nullable=False),
    Column("left_because", Text),
    Column("held_by", ARRAY(Uuid), nullable=False),
    Column("job_id", Uuid),
    Column("replaced_by", Uuid),
    ForeignKeyConstraint(["tenant_id", "erasure_id"], ["erasures.tenant_id", "erasures.id"]),
    Index("erasure_items_by_target", "tenant_id", "target"),
)
