"""Erasure: what is asked for, what it destroys, and what is left."""

from service.erasure.destroying import Entombed, Erasure

__all__ = ["Entombed", "Erasure"]
