"""What a legal hold covers survives every path that destroys, until two people released it (R45)."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from service.answering import Question
from service.app import application
from service.documents import DocumentView, Upload
from service.errors import HeldError, NotFoundError, PartUnavailableError
from service.holding import Cover
from service.policy.access import Principal, Role
from service.ports import DocumentState, HoldReleaseReason
from service.subjects import Subject
from tests.assembled import World, a_world

TEXT = "Visitors of Ada Example park in the garage."
NEW = Upload(content=b"Visitors park on the roof.", file_name="note.txt", external_id="file:parking")
COVERS: dict[str, Callable[[DocumentView], Cover]] = {
    "listed": lambda document: Cover(documents=frozenset({document.id})),
    "group": lambda document: Cover(groups=frozenset(document.groups)),
    "tenant": lambda _: Cover(whole_tenant=True),
}


def erased(world: World, who: Principal, document: DocumentView) -> None:
    world.product.erasure.request(who, document.id)


def replaced(world: World, who: Principal, _: DocumentView) -> None:
    world.product.documents.register(who, NEW)


def entombed_by_the_system(world: World, who: Principal, document: DocumentView) -> None:
    with world.database.transaction(who.tenant_id) as transaction:
        record = transaction.documents.get(document.id, lock=True)
        if record is not None:
            world.product.erasure.entomb(transaction, record, by=None, refuse=False)


def swept(world: World, _: Principal, __: DocumentView) -> None:
    world.clock.advance(3600)
    world.product.jobs.sweep()


def worked(world: World, _: Principal, __: DocumentView) -> None:
    world.work()


def redacted(world: World, who: Principal, document: DocumentView) -> None:
    world.product.amending.redact(who, document.id, Subject(names=("Ada Example",)))


PATHS = (redacted, erased, replaced, entombed_by_the_system, swept, worked)
REFUSED = (redacted, erased, replaced, entombed_by_the_system)


def whole(world: World, who: Principal, document: DocumentView) -> bool:
    """Whether row, chunks, points, original and key are all still there."""
    remains = world.product.erasure.remains(who.tenant_id, document.id)
    return all(remains.found(thing) == 1 for thing in ("documents", "chunks", "points", "originals", "document_keys"))


def a_held_document(cover: str) -> tuple[World, Principal, DocumentView, Any]:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT, external_id="file:parking", groups=frozenset({"hr"}))
    matter = world.product.holds.place(who, name="Doe", cover=COVERS[cover](document))
    return world, who, document, matter.id


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(cover=st.sampled_from(sorted(COVERS)), paths=st.lists(st.sampled_from(PATHS), min_size=1, max_size=8))
def test_no_order_of_paths_destroys_what_is_held(
    cover: str, paths: list[Callable[[World, Principal, DocumentView], None]]
) -> None:
    world, who, document, _ = a_held_document(cover)
    for path in paths:
        with suppress(HeldError):
            path(world, who, document)
        assert whole(world, who, document)
        assert len(world.product.documents.page(who, limit=9)) == 1


@pytest.mark.parametrize("cover", sorted(COVERS))
@pytest.mark.parametrize("path", REFUSED)
def test_a_path_that_is_refused_works_after_the_release(
    cover: str, path: Callable[[World, Principal, DocumentView], None]
) -> None:
    """The other half: without the hold each of these paths does destroy."""
    world, who, document, matter = a_held_document(cover)
    with pytest.raises(HeldError) as refused:
        path(world, who, document)
    assert refused.value.matters == (matter,)
    world.product.holds.ask_release(who, matter, HoldReleaseReason.MATTER_CLOSED)
    with pytest.raises(HeldError):
        path(world, who, document)
    world.product.holds.confirm_release(world.person("acme", Role.DATA_OWNER)[0], matter)
    path(world, who, document)
    with pytest.raises(NotFoundError):
        world.product.documents.get(who, document.id)


def test_an_abandoned_document_stays_while_it_is_held_and_hinders_no_other() -> None:
    """Registered, and its uploader died before the job was written: no sweep removes it while a hold stands."""
    world = a_world()
    who, _ = world.person("acme")
    world.product.holds.place(who, name="Doe", cover=Cover(groups=frozenset({"hr"})))
    held, other = (_abandoned(world, who, group) for group in ("hr", "sales"))
    world.clock.advance(3600)
    world.product.jobs.sweep()
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.documents.get(held) is not None
        assert transaction.documents.get(other) is None


def _abandoned(world: World, who: Principal, group: str) -> Any:  # noqa: ANN401 - an id
    """Hand in a document and die before its job is written."""
    before = {view.id for view in world.product.documents.page(who, limit=50)}
    put = world.vault.put

    def broken(**_: object) -> None:
        raise PartUnavailableError

    world.vault.put = broken  # type: ignore[method-assign]
    try:
        with pytest.raises(PartUnavailableError):
            world.product.documents.register(
                who, Upload(content=TEXT.encode(), file_name="n.txt", groups=frozenset({group}))
            )
    finally:
        world.vault.put = put  # type: ignore[method-assign]
    (made,) = {view.id for view in world.product.documents.page(who, limit=50)} - before
    return made


def test_a_conversation_that_rests_on_a_held_document_is_not_forgotten() -> None:
    """What was made of held documents is evidence, too; its owner reads it and cannot destroy it."""
    world, who, _, matter = a_held_document("listed")
    world.product.answering.ask(who, Question(text=TEXT, opens=True))
    (conversation,) = world.product.conversations.page(who, limit=5)
    with pytest.raises(HeldError):
        world.product.conversations.drop(who, conversation.id, 0)
    with pytest.raises(HeldError) as refused:
        world.product.conversations.forget(who, conversation.id)
    assert refused.value.matters == (matter,)
    world.product.holds.ask_release(who, matter, HoldReleaseReason.OTHER)
    world.product.holds.confirm_release(world.person("acme")[0], matter)
    world.product.conversations.forget(who, conversation.id)


def test_a_hold_on_the_whole_tenant_keeps_every_conversation() -> None:
    world, who, _, _ = a_held_document("tenant")
    conversation = world.product.conversations.open(who)
    with pytest.raises(HeldError):
        world.product.conversations.forget(who, conversation.id)


def test_a_held_document_is_still_read_reviewed_and_answered_from() -> None:
    world, who, document, _ = a_held_document("tenant")
    assert world.product.documents.get(who, document.id).state is DocumentState.READY
    assert world.product.answering.ask(who, Question(text=TEXT)).citations


def test_over_http_the_refusal_names_matters_by_their_ids_alone() -> None:
    """409 with a code and ids; the name of a matter is in no refusal and in no view of a document."""
    world = a_world()
    with TestClient(application(world.product, max_upload_bytes=100_000)) as http:
        asks, confirms = ({"Authorization": f"Bearer {world.person('acme')[1]}"} for _ in range(2))
        sent = http.post("/v1/documents", json={"text": TEXT, "external_id": "p"}, headers=asks).json()["document"]
        world.work()
        wanted = {"name": "Doe versus Acme", "note": "Ms Roe knows", "documents": [sent["id"]]}
        matter = http.post("/v1/holds", json=wanted, headers=asks).json()
        where = f"/v1/holds/{matter['id']}"
        for refused in (
            http.delete(f"/v1/documents/{sent['id']}", headers=asks),
            http.post("/v1/documents", json={"text": "other", "external_id": "p"}, headers=asks),
        ):
            told = refused.json()
            assert (refused.status_code, told["reason"], told["matters"]) == (409, "held", [matter["id"]])
            assert "Doe" not in refused.text
        shown = http.get(f"/v1/documents/{sent['id']}", headers=asks)
        assert shown.json()["held_by"] == [matter["id"]]
        assert "Doe" not in shown.text
        assert http.post(f"{where}/release", json={"reason": "matter_closed"}, headers=asks).status_code == 202
        assert http.post(f"{where}/release/confirmation", headers=asks).status_code == HTTPStatus.FORBIDDEN
        assert not http.post(f"{where}/release/confirmation", headers=confirms).json()["stands"]
        assert http.delete(f"/v1/documents/{sent['id']}", headers=asks).status_code == HTTPStatus.ACCEPTED
        assert [one["name"] for one in http.get("/v1/holds", headers=asks).json()["holds"]] == ["Doe versus Acme"]
