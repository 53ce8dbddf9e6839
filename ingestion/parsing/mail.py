"""E-mail messages: who, when, about what, the best body, the names of what was attached, and that itself."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from ingestion.document import Attachment, Document
from ingestion.errors import Unreadable
from ingestion.parsing import hypertext
from ingestion.parsing.attaching import Attaching
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.encoding import decoded
from ingestion.parsing.limits import Limits

MEDIA_TYPE = "message/rfc822"
_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_PICTURES = "image"


def read(content: bytes, limits: Limits) -> Document:
    """Parse an .eml as one page, titled with its subject."""
    message = message_from_bytes(content, policy=policy.default)
    text = CanonicalText(limits)
    text.add_page(_lines(message, limits))
    document = text.document(media_type=MEDIA_TYPE, title=_header(message, "Subject"))
    return replace(document, attachments=_attached(message, limits))


def _attached(message: EmailMessage, limits: Limits) -> tuple[Attachment, ...]:
    """Return the files of a message; not its signatures, nor pictures that only dress its body."""
    found = Attaching(limits)
    for part in message.iter_attachments():
        kind = part.get_content_type()
        dressing = part.get_content_maintype() == _PICTURES and not part.is_attachment()
        if kind not in _SIGNATURES and not dressing:
            _take(part, kind, found)
    return found.all


def _take(part: MIMEPart, kind: str, found: Attaching) -> None:
    try:
        content = _content(part)
    except (ValueError, LookupError, TypeError, AttributeError):  # what the standard library raises on malformed parts
        found.add_unread(_file_name(part), Unreadable.DAMAGED, "damaged inside the message")
    else:
        found.add(_file_name(part), content, media_type=kind)


def _file_name(part: MIMEPart) -> str:
    named = part.get_filename()
    if named:
        return named
    return "message.eml" if part.get_content_type() == MEDIA_TYPE else "attachment"


def _content(part: MIMEPart) -> bytes:
    """Return the bytes of a part; of a message, or of several parts, as it stands in its message."""
    if part.is_multipart():
        inside = part.get_payload()
        whole = inside[0] if part.get_content_type() == MEDIA_TYPE and isinstance(inside, list) and inside else part
        return whole.as_bytes() if isinstance(whole, MIMEPart) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _lines(message: EmailMessage, limits: Limits) -> Iterator[str]:
    for name in _HEADERS:
        value = _header(message, name)
        if value:
            yield f"{name}: {value}"
    names = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    if names:
        yield f"Attachments: {', '.join(names)}"
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        yield ""
        yield _body(body, limits)


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        return " ".join(str(message[name] or "").split())
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return None  # the standard library's header parser raises these on malformed addresses and dates


def _body(part: MIMEPart, limits: Limits) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        text = content.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        text = decoded(content)
    return hypertext.visible_text(text, limits) if part.get_content_subtype() == "html" else text
