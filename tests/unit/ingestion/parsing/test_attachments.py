"""Files inside archives and messages: taken out within bounds, each failing by itself (R61)."""

import struct

import pytest

from ingestion.document import Attachment, Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import Limits, may_hold_attachments, parse
from tests.families import a_mail, a_zip

SMALL = Limits(max_attachments=3, max_attached_bytes=1_000)


def read(content: bytes, name: str = "things.zip", limits: Limits | None = None) -> Document:
    return parse(content, name=name, limits=limits or Limits())


def reasons(document: Document) -> dict[str, Unreadable | None]:
    return {one.name: one.reason for one in document.attachments}


def encrypted(content: bytes) -> bytes:
    """Mark the first member of an archive as encrypted, in its directory and at its place."""
    marked = bytearray(content)
    struct.pack_into("<H", marked, 6, 1)
    struct.pack_into("<H", marked, content.index(b"PK\x01\x02") + 8, 1)
    return bytes(marked)


def test_an_archive_has_no_text_and_every_file_of_it() -> None:
    document = read(a_zip({"a.txt": "One.", "deep/b.txt": "Two.", "deep/": ""}))
    assert (document.text, document.media_type) == ("", "application/zip")
    assert [(one.name, one.content) for one in document.attachments] == [("a.txt", b"One."), ("deep/b.txt", b"Two.")]
    assert document.pages_of(0, 0) == (1, 1)


def test_a_message_has_its_text_and_its_files() -> None:
    document = read(a_mail({"offer.txt": b"Ten chairs."}), "mail.eml")
    assert "The body of the mail." in document.text
    assert [(one.name, one.content) for one in document.attachments] == [("offer.txt", b"Ten chairs.")]


def test_a_message_inside_a_message_is_a_message() -> None:
    inner = a_mail({"deep.txt": b"Deep."}, subject="Inner")
    outer = b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n" + inner + b"\n--x--\n"
    (found,) = read(outer, "outer.eml").attachments
    assert (found.name, found.reason) == ("message.eml", None)
    assert [one.name for one in read(found.content, found.name).attachments] == ["deep.txt"]


def test_signatures_and_pictures_of_the_body_are_no_files_of_a_message() -> None:
    mail = (
        b"Subject: x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nBody.\n"
        b"--x\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nAAAA\n"
        b"--x\nContent-Type: image/png\nContent-ID: <logo>\nContent-Disposition: inline\n\nAAAA\n--x--\n"
    )
    assert read(mail, "m.eml").attachments == ()


def test_an_encrypted_file_says_so_and_hurts_no_other() -> None:
    document = read(encrypted(a_zip({"secret.txt": "S.", "plain.txt": "P."})))
    assert reasons(document) == {"secret.txt": Unreadable.ENCRYPTED, "plain.txt": None}


def test_a_damaged_file_says_so_and_hurts_no_other() -> None:
    content = a_zip({"first.txt": "first first first", "other.txt": "P."})
    place = content.index(b"first.txt") + len("first.txt")
    document = read(content[:place] + b"\xff\xff\xff" + content[place + 3 :])
    assert reasons(document) == {"first.txt": Unreadable.DAMAGED, "other.txt": None}


@pytest.mark.parametrize(
    ("content", "name"),
    [(a_zip({"a": "x" * 600, "b": "y" * 600}), "a.zip"), (a_mail({"a": b"x" * 600, "b": b"y" * 600}), "a.eml")],
    ids=["archive", "message"],
)
def test_what_is_too_much_together_is_named_and_not_taken(content: bytes, name: str) -> None:
    found = reasons(read(content, name, SMALL))
    assert found == {"a": None, "b": Unreadable.TOO_LARGE}


def test_a_file_with_nothing_in_it_is_named() -> None:
    assert reasons(read(a_zip({"empty.txt": "", "a.txt": "A."})))["empty.txt"] is Unreadable.EMPTY


def test_too_many_files_fail_the_archive_and_none_is_left_out_silently() -> None:
    with pytest.raises(UnreadableError) as failed:
        read(a_zip({f"{number}.txt": "x" for number in range(4)}), limits=SMALL)
    assert failed.value.reason is Unreadable.TOO_MANY_ATTACHMENTS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (a_zip({}), Unreadable.DAMAGED),
        (a_zip({"__MACOSX/._a": "x", ".DS_Store": "x"}), Unreadable.EMPTY),
        (a_zip({"a.txt": "x"})[:-10], Unreadable.DAMAGED),
        (a_zip({"bomb": b"\0" * 40_000_000}), Unreadable.TOO_LARGE),
    ],
    ids=["no member at all", "what systems leave behind", "cut off", "a bomb"],
)
def test_an_archive_that_is_none_fails_with_a_reason(content: bytes, reason: Unreadable) -> None:
    with pytest.raises(UnreadableError) as failed:
        read(content)
    assert failed.value.reason is reason


def test_a_name_is_shown_without_what_would_deceive() -> None:
    (found,) = read(a_zip({"/../\u202egpj.exe\x01": "x"})).attachments
    assert found == Attachment(name="../gpj.exe", content=b"x")


@pytest.mark.parametrize(
    ("content", "name", "holds"),
    [
        (a_zip({"a": "x"}), "a.zip", True),
        (a_zip({"a": "x"}), "a.docx", True),
        (a_mail({}), "a.eml", True),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.msg", True),
        (b"Plain.", "a.txt", False),
        (a_mail({"a": b"x"}), "a.txt", False),
    ],
    ids=["archive", "archive under a false name", "message", "outlook", "text", "message that is read as text"],
)
def test_what_may_hold_files_is_known_beforehand(content: bytes, name: str, *, holds: bool) -> None:
    """Its original is sealed apart before anybody has looked inside."""
    assert may_hold_attachments(content, name=name) is holds
    if not holds:
        assert read(content, name).attachments == ()
