"""One report answers where data went, from the audit log alone (R51, R52)."""

import io
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest

from ingestion.sensitivity import Category
from service.answering import Question
from service.auditing import verify
from service.errors import InvalidRequestError, LocalModelUnavailableError, NotFoundError, NotPermittedError
from service.policy.access import DocumentId, Principal, Role
from service.reporting import Outcome, journeys
from service.reporting.reports import Period
from service.reporting.statements import of_answer
from tests.assembled import World, a_world, redacting

PARKING = "Visitors park in the garage."
PRIVATE = "Salary of Ellison: SECRET-PII."
ASKED = Question(text="Where do visitors park?")
ASKED_PRIVATELY = Question(text="Salary of Ellison")


def a_period(world: World) -> Period:
    return Period(since=world.clock.now() - timedelta(days=1), until=world.clock.now() + timedelta(days=1))


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def who(world: World) -> Principal:
    principal, _ = world.person("acme")
    world.uploaded(principal, PARKING)
    world.uploaded(principal, PRIVATE)
    return principal


def test_the_report_of_a_local_answer_says_that_nothing_was_permitted_to_leave(world: World, who: Principal) -> None:
    answer = world.product.answering.ask(who, ASKED_PRIVATELY)
    report = world.product.reporting.answer(who, answer.id)
    assert not report.left
    assert report.statement.startswith("No permit to send this prompt was made")
    assert {source["verdict"] for source in report.sources} == {"sensitive"}


def test_the_report_of_a_cloud_answer_names_the_hash_of_the_very_bytes(world: World, who: Principal) -> None:
    answer = world.product.answering.ask(who, ASKED)
    report = world.product.reporting.answer(who, answer.id)
    assert report.left
    assert str(report.decisions[-1]["sha256"]) in report.statement


def test_a_failed_cloud_is_not_reported_as_if_nothing_had_left(world: World, who: Principal) -> None:
    """The receipt must not overstate: the bytes may have arrived before the failure."""
    assert world.cloud
    world.cloud.available = False
    answer = world.product.answering.ask(who, ASKED)
    report = world.product.reporting.answer(who, answer.id)
    assert report.left
    assert "permitted to" in report.statement


def test_the_report_of_a_redacted_answer_says_that_values_were_hidden() -> None:
    """R14, R51: text with placeholders is not called harmless."""
    world = redacting(a_world(), Category.PII)
    person, _ = world.person("acme")
    world.uploaded(person, PRIVATE)
    answer = world.product.answering.ask(person, ASKED_PRIVATELY)
    assert answer.redacted
    assert "values behind placeholders" in world.product.reporting.answer(person, answer.id).statement


def test_an_id_of_no_document_is_said_to_have_no_answers(world: World, who: Principal) -> None:
    report = world.product.reporting.document(who, DocumentId(uuid4()), a_period(world))
    assert report.statement == "No answer in this period rests on a document with this id."


def test_a_report_holds_no_text(world: World, who: Principal) -> None:
    for question in (ASKED, ASKED_PRIVATELY):
        told = repr(world.product.reporting.answer(who, world.product.answering.ask(who, question).id))
        for word in ("garage", "Ellison", "park", "Salary"):
            assert word not in told


def test_a_document_report_outlives_the_document(world: World, who: Principal) -> None:
    document = world.uploaded(who, "The canteen opens at noon for everybody.")
    world.product.answering.ask(who, Question(text="When does the canteen open for everybody?"))
    world.product.erasure.request(who, document.id)
    world.work()
    report = world.product.reporting.document(who, document.id, a_period(world))
    assert (len(report.answers), len(report.users), report.left) == (1, 1, 1)


def test_a_document_whose_words_left_in_an_earlier_answer_is_not_reported_as_kept(world: World, who: Principal) -> None:
    """R51: the turn was answered inside; the next question took its words out."""
    canteen = world.uploaded(who, "The canteen opens at noon for everybody.")
    assert world.cloud
    world.cloud.available = False
    first = world.product.answering.ask(who, Question(text="When does the canteen open for everybody?", opens=True))
    world.cloud.available, world.cloud.shown = True, []
    world.clock.advance(3600)
    since = world.clock.now()
    world.product.answering.ask(
        who, Question(text="Where do visitors park in the garage?", conversation=first.conversation)
    )
    assert b"noon" in b"".join(world.cloud.shown)
    report = world.product.reporting.document(who, canteen.id, Period(since=since, until=since + timedelta(days=1)))
    assert report.left == 1
    assert "none of its text" not in report.statement


def test_an_answer_whose_permit_lies_before_the_period_is_counted_as_left(world: World, who: Principal) -> None:
    """R52: the period cuts the journey in two; what left is told in both."""
    world.product.answering.ask(who, ASKED)
    entries = tuple(world.product.reporting.entries(who.tenant_id, a_period(world)))
    (cut,) = journeys(entries[1:])
    assert (cut.outcome, cut.left) == (Outcome.CLOUD, True)
    assert "No permit" not in of_answer(cut).statement


def test_nobody_reads_the_reports_of_another_tenant(world: World, who: Principal) -> None:
    answer = world.product.answering.ask(who, ASKED)
    stranger, _ = world.person("other")
    with pytest.raises(NotFoundError):
        world.product.reporting.answer(stranger, answer.id)
    assert world.product.reporting.budget(stranger, a_period(world)).total.questions == 0


def test_an_id_that_is_no_answer_has_no_report(world: World, who: Principal) -> None:
    with pytest.raises(NotFoundError):
        world.product.reporting.answer(who, uuid4())


def test_readers_see_their_own_budget_only(world: World, who: Principal) -> None:
    world.product.answering.ask(who, ASKED)
    reader, _ = world.person("acme", Role.READER)
    world.product.answering.ask(reader, ASKED)
    world.product.answering.ask(reader, ASKED_PRIVATELY)
    assert world.product.reporting.own_budget(reader, a_period(world)).total.questions == 2
    assert world.product.reporting.budget(who, a_period(world)).total.questions == 3
    for refused in (
        lambda: world.product.reporting.budget(reader, a_period(world)),
        lambda: world.product.reporting.answer(reader, uuid4()),
    ):
        with pytest.raises(NotPermittedError):
            refused()


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_period_that_cannot_be_reported_on_is_refused(world: World, days: int) -> None:
    with pytest.raises(InvalidRequestError):
        Period(since=world.clock.now(), until=world.clock.now() + timedelta(days=days))


def test_the_budget_tells_local_from_cloud_and_sums_to_the_audit(world: World, who: Principal) -> None:
    """R52."""
    for question in (ASKED, ASKED, ASKED_PRIVATELY):
        world.product.answering.ask(who, question)
    total = world.product.reporting.budget(who, a_period(world)).total
    assert (total.outcomes[Outcome.CLOUD], total.outcomes[Outcome.LOCAL], total.left) == (2, 1, 2)
    assert total.questions == len(world.audited(who.tenant_id, "answer_made"))


def test_a_refused_question_is_counted_as_refused(world: World, who: Principal) -> None:
    assert world.local
    world.local.available = False
    with pytest.raises(LocalModelUnavailableError):
        world.product.answering.ask(who, ASKED_PRIVATELY)
    assert world.product.reporting.budget(who, a_period(world)).total.outcomes[Outcome.REFUSED] == 1


def test_an_evidence_pack_holds_what_an_auditor_asks_for_and_no_content(world: World, who: Principal) -> None:
    """R51, R54, R55: its log verifies by itself, its table has a line per question, its manifest is complete."""
    for question in (ASKED, ASKED_PRIVATELY):
        world.product.answering.ask(who, question)
    pack = world.product.evidence.of(who, a_period(world))
    with zipfile.ZipFile(io.BytesIO(pack)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    assert set(files) == {
        *("README.md", "MANIFEST.sha256", "policy/routing-policy.md", "policy/tenant-policy.json"),
        *("policy/providers.json", "routing/questions.csv", "routing/budget.json"),
        *("audit/log.jsonl", "audit/checkpoint.jsonl"),
    }
    assert verify(io.BytesIO(files["audit/log.jsonl"])).sound
    head, *lines = (line.split(",") for line in files["routing/questions.csv"].decode().splitlines())
    sent, kept = (dict(zip(head, line, strict=True)) for line in lines)
    assert [(row["outcome"], row["left"]) for row in (sent, kept)] == [("cloud", "yes"), ("local", "no")]
    assert sent["sha256"]
    assert not kept["sha256"]
    for word in (b"garage", b"Ellison", b"Visitors", b"Salary"):
        assert not any(word in content for content in files.values())


def test_readers_get_no_evidence_pack(world: World) -> None:
    reader, _ = world.person("acme", Role.READER)
    with pytest.raises(NotPermittedError):
        world.product.evidence.of(reader, a_period(world))
