"""Real servers for tests: each module starts one of its own and stops it."""
