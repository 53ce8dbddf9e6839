"""Bytes in, a Document out: one module per family of formats."""
