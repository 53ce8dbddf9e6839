"""Patterns with proof: a shape, a validator and, where the shape alone proves little, words around it."""
