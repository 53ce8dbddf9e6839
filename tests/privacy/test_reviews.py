"""Who may override labels, what that lets out, and where a reviewer's words go (R6, R11, R30, R54)."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient
from structlog.testing import capture_logs
from typing_extensions import override

from ingestion.reviewing import Change
from ingestion.sensitivity import Category, Label
from service.adapters.memory.labelling import InMemoryLabeller
from service.answering import Question
from service.app import application
from service.policy.access import DocumentId, Principal, Role
from service.policy.routing import Cause, Route
from service.ports import ReviewReason, Vectors
from service.reviewing import ReviewRequest
from tests.assembled import LearningLabeller, World, a_world

PARKING = "Visitors park in the garage."
ASKED = Question(text="Where do visitors park?")
CANARY = "ellisoncanary"
ADD = {"all": True, "added": ["PHI"], "reason": "missed"}
DISMISS = {"all": True, "dismissed": ["PII"], "reason": "false_positive"}
DOUBTS = {"all": True, "doubts_dismissed": True, "reason": "public_information"}


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def http(world: World) -> Iterator[TestClient[Any]]:
    with TestClient(application(world.product, max_upload_bytes=100_000), raise_server_exceptions=False) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def lowered(world: World, who: Principal, document: DocumentId, *categories: Category, doubts: bool = False) -> None:
    """Dismiss these in every chunk."""
    change = Change(dismissed=frozenset(categories), doubts_dismissed=doubts or None)
    request = ReviewRequest(ordinals=None, change=change, reason=ReviewReason.FALSE_POSITIVE)
    world.product.reviewing.review(who, document, request)
    world.work()


def shown_to_cloud(world: World) -> bytes:
    return b"".join(world.cloud.shown) if world.cloud else b""


@pytest.mark.parametrize("role", Role)
def test_the_role_decides_who_raises_and_who_lowers(world: World, http: TestClient[Any], role: Role) -> None:
    """R6, R31: handing in is enough to raise; lowering needs a data owner or an admin."""
    admin, _ = world.person("acme")
    document = world.uploaded(admin, "SECRET-PII SECRET-UNKNOWN")
    _, token = world.person("acme", role)
    statuses = [
        http.post(f"/v1/documents/{document.id}/reviews", json=body, headers=bearer(token)).status_code
        for body in (ADD, DISMISS, DOUBTS, ADD | {"dismissed": ["PII"]})
    ]
    raises = role in {Role.CONTRIBUTOR, Role.DATA_OWNER, Role.ADMIN}
    lowers = role in {Role.DATA_OWNER, Role.ADMIN}
    assert statuses == [200 if raises else 403, *[200 if lowers else 403] * 3]


def test_a_contributor_reviews_only_what_their_groups_see(world: World, http: TestClient[Any]) -> None:
    """R31."""
    admin, _ = world.person("acme")
    document = world.uploaded(admin, PARKING, groups=frozenset({"board"}))
    statuses = []
    for groups in ((), ("board",)):
        _, token = world.person("acme", Role.CONTRIBUTOR, *groups)
        answer = http.post(f"/v1/documents/{document.id}/reviews", json=ADD, headers=bearer(token))
        statuses.append(answer.status_code)
    assert statuses == [404, 200]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": "missed"},
        ADD | {"reason": "because"},
        ADD | {"ordinals": [0]},
        ADD | {"all": False},
        ADD | {"added": ["RUMOUR"]},
        ADD | {"ordinals": [-1], "all": None},
        ADD | {"note": CANARY * 300},
        ADD | {"dissmissed": ["PII"]},
    ],
    ids=["empty", "nothing", "reason", "both", "neither", "category", "ordinal", "note", "misspelt"],
)
def test_a_review_that_cannot_be_meant_is_refused_and_changes_nothing(
    world: World, http: TestClient[Any], body: dict[str, object]
) -> None:
    who, token = world.person("acme")
    document = world.uploaded(who, PARKING)
    with capture_logs() as logs:
        answer = http.post(f"/v1/documents/{document.id}/reviews", json=body, headers=bearer(token))
    assert answer.status_code == 400
    assert CANARY not in answer.text + repr(logs)
    assert world.audited(who.tenant_id, "label_reviewed") == []


def test_a_note_is_read_by_those_who_may_read_the_document_and_is_nowhere_else(
    world: World, http: TestClient[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """R54: it is what a person wrote, so it is ciphertext's business."""
    who, token = world.person("acme")
    document = world.uploaded(who, "SECRET-PII")
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        answer = http.post(
            f"/v1/documents/{document.id}/reviews", json=DISMISS | {"note": CANARY}, headers=bearer(token)
        )
        world.work()
        chunks = http.get(f"/v1/documents/{document.id}/chunks", headers=bearer(token))
    assert (answer.status_code, chunks.json()["chunks"][0]["review"]["note"]) == (200, CANARY)
    with world.database.transaction(who.tenant_id) as transaction:
        stored = [*transaction.reviews.of(document.id), *transaction.audit.page(limit=100)]
        stored += [*transaction.jobs.page(limit=100), transaction.documents.get(document.id)]
    assert CANARY not in answer.text + repr(logs) + caplog.text + repr(stored)


def test_a_reviewed_label_tells_its_reasons_over_http(world: World, http: TestClient[Any]) -> None:
    who, token = world.person("acme")
    document = world.uploaded(who, "SECRET-PII SECRET-PHI")
    http.post(f"/v1/documents/{document.id}/reviews", json=DISMISS, headers=bearer(token))
    (chunk,) = http.get(f"/v1/documents/{document.id}/chunks", headers=bearer(token)).json()["chunks"]
    assert (chunk["label"]["categories"], chunk["machine"]["categories"]) == (["PHI"], ["PHI", "PII"])
    (finding,) = chunk["label"]["findings"]
    assert chunk["text"][finding["start"] : finding["end"]] == "SECRET-PHI"
    assert (chunk["stale"], chunk["review"]["dismissed"], chunk["review"]["reason"]) == (
        False,
        ["PII"],
        "false_positive",
    )


# What a review lets out


def test_a_chunk_that_a_data_owner_lowered_may_go_to_the_cloud_as_it_is(world: World) -> None:
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{PARKING} SECRET-PII")
    assert world.product.answering.ask(who, ASKED).route is Route.LOCAL
    lowered(world, who, document.id, Category.PII)
    answer = world.product.answering.ask(who, ASKED)
    assert answer.route is Route.CLOUD
    assert b"SECRET-PII" in shown_to_cloud(world)
    *_, facts = world.audited(who.tenant_id, "prompt_routed")
    assert [source["lowered"] for source in facts["sources"]] == [True]  # type: ignore[attr-defined]  # JSON


def test_a_doubt_that_was_dismissed_does_not_stop_the_egress(world: World) -> None:
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{PARKING} SECRET-UNKNOWN")
    lowered(world, who, document.id, doubts=True)
    assert world.product.answering.ask(who, ASKED).route is Route.CLOUD


def test_a_review_of_one_chunk_lets_no_other_out(world: World) -> None:
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{PARKING} SECRET-PII one")
    world.uploaded(who, f"{PARKING} SECRET-PII two")
    lowered(world, who, document.id, Category.PII)
    assert world.product.answering.ask(who, ASKED).route is Route.LOCAL
    assert shown_to_cloud(world) == b""


def test_a_review_lets_no_question_out(world: World) -> None:
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{PARKING} SECRET-PII")
    lowered(world, who, document.id, Category.PII)
    assert world.product.answering.ask(who, Question(text="Do visitors SECRET-PII park?")).route is Route.LOCAL


def test_a_lowered_label_is_stale_with_every_other_when_the_labeller_changes() -> None:
    """R5, R6: a review is no licence for ever."""
    world = a_world(labeller=(labeller := LearningLabeller()))
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{PARKING} SECRET-PII")
    lowered(world, who, document.id, Category.PII)
    labeller.learn()
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.route, Cause.STALE_LABEL in {reason.cause for reason in answer.reasons}) == (Route.LOCAL, True)
    world.product.jobs.sweep()
    world.work()
    assert world.product.answering.ask(who, ASKED).route is Route.CLOUD


def test_a_new_finding_in_a_lowered_chunk_keeps_it_local() -> None:
    """R6: although a human lowered what was found before."""
    world = a_world(labeller=(labeller := LearningLabeller()))
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{PARKING} SECRET-PII")
    lowered(world, who, document.id, Category.PII)
    labeller.learn("garage", Category.PHI)
    world.product.jobs.sweep()
    world.work()
    assert world.product.answering.ask(who, ASKED).route is Route.LOCAL
    assert shown_to_cloud(world) == b""


def test_what_a_reviewer_added_is_kept_from_the_cloud_at_once(world: World, http: TestClient[Any]) -> None:
    admin, _ = world.person("acme")
    document = world.uploaded(admin, PARKING)
    _, token = world.person("acme", Role.CONTRIBUTOR)
    http.post(f"/v1/documents/{document.id}/reviews", json=ADD, headers=bearer(token))
    assert world.product.answering.ask(admin, ASKED).route is Route.LOCAL


class _InterruptedLabeller(InMemoryLabeller):
    """The twin, which lets something happen while the egress scans."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    @override
    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        meanwhile, now = self.meanwhile, any("<source" in text for text in texts)
        if meanwhile and now:
            self.meanwhile = None
            meanwhile()
        return super().label(texts, vectors)


def test_what_a_reviewer_raises_while_an_answer_is_planned_stays_in_the_building() -> None:
    """R6: a review counts from its commit on, and nothing has left by then."""
    world = a_world(labeller=(labeller := _InterruptedLabeller()))
    who, _ = world.person("acme")
    document = world.uploaded(who, PARKING)
    request = ReviewRequest(ordinals=None, change=Change(added=frozenset({Category.PHI})), reason=ReviewReason.MISSED)
    labeller.meanwhile = partial(world.product.reviewing.review, who, document.id, request)

    answer = world.product.answering.ask(who, ASKED)

    assert (answer.route, shown_to_cloud(world)) == (Route.LOCAL, b"")
    assert [reason.categories for reason in answer.reasons] == [(Category.PHI,)]
    assert [facts["route"] for facts in world.audited(who.tenant_id, "prompt_routed")] == ["local"]


_SECRETS = st.frozensets(st.sampled_from([Category.PII, Category.PHI]))


@settings(max_examples=60, deadline=None)
@given(documents=st.lists(st.tuples(_SECRETS, _SECRETS), min_size=1, max_size=3), asked=_SECRETS)
def test_only_reviewed_secrets_ever_reach_the_cloud(
    documents: list[tuple[frozenset[Category], frozenset[Category]]], asked: frozenset[Category]
) -> None:
    """R10, R11: whatever was found in each document, and whatever was dismissed there."""
    world = a_world()
    who, _ = world.person("acme")
    allowed = set()
    for number, (found, dismissed) in enumerate(documents):
        secrets = [f"SECRET-{category}-{number}" for category in sorted(found)]
        document = world.uploaded(who, " ".join([PARKING, *secrets]))
        if dismissed:
            lowered(world, who, document.id, *dismissed)
        allowed |= {f"SECRET-{category}-{number}" for category in found & dismissed}
    world.product.answering.ask(who, Question(text=" ".join([ASKED.text, *(f"SECRET-{one}-q" for one in asked)])))
    sent = shown_to_cloud(world).decode()
    every = {f"SECRET-{category}-{place}" for category in Category for place in [*range(3), "q"]}
    assert not any(secret in sent for secret in every - allowed)
