"""Documents are parsed in processes that can harm nobody."""

from service.adapters.sandbox.parser import SandboxedParser

__all__ = ["SandboxedParser"]
