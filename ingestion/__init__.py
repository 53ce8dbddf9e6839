"""Bytes in, labelled chunks out. Pure: no network, no database, no import of the service."""
