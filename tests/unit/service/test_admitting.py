"""Quotas and the bound of what waits: checked where a document is registered, told with their numbers (R60)."""

from dataclasses import replace

import pytest
from litestar.testing import TestClient

from service.admitting import Backlog
from service.app import application
from service.documents import DocumentView, Upload
from service.errors import OverloadedError, QuotaReachedError, TooManyWaitingError
from service.policy.access import Principal
from service.policy.quotas import Quota
from service.policy.tightening import TenantPolicy
from service.product import assemble
from tests.assembled import LIMITS, World, a_world, adapters_of
from tests.records import a_policy


def _limited(world: World, who: Principal, **quota: int) -> None:
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.policies.add(a_policy(who.tenant_id, policy=TenantPolicy(quota=Quota(**quota))))


def _handed_in(world: World, who: Principal, text: str = "Ten bytes.", external_id: str | None = None) -> DocumentView:
    upload = Upload(content=text.encode(), file_name="note.txt", external_id=external_id)
    return world.product.documents.register(who, upload)[0]


def _kept(world: World, who: Principal) -> tuple[int, int, int]:
    with world.database.transaction(who.tenant_id) as transaction:
        usage = transaction.usage.read(now=world.clock.now())
    return usage.documents, len(world.vault.originals), len(world.queue.rings)


@pytest.mark.parametrize(
    ("quota", "error", "facts"),
    [
        ({"documents": 2}, QuotaReachedError, ("documents", 2, 2)),
        ({"stored_bytes": 29}, QuotaReachedError, ("stored_bytes", 29, 20)),
        ({"waiting_jobs": 2}, TooManyWaitingError, ("waiting_jobs", 2, 2)),
    ],
    ids=["documents", "bytes", "waiting"],
)
def test_what_is_more_than_a_tenant_may_have_is_refused_and_nothing_of_it_is_kept(
    quota: dict[str, int], error: type[QuotaReachedError], facts: tuple[str, int, int]
) -> None:
    world = a_world()
    who = world.person("acme")[0]
    _limited(world, who, **quota)
    for _ in range(2):
        _handed_in(world, who)
    with pytest.raises(error) as refused:
        _handed_in(world, who)
    assert (refused.value.limited, refused.value.limit, refused.value.current) == facts
    assert type(refused.value) is error
    assert _kept(world, who) == (2, 2, 2)


def test_room_is_made_by_an_erasure_and_by_work_that_is_done() -> None:
    world = a_world()
    who = world.person("acme")[0]
    _limited(world, who, documents=1, waiting_jobs=1)
    first = _handed_in(world, who)
    world.work()
    world.product.erasure.request(who, first.id)
    _handed_in(world, who, "Another text.")


def test_a_document_may_be_replaced_although_there_are_as_many_as_may_be() -> None:
    world = a_world()
    who = world.person("acme")[0]
    _limited(world, who, documents=1)
    _handed_in(world, who, external_id="policy")
    _handed_in(world, who, "Another text.", external_id="policy")
    assert _kept(world, who)[0] == 1


def test_another_tenants_documents_count_for_nothing() -> None:
    world = a_world()
    limited, other = world.person("limited")[0], world.person("other")[0]
    _limited(world, limited, documents=1, stored_bytes=10, waiting_jobs=1)
    for _ in range(3):
        _handed_in(world, other)
    _handed_in(world, limited)


def test_a_tenant_cannot_have_more_than_the_operator_lets_it_have() -> None:
    world = a_world()
    world.product = assemble(adapters_of(world), replace(LIMITS, quota=Quota(documents=1)))
    who = world.person("acme")[0]
    _limited(world, who, documents=5)
    _handed_in(world, who)
    with pytest.raises(QuotaReachedError):
        _handed_in(world, who)


def test_who_counted_before_somebody_else_added_counts_again() -> None:
    """Two uploads at the same moment: both counted one document, and only one of them gets the last place."""
    world = a_world()
    who = world.person("acme")[0]
    _limited(world, who, documents=2)
    _handed_in(world, who)
    admission = world.product.documents.admission
    with world.database.transaction(who.tenant_id) as transaction:
        seen = transaction.usage.read(now=world.clock.now()).version
        admission.settle(transaction, size=10, replaces=False)
        assert not transaction.usage.advance(seen)


def test_when_too_much_waits_who_has_its_share_of_it_waits_and_who_has_not_gets_in() -> None:
    world = a_world()
    crowd, single = world.person("crowd")[0], world.person("single")[0]
    backlog = Backlog(database=world.database, clock=world.clock, bound=4)
    for _ in range(4):
        backlog.check(crowd.tenant_id)
        _handed_in(world, crowd)
        world.clock.advance(6)
    with pytest.raises(OverloadedError):
        backlog.check(crowd.tenant_id)
    backlog.check(single.tenant_id)
    world.work()
    world.clock.advance(6)
    backlog.check(crowd.tenant_id)


def test_the_answers_say_what_is_limited_and_when_to_come_back() -> None:
    world = a_world()
    who, token = world.person("acme")
    world.product = assemble(adapters_of(world), replace(LIMITS, backlog=1))
    _limited(world, who, documents=1)
    with TestClient(application(world.product, max_upload_bytes=1_000)) as http:
        headers = {"authorization": f"Bearer {token}"}
        assert http.post("/v1/documents", json={"text": "One."}, headers=headers).status_code == 202
        world.clock.advance(6)
        busy = http.post("/v1/documents", json={"text": "Two."}, headers=headers)
        world.work()
        world.clock.advance(6)
        full = http.post("/v1/documents", json={"text": "Two."}, headers=headers)
        policy = http.get("/v1/policy", headers=headers).json()
    assert (busy.status_code, busy.headers["retry-after"], busy.json()["reason"]) == (503, "30", "overloaded")
    assert full.status_code == 403
    assert {"type": "urn:ringfence:quota_reached", "reason": "documents", "limit": 1, "current": 1}.items() <= (
        full.json().items()
    )
    assert policy["quota"]["documents"] == {"limit": 1, "current": 1}
    assert policy["quota"]["stored_bytes"] == {"limit": None, "current": 4}


def test_too_many_waiting_is_a_429_that_says_when_to_come_back() -> None:
    world = a_world()
    who, token = world.person("acme")
    _limited(world, who, waiting_jobs=1)
    with TestClient(application(world.product, max_upload_bytes=1_000)) as http:
        answers = [
            http.post("/v1/documents", json={"text": text}, headers={"authorization": f"Bearer {token}"})
            for text in ("One.", "Two.")
        ]
    assert (answers[1].status_code, answers[1].headers["retry-after"]) == (429, "30")
    assert {"reason": "waiting_jobs", "limit": 1, "current": 1, "retry_after": 30}.items() <= answers[1].json().items()
