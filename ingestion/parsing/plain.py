"""Plain text and Markdown: kept as written, one page."""

import re

from ingestion.document import Document
from ingestion.parsing import encoding
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.limits import Limits

_HEADING = re.compile(r"^#{1,6}[ \t]+([^\r\n]{1,300})", re.MULTILINE)
_TITLE_WITHIN = 4096


def read_text(content: bytes, limits: Limits) -> Document:
    """Parse plain text."""
    text = CanonicalText(limits)
    source = encoding.read(content)
    text.add_page([source.text])
    return text.document(media_type="text/plain", remarks=source.remarks)


def read_markdown(content: bytes, limits: Limits) -> Document:
    """Parse Markdown: its source is its text, its first heading its title."""
    source = encoding.read(content)
    text = CanonicalText(limits)
    text.add_page([source.text])
    heading = _HEADING.search(source.text[:_TITLE_WITHIN])
    title = heading[1].rstrip("# \t") if heading else None
    return text.document(media_type="text/markdown", title=title, remarks=source.remarks)
