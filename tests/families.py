"""Archives and messages for tests, and the documents that were found in them."""

from collections.abc import Mapping
from email.message import EmailMessage
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from service.documents import DocumentView, Upload
from service.policy.access import DocumentId, Principal
from tests.assembled import World


def a_zip(members: Mapping[str, bytes | str]) -> bytes:
    """Return an archive of these files."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


def a_mail(attached: Mapping[str, bytes], *, subject: str = "Offer", text: str = "The body of the mail.") -> bytes:
    """Return a message that carries these files."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    message.set_content(text)
    for name, content in attached.items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def handed_in(world: World, who: Principal, content: bytes, name: str, **fields: object) -> DocumentView:
    """Hand a file in and let workers work."""
    upload = Upload(content=content, file_name=name, **fields)  # type: ignore[arg-type]
    view, _ = world.product.documents.register(who, upload)
    world.work()
    return world.product.documents.get(who, view.id)


def by_title(world: World, who: Principal) -> dict[str, DocumentView]:
    """Return every document that this person sees by its title; no two may share one."""
    views = world.product.documents.page(who, limit=100)
    found = {view.title: view for view in views}
    assert len(found) == len(views)
    return found


def ids_of(world: World, who: Principal, *titles: str) -> list[DocumentId]:
    """Return the ids of the documents with these titles."""
    found = by_title(world, who)
    return [found[title].id for title in titles]
