"""Scores on fixed public data, with floors."""
