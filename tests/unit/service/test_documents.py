"""Handing documents in: what is kept, what is refused, what happens the second time."""

import pytest

from ingestion.sensitivity import Category
from service.answering import Question
from service.documents import Upload
from service.errors import InvalidRequestError, NotFoundError, NotPermittedError, TooLargeError
from service.policy.access import Role, Scope
from service.policy.routing import Route
from service.ports import DocumentState
from tests.assembled import a_world

TEXT = "Visitors park in the garage."


def test_uploading_the_same_under_an_external_id_again_changes_nothing() -> None:
    world = a_world()
    who, _ = world.person("acme")
    first = world.uploaded(who, TEXT, external_id="file:parking.txt")
    again = world.uploaded(who, TEXT, external_id="file:parking.txt")
    assert again.id == first.id
    assert len(world.product.documents.page(who, limit=10)) == 1


def test_uploading_something_else_under_an_external_id_replaces_and_erases_the_earlier() -> None:
    world = a_world()
    who, _ = world.person("acme")
    first = world.uploaded(who, TEXT, external_id="file:parking.txt")
    second = world.uploaded(who, "Visitors park on the roof.", external_id="file:parking.txt")
    assert [view.id for view in world.product.documents.page(who, limit=10)] == [second.id]
    with pytest.raises(NotFoundError):
        world.product.documents.get(who, first.id)
    assert world.product.erasure.remains(who.tenant_id, first.id).nothing


def test_a_failed_document_can_be_handed_in_again() -> None:
    world = a_world()
    who, _ = world.person("acme")
    failed = world.uploaded(who, "MZ\x00\x01", file_name="a.exe", external_id="x")
    again = world.uploaded(who, "MZ\x00\x01", file_name="a.exe", external_id="x")
    assert failed.state is DocumentState.FAILED
    assert again.id != failed.id


def test_declaring_a_higher_floor_counts_as_a_change() -> None:
    """R6."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT, external_id="x")
    raised = world.uploaded(who, TEXT, external_id="x", declared=frozenset({Category.PHI}))
    assert raised.labels == {"sensitive": 1, "PHI": 1}


@pytest.mark.parametrize("text", [TEXT, "Visitors park on the roof."], ids=["the same", "changed"])
def test_a_floor_survives_an_upload_that_does_not_repeat_it(text: str) -> None:
    """R6: a floor can only raise, and whoever forgets it, or must not lower it, does not lower it."""
    world = a_world()
    admin, _ = world.person("acme")
    contributor, _ = world.person("acme", Role.CONTRIBUTOR)
    world.uploaded(admin, TEXT, external_id="x", declared=frozenset({Category.PHI}))
    again = world.uploaded(contributor, text, external_id="x", declared=frozenset({Category.PII}))
    assert again.declared == (Category.PHI, Category.PII)
    again = world.uploaded(contributor, text, external_id="x")
    assert again.declared == (Category.PHI, Category.PII)
    assert world.product.answering.ask(admin, Question(text=text)).route is Route.LOCAL


def test_an_external_id_of_other_groups_is_not_revealed() -> None:
    """R30: trying an external id tells nothing about documents of groups one does not belong to."""
    world = a_world()
    admin, _ = world.person("acme")
    outsider, _ = world.person("acme", Role.CONTRIBUTOR)
    hidden = world.uploaded(admin, TEXT, external_id="x", groups=frozenset({"board"}))
    mine = world.uploaded(outsider, TEXT, external_id="x")
    assert mine.id != hidden.id
    assert world.product.documents.get(admin, hidden.id).state is DocumentState.READY


def test_uploading_again_for_fewer_groups_replaces_what_everybody_could_see() -> None:
    """R31."""
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT, external_id="x")
    world.uploaded(who, TEXT, external_id="x", groups=frozenset({"board"}))
    outsider, _ = world.person("acme", Role.READER)
    assert world.product.searching.search(outsider, TEXT, limit=5) == ()
    assert len(world.product.searching.search(who, TEXT, limit=5)) == 1


def test_a_contributor_can_only_give_groups_of_their_own() -> None:
    """R31."""
    world = a_world()
    who, _ = world.person("acme", Role.CONTRIBUTOR, "sales")
    with pytest.raises(NotPermittedError):
        world.uploaded(who, TEXT, groups=frozenset({"board"}))
    assert world.uploaded(who, TEXT, groups=frozenset({"sales"})).groups == ("sales",)


@pytest.mark.parametrize(
    ("upload", "error"),
    [
        (Upload(content=b"", file_name="a.txt"), InvalidRequestError),
        (Upload(content=b"x" * 100_001, file_name="a.txt"), TooLargeError),
        (Upload(content=b"x", file_name=" "), InvalidRequestError),
        (Upload(content=b"x", file_name="a\x00.txt"), InvalidRequestError),
        (Upload(content=b"x", file_name="a.txt", title="t" * 1_001), InvalidRequestError),
    ],
    ids=["empty", "too large", "no name", "a name with a NUL", "an endless title"],
)
def test_a_bad_upload_is_refused_and_leaves_nothing(upload: Upload, error: type[Exception]) -> None:
    world = a_world()
    who, _ = world.person("acme")
    with pytest.raises(error):
        world.product.documents.register(who, upload)
    assert world.product.documents.page(who, limit=10) == ()


def test_an_upload_that_broke_off_before_its_job_is_swept_away() -> None:
    """Nobody was told of it, so nobody could erase it."""
    world = a_world()
    who, _ = world.person("acme")
    record = world.product.documents._sealed(who, Upload(content=b"x", file_name="a.txt"), None, "f")  # noqa: SLF001 - a crash
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.documents.add(record)
    world.clock.advance(3_600)
    world.product.jobs.sweep()
    world.clock.advance(60)
    world.product.jobs.sweep()
    world.work()
    assert world.product.erasure.remains(who.tenant_id, record.id).nothing


def test_what_is_stored_holds_no_plaintext() -> None:
    """R54: text, title, file name and external id only as ciphertext; of the media type only what is known."""
    world = a_world()
    who, _ = world.person("acme")
    upload = Upload(
        content=TEXT.encode(),
        title="Parking rules",
        file_name="parking.txt",
        external_id="crm-77",
        media_type="x-parking/rules; name=parking.txt",
    )
    view, _ = world.product.documents.register(who, upload)
    world.product.documents.register(who, Upload(content=b"x", file_name="a", media_type="image/crm-77\x00"))
    with world.database.transaction(who.tenant_id) as transaction:
        waiting = transaction.documents.page(scope=Scope.of(who), limit=10)
    world.work()
    with world.database.transaction(who.tenant_id) as transaction:
        record = transaction.documents.get(view.id)
        chunks = transaction.chunks.of(view.id)
        audit = transaction.audit.page(limit=100)
    stored = repr((waiting, record, chunks, audit)) + repr(world.vault.__dict__)
    for plain in ("garage", "Parking rules", "x-parking", "parking.txt", "crm-77"):
        assert plain not in stored
