"""EPUB: the chapters in reading order, each a page. Names are looked up in the container only."""

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import hypertext
from ingestion.parsing.canonical import CanonicalText, too_many_pages
from ingestion.parsing.encoding import decoded
from ingestion.parsing.limits import Limits
from ingestion.parsing.parts import Parts, Property, Target, local

MEDIA_TYPE = "application/epub+zip"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_SCRAMBLED_FONTS = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_CHAPTERS = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbncx+xml"})
_EMPTY_ELEMENT = re.compile(r"<([a-zA-Z][\w:-]{0,40})((?:\s[^<>]*)?)/>")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)


def read(content: bytes, limits: Limits) -> Document:
    """Parse an e-book. Fonts may be scrambled; chapters that are encrypted make the book unreadable."""
    parts = Parts(content, limits)
    _refuse_encrypted(parts)
    package = _package_of(parts)
    listing = _Listing()
    parts.feed(package, listing)
    chapters = list(_chapters(parts, package, listing))
    if len(chapters) > limits.max_pages:
        raise too_many_pages(limits)
    text = CanonicalText(limits)
    for chapter in chapters:
        text.add_page([hypertext.visible_text(_as_html(decoded(parts.read(chapter))), limits)])
    title = Property("title")
    parts.feed(package, title)
    return text.document(media_type=MEDIA_TYPE, title=title.text or None)


def _refuse_encrypted(parts: Parts) -> None:
    found = _Methods()
    parts.feed(_ENCRYPTION, found)
    if found.algorithms - _SCRAMBLED_FONTS:
        raise UnreadableError(Unreadable.ENCRYPTED, "protected by digital rights management")


def _package_of(parts: Parts) -> str:
    root = _Root()
    parts.feed(_CONTAINER, root)
    if root.path not in parts.names:
        raise UnreadableError(Unreadable.DAMAGED, "the container names no book")
    return root.path


def _chapters(parts: Parts, package: str, listing: "_Listing") -> Iterator[str]:
    folder = posixpath.dirname(package)
    for identity in listing.order:
        href, media_type = listing.items.get(identity, ("", ""))
        path = posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))
        if path not in parts.names:
            raise UnreadableError(Unreadable.DAMAGED, "a chapter lies outside the book or is missing")
        if media_type in _CHAPTERS:
            yield path


def _as_html(source: str) -> str:
    """Write empty elements out: to an HTML parser `<title/>` is the beginning of a title that never ends."""

    def written_out(element: re.Match[str]) -> str:
        name, attributes = element.groups()
        return element[0] if name.lower() in _VOID else f"<{name}{attributes}></{name}>"

    return _EMPTY_ELEMENT.sub(written_out, source)


class _Root(Target):
    def __init__(self) -> None:
        self.path = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "rootfile" and not self.path:
            self.path = attributes.get("full-path", "")


class _Methods(Target):
    def __init__(self) -> None:
        self.algorithms: set[str] = set()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "EncryptionMethod":
            self.algorithms.add(attributes.get("Algorithm", ""))


class _Listing(Target):
    """The manifest (id to path and media type) and the spine (ids in reading order)."""

    def __init__(self) -> None:
        self.items: dict[str, tuple[str, str]] = {}
        self.order: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match local(tag):
            case "item":
                place = attributes.get("href", ""), attributes.get("media-type", "")
                self.items[attributes.get("id", "")] = place
            case "itemref":
                self.order.append(attributes.get("idref", ""))
