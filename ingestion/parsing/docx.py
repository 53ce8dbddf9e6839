"""Word documents: body, tables, headers, footers, notes and comments, as one page."""

from itertools import chain

from ingestion.document import Document
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.limits import Limits
from ingestion.parsing.ooxml import Package

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BEFORE = ("header",)
_AFTER = ("footnotes", "endnotes", "comments", "footer")


def read(content: bytes, limits: Limits) -> Document:
    """Parse a .docx. Its pages exist only when it is laid out, so it has one."""
    package = Package(content, limits)
    main = package.main_part()
    order = [*_parts(package, main, _BEFORE), main, *_parts(package, main, _AFTER)]
    text = CanonicalText(limits)
    text.add_page(chain.from_iterable(package.lines(part) for part in order))
    return text.document(media_type=MEDIA_TYPE, title=package.title())


def _parts(package: Package, main: str, kinds: tuple[str, ...]) -> list[str]:
    """Return the linked parts of these kinds, once each, leaving out those that repeat another's text."""
    found = {one.target: one.kind for one in package.relationships(main) if one.kind in kinds}
    by_text = {tuple(package.lines(part)): part for part in sorted(found, reverse=True)}
    return sorted(by_text.values(), key=lambda part: (kinds.index(found[part]), part))
