"""E-mail messages: who, when, about what, the best body, and the names of what was attached."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from ingestion.document import Document
from ingestion.parsing import hypertext
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.encoding import decoded
from ingestion.parsing.limits import Limits

MEDIA_TYPE = "message/rfc822"
_HEADERS = ("From", "To", "Cc", "Date", "Subject")


def read(content: bytes, limits: Limits) -> Document:
    """Parse an .eml as one page, titled with its subject."""
    message = message_from_bytes(content, policy=policy.default)
    text = CanonicalText(limits)
    text.add_page(_lines(message, limits))
    return text.document(media_type=MEDIA_TYPE, title=_header(message, "Subject"))


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
