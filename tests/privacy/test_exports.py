"""An export of a person's data holds theirs, expires, and goes with what it rests on (R47, R41, R45)."""

import io
import json
import zipfile
from typing import Any

import pytest
from litestar.testing import TestClient

from service.answering import Question
from service.app import application
from service.errors import KeyDestroyedError, NotFoundError, NotPermittedError, SourceErasedError
from service.exporting import ExportView
from service.places import export_place
from service.policy.access import DocumentId, Principal, Role
from service.policy.retention import RetentionRule
from service.subjects import Subject
from tests.assembled import World, a_world

DAY = 86_400.0
ADA = Subject(names=("Ada Example",), identifiers=("ada@example.org",))
TEXT = "Ada Example <b>asked</b> for ada@example.org & SECRET-PII joined."


def made(world: World, who: Principal, **more: Any) -> ExportView:  # noqa: ANN401 - of make
    return world.product.exports.make(who, ADA, **more)


def files(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return {name: pack.read(name).decode() for name in pack.namelist()}


def fetched(world: World, who: Principal, export: ExportView) -> tuple[str, Any]:
    told = files(world.product.exports.content(who, export.id))
    return told["index.html"], json.loads(told["data.json"])


def sealed(world: World, who: Principal, export: ExportView) -> bool:
    return world.vault.exists(tenant_id=who.tenant_id, document_id=DocumentId(export.id))


def test_an_export_tells_what_is_kept_about_the_person_and_nothing_about_others() -> None:
    world = a_world()
    who, _ = world.person("acme", Role.DATA_OWNER)
    document = world.uploaded(who, TEXT, title="Example & Partners")
    world.uploaded(who, "Visitors park in the garage.")
    page, data = fetched(world, who, made(world, who))
    (told,) = data["documents"]
    assert told["id"] == str(document.id)
    (passage,) = told["passages"]
    assert passage["content"]["text"] == "Ada Example <b>asked</b> for ada@example.org & ▇▇▇▇▇▇▇▇▇▇ joined."
    assert (passage["categories"], passage["kinds"]) == (["PII"], ["marker_word"])
    assert "&lt;b&gt;asked&lt;/b&gt;" in page
    assert "Example &amp; Partners" in page
    assert "<b>" not in page
    assert "SECRET-PII" not in page + str(data)
    assert "garage" not in page + str(data)
    assert not any(word in page for word in ("<script", "src=", "href=", "http://", "https://"))


def test_it_says_to_whom_what_was_shown_and_for_how_long_it_is_kept() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "Ada Example plays chess.")
    world.product.answering.ask(who, Question(text="Who plays chess? Ada Example"))
    world.product.retention.set(who, [RetentionRule(category=None, keep_days=30)])
    world.product.retention.preview(who, limit=1)
    world.product.retention.approve(who, 1)
    _, data = fetched(world, who, made(world, who))
    (told,) = data["documents"]
    (shown,) = told["shown"]
    assert shown["left_the_building"] is (shown["outcome"] == "cloud")
    assert shown["recipients"][0] == "a user of the controller"
    assert told["kept"]["until"].startswith("2026-01-31")
    assert str(who.key_id) not in str(data)
    assert any("Article 16" in right for right in data["rights"])


def test_what_may_be_about_somebody_else_is_counted_and_not_told() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "Mr Example likes chess.")
    _, data = fetched(world, who, made(world, who))
    assert (data["documents"], data["uncertain_documents"]) == ([], 1)
    assert "chess" not in str(data)


def test_questions_that_name_the_person_are_in_it_and_their_end_is_its_end() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, "Visitors park in the garage.")
    world.product.answering.ask(who, Question(text="Where does Ada Example park?", opens=True))
    export = made(world, who)
    _, data = fetched(world, who, export)
    assert [turn["question"]["text"] for turn in data["turns"]] == ["Where does Ada Example park?"]
    (conversation,) = world.product.conversations.page(who, limit=5)
    world.product.conversations.forget(who, conversation.id)
    with pytest.raises(NotFoundError):
        world.product.exports.content(who, export.id)
    world.product.jobs.sweep()
    assert not sealed(world, who, export)


def test_an_expired_export_is_unreadable_whoever_kept_its_bytes() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT)
    export = made(world, who, days=7)
    kept = world.vault.get(tenant_id=who.tenant_id, document_id=DocumentId(export.id))
    key = world.keys.export_key(tenant_id=who.tenant_id, export_id=export.id)
    assert "Ada" in files(key.open(kept, place=export_place(who.tenant_id, export.id)))["index.html"]
    world.clock.advance(7 * DAY - 1)
    assert world.product.exports.content(who, export.id)
    world.clock.advance(1)
    with pytest.raises(NotFoundError):
        world.product.exports.content(who, export.id)
    assert world.product.exports.all(who) == ()
    world.product.jobs.sweep()
    assert not sealed(world, who, export)
    with pytest.raises(KeyDestroyedError):
        world.keys.export_key(tenant_id=who.tenant_id, export_id=export.id)
    assert world.audited(who.tenant_id, "export_destroyed") == [{"reason": "expired"}]


def test_an_erasure_takes_every_export_that_holds_the_document_and_no_other() -> None:
    """Unreadable at the commit, destroyed by the erasure, which counts what it left."""
    world = a_world()
    who, _ = world.person("acme")
    first, second = world.uploaded(who, TEXT), world.uploaded(who, TEXT + " Twice.")
    both = made(world, who)
    other = made(world, who, only=[second.id])
    world.product.erasure.request(who, first.id)
    with pytest.raises(NotFoundError):
        world.product.exports.content(who, both.id)
    world.work()
    assert (sealed(world, who, both), sealed(world, who, other)) == (False, True)
    with pytest.raises(KeyDestroyedError):
        world.keys.export_key(tenant_id=who.tenant_id, export_id=both.id)
    assert world.audited(who.tenant_id, "export_destroyed") == [{"reason": "source_erased"}]
    assert world.product.erasure.remains(who.tenant_id, first.id).nothing
    assert [view.id for view in world.product.exports.all(who)] == [other.id]


def test_an_export_that_still_names_an_erased_document_is_counted_as_left_over() -> None:
    """R42: were the exports forgotten by the erasure, its own count would say so."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    made(world, who)
    with world.database.transaction(who.tenant_id) as transaction:
        record = transaction.documents.get(document.id, lock=True)
        assert record is not None
        world.product.erasure.entomb(transaction, record, by=None, refuse=False)
    remains = world.product.erasure.remains(who.tenant_id, document.id)
    assert {one.thing: one.found for one in remains.counts if one.found}.get("export_documents") == 1


def test_an_erasure_that_comes_while_an_export_is_made_leaves_none() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, TEXT)
    put = world.vault.put

    def late(**fields: Any) -> None:  # noqa: ANN401 - of put
        world.product.erasure.request(who, document.id)
        put(**fields)

    world.vault.put = late  # type: ignore[method-assign]
    with pytest.raises(SourceErasedError):
        made(world, who)
    world.vault.put = put  # type: ignore[method-assign]
    world.work()
    world.product.jobs.sweep()
    assert world.product.exports.all(who) == ()
    assert world.product.erasure.remains(who.tenant_id, document.id).nothing


def test_an_export_is_removed_at_once() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT)
    export = made(world, who)
    world.product.exports.remove(who, export.id)
    assert not sealed(world, who, export)
    with pytest.raises(NotFoundError):
        world.product.exports.get(who, export.id)


def test_nobody_is_named_outside_the_ciphertext() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT)
    export = made(world, who)
    world.product.exports.content(who, export.id)
    with world.database.transaction(who.tenant_id) as transaction:
        stored = str(transaction.exports.all()) + str(transaction.audit.page(limit=100))
    vault = world.vault.get(tenant_id=who.tenant_id, document_id=DocumentId(export.id))
    assert "Example" not in stored
    assert "example.org" not in stored
    assert bytes(vault).find(b"Example") == -1
    actions = ("export_made", "export_fetched")
    assert [len(world.audited(who.tenant_id, action)) for action in actions] == [1, 1]


def test_an_export_is_its_tenants_and_its_data_owners_alone() -> None:
    """R30, R31."""
    world = a_world()
    who, _ = world.person("acme")
    export = made(world, who)
    foreign, _ = world.person("lakeside")
    for call in (world.product.exports.get, world.product.exports.content, world.product.exports.remove):
        with pytest.raises(NotFoundError):
            call(foreign, export.id)
    for role in set(Role) - {Role.ADMIN, Role.DATA_OWNER}:
        other, _ = world.person("acme", role)
        with pytest.raises(NotPermittedError):
            world.product.exports.content(other, export.id)
        with pytest.raises(NotPermittedError):
            made(world, other)


def test_over_http_a_request_for_access_is_answered_from_end_to_end() -> None:
    world = a_world()
    who = {"Authorization": f"Bearer {world.person('acme', Role.DATA_OWNER)[1]}"}
    with TestClient(application(world.product, max_upload_bytes=100_000)) as http:
        http.post("/v1/documents", json={"text": TEXT, "title": "Letter"}, headers=who)
        world.work()
        asked = {"subject": {"names": ["Ada Example"]}, "days": 2}
        export = http.post("/v1/exports", json=asked, headers=who).json()
        assert export["expires_at"] == "2026-01-03T00:00:00Z"
        assert http.get("/v1/exports", headers=who).json()["exports"] == [export]
        answer = http.get(f"/v1/exports/{export['id']}/content", headers=who)
        assert answer.headers["content-type"] == "application/zip"
        assert {"index.html", "data.json", "MANIFEST.sha256"} == set(files(answer.content))
        assert http.get(f"/v1/exports/{export['id']}", headers=who).json()["fetches"] == 1
        assert http.delete(f"/v1/exports/{export['id']}", headers=who).status_code == 204
        assert http.get(f"/v1/exports/{export['id']}/content", headers=who).status_code == 404
