"""The promises, and the tests that show them."""
