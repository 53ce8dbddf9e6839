"""Which family of formats a source belongs to: its first bytes decide, its name only between texts."""

import re
from importlib import import_module
from pathlib import PurePath
from typing import Protocol, cast

from ingestion.document import Document
from ingestion.errors import ScannedError, Unreadable, UnreadableError
from ingestion.parsing import archives, families
from ingestion.parsing.limits import Limits

_PICTURE = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*|RIFF.{4}WEBP|BM.{4}\x00{4}", re.DOTALL
)
_OTHER_PICTURES = frozenset({".heic", ".heif", ".avif", ".ico", ".jxl", ".psd"})
_HTML = re.compile(
    rb"\s*(<\?xml[^>]{0,200}>\s*)?(<!--.{0,2000}?-->\s*)?<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_OUTLOOK_STREAM = "__properties_version1.0".encode("utf-16-le")
_ZIP = b"PK\x03\x04"
_RTF = b"{\\rtf"
_PDF_WITHIN = 1024
_LONGEST_MEDIA_TYPE = 100
_OPEN_DOCUMENT = {"text": "odt", "spreadsheet": "ods", "presentation": "odp", "graphics": "odp"}


class _Reader(Protocol):
    def __call__(self, content: bytes, limits: Limits) -> Document: ...


def parse(content: bytes, *, name: str, media_type: str | None = None, limits: Limits) -> Document:
    """Return the document. Raises UnreadableError with a stable code and words that quote nothing of it.

    Raises ScannedError where there are pictures of text and the limits leave OCR for later.
    """
    if len(content) > limits.max_bytes:
        raise UnreadableError(Unreadable.TOO_LARGE, f"larger than {limits.max_bytes} bytes")
    if not content.strip():
        raise UnreadableError(Unreadable.EMPTY, "the file is empty")
    try:
        module, function = families.READERS[_family(content, name, media_type, limits)]
        # A parser is imported when its first document comes: the child process of a text file stays cheap.
        read = cast("_Reader", getattr(import_module(f"ingestion.parsing.{module}"), function))
        return read(content, limits)
    except (UnreadableError, ScannedError):
        raise
    except MemoryError as error:
        raise UnreadableError(Unreadable.OUT_OF_MEMORY, "needs more memory than is granted") from error
    except Exception as error:
        detail = f"the parser gave up ({type(error).__name__})"
        raise UnreadableError(Unreadable.DAMAGED, detail) from error


def known_media_type(told: str | None) -> str | None:
    """Return the media type if it can decide how a source is read. Any other could be anybody's words."""
    bare = families.bare(told)
    return bare if families.decides(bare) else None


def may_hold_attachments(content: bytes, *, name: str, media_type: str | None = None) -> bool:
    """Whether `parse` may return attachments for this source; cheap, and never wrongly False.

    It looks at the first bytes only: whoever asks has not confined itself, and opens nothing.
    """
    return content.startswith((_ZIP, _OLE)) or families.named(name, media_type) == "mail"


def _family(content: bytes, name: str, media_type: str | None, limits: Limits) -> str:
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return "pdf"
    if content.startswith(_ZIP):
        found = _family_in_container(content, limits)
        told = families.named(name, None)
        if found == "archive" and told in families.SIGNED - {"archive"}:
            # Its parts are no documents: they are what is left of one.
            raise UnreadableError(Unreadable.DAMAGED, f"called {told}, but it is none")
        return found
    if content.startswith(_OLE):
        return _family_in_ole(content)
    if content.startswith(_RTF):
        return "rtf"
    if _PICTURE.match(content):
        return "picture"
    return _family_of_text(content, name, media_type)


def _family_of_text(content: bytes, name: str, media_type: str | None) -> str:
    told = families.named(name, media_type)
    if PurePath(name.lower()).suffix in _OTHER_PICTURES:
        raise UnreadableError(
            Unreadable.UNSUPPORTED_TYPE, "pictures of this format are not read; save it as PNG or JPEG"
        )
    if told in families.SIGNED:
        raise UnreadableError(Unreadable.DAMAGED, f"called {told}, but it is none")
    if told is None and _HTML.match(content[:4096]):
        return "html"
    return told or "text"


def _family_in_container(content: bytes, limits: Limits) -> str:
    with archives.opened(content, limits, some_encrypted=True) as archive:
        names = archive.namelist()
        told = "mimetype" in names and not archive.getinfo("mimetype").flag_bits & archives.ENCRYPTED
        kind = archive.read("mimetype") if told else b""
    open_document = kind.decode("ascii", "replace")[:_LONGEST_MEDIA_TYPE].strip().removesuffix("-template")
    if open_document == "application/epub+zip":
        return "epub"
    family = _OPEN_DOCUMENT.get(open_document.removeprefix("application/vnd.oasis.opendocument."))
    if family:
        return family
    folders = {member.partition("/")[0] for member in names}
    for folder, family in (("word", "docx"), ("ppt", "pptx"), ("xl", "xlsx")):
        if folder in folders:
            return family
    return "archive"


def _family_in_ole(content: bytes) -> str:
    if _ENCRYPTED_STREAM in content:
        raise UnreadableError(Unreadable.ENCRYPTED, "protected by a password")
    if _OUTLOOK_STREAM in content:
        return "outlook"
    raise UnreadableError(Unreadable.UNSUPPORTED_TYPE, "an old Office format; save it as docx, xlsx or pptx")
