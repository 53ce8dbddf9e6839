"""A made-up company whose documents name people, and how well these are located in it (R40)."""
