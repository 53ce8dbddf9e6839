"""The ZIP container of Office files and archives, opened only when its promises are modest."""

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.limits import Limits

ENCRYPTED = 0x1
_RATIO_MATTERS_FROM = 16 * 1024 * 1024


def opened(content: bytes, limits: Limits, *, some_encrypted: bool = False) -> ZipFile:
    """Return the archive. Raises UnreadableError for one that is damaged, encrypted or unpacks too far.

    With `some_encrypted` the caller looks at each member's own mark of encryption.
    `ZipFile.read` never returns more than the size declared in the directory that is checked here.
    """
    try:
        archive = ZipFile(BytesIO(content))
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableError(Unreadable.DAMAGED, "the ZIP container is damaged or cut off") from error
    members = archive.infolist()
    if len(members) > limits.max_members:
        raise UnreadableError(Unreadable.TOO_LARGE, f"more than {limits.max_members} parts in the container")
    if not some_encrypted and any(member.flag_bits & ENCRYPTED for member in members):
        raise UnreadableError(Unreadable.ENCRYPTED, "protected by a password")
    unpacked = sum(member.file_size for member in members)
    suspicious = unpacked > max(len(content) * limits.max_ratio, _RATIO_MATTERS_FROM)
    if suspicious or unpacked > limits.max_unpacked_bytes:
        raise UnreadableError(Unreadable.TOO_LARGE, f"would unpack to {unpacked} bytes")
    return archive
