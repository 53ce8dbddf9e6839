"""The command line: `ringfence …`."""

from service.cli.main import main

__all__ = ["main"]
