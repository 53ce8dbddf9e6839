"""The schema of the truth, step by step (Alembic)."""
