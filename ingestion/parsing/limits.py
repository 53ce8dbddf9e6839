"""How much of a source is read before it counts as unreadable."""

from dataclasses import dataclass

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that hold for every format; text is counted in code points of the canonical text."""

    max_bytes: int = 50 * _MB
    max_pages: int = 2_000
    max_text: int = 20_000_000
    max_members: int = 10_000
    max_unpacked_bytes: int = 512 * _MB
    max_ratio: int = 200
    max_depth: int = 5_000
    max_attachments: int = 1_000
    max_attached_bytes: int = 64 * _MB
