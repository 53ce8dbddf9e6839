"""What `ringfence up` tells the person who started it: one line per event."""

from rich.console import Console


class Progress:
    """Prints lines; goes on silently where nobody reads them any more."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    @classmethod
    def silent(cls) -> "Progress":
        """Return one that says nothing."""
        return cls(Console(quiet=True))

    def ready(self, title: str, seconds: float) -> None:
        """Say that a part is ready."""
        self.say(f"{title} … ready [dim]{seconds:.1f} s[/dim]")

    def say(self, line: str) -> None:
        """Print a line."""
        try:
            self._console.print(line)
        except OSError:
            self._console.quiet = True
