"""In-memory twins of the ports, one module each, proven equal by the contract tests."""
