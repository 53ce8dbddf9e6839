"""What every detector takes and gives: the views of a text in, findings with spans of the original out."""

from collections.abc import Iterable
from typing import Protocol

from ingestion.labelling.normalising import Views
from ingestion.sensitivity import Finding


class Detector(Protocol):
    """Looks for one family of reasons. What it raises is caught, and makes the text unknown."""

    @property
    def name(self) -> str:
        """A static name, for findings and reasons."""
        ...

    def findings(self, views: Views) -> Iterable[Finding]:
        """Yield what is found."""
        ...
