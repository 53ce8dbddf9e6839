"""Keep how much a document reads like instructions to a model, and who released it from quarantine."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = {
    # Null: never scored. It holds a score, static names of cues and ordinals; no word of the text.
    "injection": "jsonb",
    "released_at": "timestamptz",
    "released_by": "uuid",
    "release_reason": "text",
    "release_note": "bytea",
}


def upgrade() -> None:
    """Add what R20 needs; documents that exist stay as they are and are scored when they are labelled anew."""
    for name, kind in _COLUMNS.items():
        op.execute(f"alter table documents add column {name} {kind}")


def downgrade() -> None:
    """Take it away again. What is quarantined is handed in anew: nothing older would know of that state."""
    op.execute("update documents set state = 'failed', failure = 'quarantined' where state = 'quarantined'")
    for name in _COLUMNS:
        op.drop_column("documents", name)
