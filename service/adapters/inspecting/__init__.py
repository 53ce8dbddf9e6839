"""Inspectors: one per store, each asking in its own way, none sharing code with what writes there or deletes."""
