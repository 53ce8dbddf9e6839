"""Archives: a ZIP has no text of its own; every file in it is an attachment."""

import stat
import zlib
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from ingestion.document import Document, Page
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import archives
from ingestion.parsing.attaching import Attaching
from ingestion.parsing.limits import Limits

MEDIA_TYPE = "application/zip"
_LEFT_BY_SYSTEMS = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})


def read(content: bytes, limits: Limits) -> Document:
    """Take a ZIP apart. A member that is encrypted, damaged or too large is named with its reason; others are not hurt.

    Raises UnreadableError for an archive without files, with too many, or that unpacks too far.
    """
    found = Attaching(limits)
    with archives.opened(content, limits, some_encrypted=True) as archive:
        for member in archive.infolist():
            if not member.is_dir() and _LEFT_BY_SYSTEMS.isdisjoint(PurePosixPath(member.filename).parts):
                _take(archive, member, found)
    if not found.all:
        raise UnreadableError(Unreadable.EMPTY, "the archive holds no files")
    page = Page(number=1, start=0, end=0)
    return Document(text="", pages=(page,), media_type=MEDIA_TYPE, attachments=found.all)


def _take(archive: ZipFile, member: ZipInfo, found: Attaching) -> None:
    name = member.filename
    if member.flag_bits & archives.ENCRYPTED:
        found.add_unread(name, Unreadable.ENCRYPTED, "protected by a password")
    elif stat.S_ISLNK(member.external_attr >> 16):
        found.add_unread(name, Unreadable.UNSUPPORTED_TYPE, "a link to another file")
    elif not found.fits(member.file_size):
        found.add_too_large(name)
    else:
        try:
            content = archive.read(member)
        except NotImplementedError:
            found.add_unread(name, Unreadable.UNSUPPORTED_TYPE, "packed in a way that is not read here")
        except (BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
            found.add_unread(name, Unreadable.DAMAGED, "damaged inside the archive")
        else:
            found.add(name, content)
