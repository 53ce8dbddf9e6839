"""Measures a labeller on labelled rows: recall, false positives, what may leave, evasion, and what it costs."""
