"""Which family of formats a source belongs to: its first bytes decide, its name only between texts."""

import re
from importlib import import_module
from pathlib import PurePath
from typing import Protocol, cast

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import archives
from ingestion.parsing.limits import Limits

_READERS = {
    "pdf": ("pdf", "read"),
    "docx": ("docx", "read"),
    "pptx": ("pptx", "read"),
    "xlsx": ("xlsx", "read"),
    "html": ("hypertext", "read"),
    "markdown": ("plain", "read_markdown"),
    "text": ("plain", "read_text"),
    "csv": ("delimited", "read"),
    "mail": ("mail", "read"),
    "archive": ("bundle", "read"),
}
_EXTENSIONS = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".ppsx": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xlsb": "xlsx",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".csv": "csv",
    ".tsv": "csv",
    ".eml": "mail",
    ".txt": "text",
    ".text": "text",
    ".log": "text",
}
_MEDIA_TYPES = {
    "application/pdf": "pdf",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "message/rfc822": "mail",
    "text/plain": "text",
}
_PICTURE = "image/"
_PICTURES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp", ".bmp", ".heic", ".ico"})
_IN_CONTAINERS = frozenset({"pdf", "docx", "pptx", "xlsx"})
_HTML = re.compile(
    rb"\s*(<\?xml[^>]{0,200}>\s*)?(<!--.{0,2000}?-->\s*)?<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_PDF_WITHIN = 1024


class _Reader(Protocol):
    def __call__(self, content: bytes, limits: Limits) -> Document: ...


def parse(content: bytes, *, name: str, media_type: str | None = None, limits: Limits) -> Document:
    """Return the document. Raises UnreadableError with a stable code and words that quote nothing of it."""
    if len(content) > limits.max_bytes:
        raise UnreadableError(Unreadable.TOO_LARGE, f"larger than {limits.max_bytes} bytes")
    if not content.strip():
        raise UnreadableError(Unreadable.EMPTY, "the file is empty")
    module, function = _READERS[_family(content, name, media_type, limits)]
    try:
        # A parser is imported when its first document comes: the child process of a text file stays cheap.
        read = cast("_Reader", getattr(import_module(f"ingestion.parsing.{module}"), function))
        return read(content, limits)
    except UnreadableError:
        raise
    except MemoryError as error:
        raise UnreadableError(Unreadable.OUT_OF_MEMORY, "needs more memory than is granted") from error
    except Exception as error:
        detail = f"the parser gave up ({type(error).__name__})"
        raise UnreadableError(Unreadable.DAMAGED, detail) from error


def known_media_type(told: str | None) -> str | None:
    """Return the media type if it can decide how a source is read. Any other could be anybody's words."""
    bare = _bare(told)
    return f"{_PICTURE}*" if bare.startswith(_PICTURE) else bare if bare in _MEDIA_TYPES else None


def may_hold_attachments(content: bytes, *, name: str, media_type: str | None = None) -> bool:
    """Whether `parse` may return attachments for this source; cheap, and never wrongly False for what it reads so.

    It looks at the first bytes only: whoever asks has not confined itself, and opens nothing.
    """
    if content.startswith((_ZIP, _OLE)):
        return True
    named = _EXTENSIONS.get(PurePath(name.lower()).suffix) or _MEDIA_TYPES.get(_bare(media_type))
    return named == "mail"


def _bare(media_type: str | None) -> str:
    return (media_type or "").partition(";")[0].strip().lower()


def _family(content: bytes, name: str, media_type: str | None, limits: Limits) -> str:
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return "pdf"
    extension = PurePath(name.lower()).suffix
    if content.startswith(_ZIP):
        return _office_family(content, limits)
    if content.startswith(_OLE):
        raise _ole_error(content)
    if extension in _PICTURES or (media_type or "").startswith(_PICTURE):
        raise UnreadableError(Unreadable.UNSUPPORTED_TYPE, "pictures are not read")
    named = _EXTENSIONS.get(extension) or _MEDIA_TYPES.get(_bare(media_type))
    if named in _IN_CONTAINERS:
        raise UnreadableError(Unreadable.DAMAGED, f"called {named}, but it is none")
    if named is None and _HTML.match(content[:4096]):
        return "html"
    return named or "text"


def _office_family(content: bytes, limits: Limits) -> str:
    with archives.opened(content, limits, some_encrypted=True) as archive:
        folders = {member.partition("/")[0] for member in archive.namelist()}
    for folder, family in (("word", "docx"), ("ppt", "pptx"), ("xl", "xlsx")):
        if folder in folders:
            return family
    return "archive"


def _ole_error(content: bytes) -> UnreadableError:
    if _ENCRYPTED_STREAM in content:
        return UnreadableError(Unreadable.ENCRYPTED, "protected by a password")
    return UnreadableError(Unreadable.UNSUPPORTED_TYPE, "an old Office format; save it as docx, xlsx or pptx")
