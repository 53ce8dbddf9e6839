"""One module per outside thing, and the only door to its client."""
