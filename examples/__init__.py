"""Example documents of two made-up tenants, and a demonstration that uses them."""
