"""A receipt tells what the verifier counted, and nothing better (R42)."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.errors import NotFoundError, NotPermittedError
from service.policy.access import DocumentId, Role, TurnId
from service.policy.erasures import ErasureAction, ErasureKind, ErasureReason, LeaveReason
from service.ports.erasing import ItemKind
from service.ports.receipting import Outcome, ReceiptId
from service.receipts import Contents, Item, Located, Requested
from service.receipts.contents import Fate
from tests.assembled import a_world
from tests.receipts import NOON, a_verification, an_erased_document, issued


def told(content: bytes) -> Any:  # noqa: ANN401 - what JSON gives
    return json.loads(content)


def test_an_erased_document_has_a_receipt_with_the_verifiers_counts_and_its_times() -> None:
    world, who, document = an_erased_document()
    (record,) = world.product.receipts.page(who, limit=5, about=document)
    receipt = told(record.content)
    assert record.outcome is Outcome.VERIFIED
    assert receipt["outcome"] == "verified"
    (item,) = receipt["items"]
    assert (item["target"], item["action"], item["outcome"], item["chunks"]) == (str(document), "erase", "gone", 1)
    assert item["unreachable_at"] == item["gone_at"] == receipt["verified_at"] == "2026-01-01T00:00:00.000000Z"
    assert {one["store"] for one in receipt["counts"]} == {"broker", "database", "index", "keys", "vault"}
    assert not any(one["found"] for one in receipt["counts"])
    assert {one["store"] for one in receipt["unchecked"]} >= {"backups", "caches", "disks"}
    assert receipt["versions"]["labeller"] == world.labeller.version
    assert receipt["versions"]["product"].startswith("ringfence-")
    assert receipt["versions"]["schema"].startswith("step_")
    assert receipt["audit"]["size"] > 0
    assert receipt["request"] is None


def test_the_audit_records_the_receipt_by_its_hash() -> None:
    world, who, document = an_erased_document()
    (facts,) = world.audited(who.tenant_id, "receipt_issued")
    assert facts["about"] == str(document)
    assert facts["outcome"] == "verified"
    assert len(str(facts["sha256"])) == 64


def test_a_request_is_told_with_what_was_located_held_and_left() -> None:
    world = a_world()
    who, _ = world.person("acme")
    gone, held, left, matter = DocumentId(uuid4()), uuid4(), uuid4(), uuid4()
    requested = Requested(
        id=uuid4(),
        kind=ErasureKind.SUBJECT,
        reason=ErasureReason.CONSENT_WITHDRAWN,
        received_at=NOON,
        due_at=NOON + timedelta(days=31),
        approvals=2,
    )
    record = issued(
        world,
        who,
        about=requested.id,
        requested=requested,
        located=Located(found_by={"index": 3, "semantic": 1}, not_searched=("quarantined",)),
        verification=a_verification(who.tenant_id, [gone]),
        items=(
            Item(target=gone, action=ErasureAction.REDACT, replaced_by=uuid4()),
            Item(target=held, held_by=(matter,)),
            Item(target=left, action=ErasureAction.LEAVE, left_because=LeaveReason.LEGAL_CLAIMS),
        ),
    )
    receipt = told(record.content)
    assert [item["outcome"] for item in receipt["items"]] == ["gone", "held", "left"]
    assert receipt["items"][1]["held_by"] == [str(matter)]
    assert receipt["items"][2]["left_because"] == "legal_claims"
    assert receipt["request"]["reason"] == "consent_withdrawn"
    assert receipt["request"]["approvals"] == 2
    assert receipt["located"] == {"found_by": {"index": 3, "semantic": 1}, "not_searched": ["quarantined"]}
    assert receipt["outcome"] == "partial", "something is held"


def some_contents(**changes: Any) -> Contents:  # noqa: ANN401 - of Contents
    first, second = DocumentId(uuid4()), DocumentId(uuid4())
    tenant = a_world().person("acme")[0].tenant_id
    made: dict[str, Any] = {
        "about": first,
        "verification": a_verification(tenant, [first, second]),
        "items": (Item(target=first), Item(target=second)),
    }
    return Contents(**(made | {name: change(made) for name, change in changes.items()}))


def test_verified_is_said_where_every_item_was_a_target_and_nothing_is_left() -> None:
    assert some_contents().outcome is Outcome.VERIFIED


def test_what_was_to_stay_does_not_spoil_the_rest() -> None:
    kept = Item(target=uuid4(), action=ErasureAction.LEAVE, left_because=LeaveReason.NOT_ABOUT_THE_PERSON)
    assert some_contents(items=lambda made: (*made["items"], kept)).outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    "changes",
    [
        {"verification": lambda made: a_verification(made["verification"].tenant_id, [made["about"]])},
        {"verification": lambda made: a_verification(made["verification"].tenant_id, [])},
        {"verification": lambda made: made["verification"].of(made["about"])},
        {"items": lambda made: (*made["items"], Item(target=uuid4()))},
        {"items": lambda made: (*made["items"], Item(target=uuid4(), held_by=(uuid4(),)))},
        {"items": lambda _: (Item(target=uuid4(), action=ErasureAction.LEAVE),)},
        {
            "verification": lambda made: a_verification(
                made["verification"].tenant_id, [item.target for item in made["items"]], found=1
            )
        },
        {
            "verification": lambda made: a_verification(
                made["verification"].tenant_id, [item.target for item in made["items"]], unanswered=["broker"]
            )
        },
    ],
    ids=[
        "target missing",
        "no target",
        "one target",
        "item unasked",
        "held",
        "all left",
        "something left",
        "no answer",
    ],
)
def test_anything_less_is_partial(changes: dict[str, Any]) -> None:
    assert some_contents(**changes).outcome is Outcome.PARTIAL


def test_nobody_can_say_verified_where_it_is_not_borne_out() -> None:
    """A type error for whoever reads types, an error for whoever does not."""
    contents = some_contents()
    with pytest.raises(TypeError):
        Contents(  # type: ignore[call-arg]
            about=contents.about, verification=contents.verification, items=contents.items, outcome=Outcome.VERIFIED
        )
    with pytest.raises((AttributeError, TypeError)):
        contents.outcome = Outcome.VERIFIED  # type: ignore[misc]


@pytest.mark.parametrize("twice", [True, False])
def test_a_receipt_tells_of_each_thing_once_and_of_one_at_least(*, twice: bool) -> None:
    with pytest.raises(ValueError, match="each thing once"):
        some_contents(items=lambda made: made["items"] * 2 if twice else ())


def test_a_turn_by_itself_can_be_an_item() -> None:
    world = a_world()
    who, _ = world.person("acme")
    turn = TurnId(uuid4())
    contents = Contents(
        about=turn,
        verification=a_verification(who.tenant_id, [DocumentId(turn)]),
        items=(Item(target=turn, kind=ItemKind.TURN),),
    )
    assert contents.fates() == (Fate.GONE,)


@pytest.mark.parametrize("content", ["Margaret Ellison", "m.ellison@example.org", "4111111111111111"])
def test_what_could_be_content_gets_into_no_receipt(content: str) -> None:
    """R54: no personal data."""
    world = a_world()
    who, _ = world.person("acme")
    with pytest.raises(ValueError, match="audit fact"):
        issued(world, who, located=Located(not_searched=(content,)))
    with pytest.raises(ValueError, match="audit fact"):
        issued(world, who, located=Located(found_by={content: 1}))
    assert world.product.receipts.page(who, limit=5) == ()
    assert world.audited(who.tenant_id, "receipt_issued") == []


def test_a_receipt_of_many_thousand_documents_is_issued() -> None:
    world = a_world()
    who, _ = world.person("acme")
    documents = [DocumentId(UUID(int=number)) for number in range(1, 3_001)]
    record = issued(
        world,
        who,
        verification=a_verification(who.tenant_id, documents),
        items=tuple(Item(target=document) for document in documents),
    )
    assert record.outcome is Outcome.VERIFIED


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.OPERATOR])
def test_who_may_not_see_erasures_sees_no_receipt(role: Role) -> None:
    """R31."""
    world, who, _ = an_erased_document()
    (record,) = world.product.receipts.page(who, limit=5)
    other, _ = world.person("acme", role)
    with pytest.raises(NotPermittedError):
        world.product.receipts.page(other, limit=5)
    with pytest.raises(NotPermittedError):
        world.product.receipts.get(other, record.id)


def test_a_receipt_of_another_tenant_is_not_there() -> None:
    """R30."""
    world, who, _ = an_erased_document()
    (record,) = world.product.receipts.page(who, limit=5)
    stranger, _ = world.person("lakeside")
    assert world.product.receipts.page(stranger, limit=5) == ()
    with pytest.raises(NotFoundError):
        world.product.receipts.get(stranger, ReceiptId(record.id))
