"""Redaction hides what a policy lets it hide and nothing slips out beside it; anything in doubt stays local (R14)."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient
from structlog.testing import capture_logs
from typing_extensions import override

from ingestion.labelling import RingfenceLabeller
from ingestion.reviewing import Change
from ingestion.sensitivity import Category, Label
from service.adapters.memory.labelling import InMemoryLabeller
from service.adapters.sentence_transformers import PackagedTokenizer, SentenceTransformersEmbedder
from service.answering import INSTRUCTIONS, Answer, Question
from service.answering.redacting import ordinary
from service.app import application
from service.policy.access import Principal
from service.policy.routing import Cause, Route
from service.ports import Embedder, Labeller, ReviewReason, Tokenizer, Vectors
from service.reviewing import ReviewRequest
from tests.assembled import World, a_world, exchanged, redacting

PARKING = "Visitors park in the garage. Ask SECRET-PII for a permit."
ASKED = Question(text="Where do visitors park?")


def a_redacting_world(*categories: Category, labeller: InMemoryLabeller | None = None) -> World:
    return redacting(a_world(labeller=labeller), *(categories or (Category.PII,)))


@cache
def shipped() -> tuple[Embedder, Tokenizer, Labeller]:
    embedder = SentenceTransformersEmbedder("packaged")
    return embedder, PackagedTokenizer("packaged"), RingfenceLabeller.shipped(embedder=embedder.name)


def shown_to_cloud(world: World) -> str:
    return b"".join(world.cloud.shown).decode() if world.cloud else ""


def asked(text: str, *, world: World, question: Question = ASKED, **fields: Any) -> tuple[Principal, Answer]:  # noqa: ANN401 - of Upload
    who, _ = world.person("acme")
    world.uploaded(who, text, **fields)
    return who, world.product.answering.ask(who, question)


def test_a_tenant_that_did_not_ask_for_it_has_nothing_redacted() -> None:
    world = a_world()
    _, answer = asked(PARKING, world=world)
    assert (answer.route, answer.redacted, shown_to_cloud(world)) == (Route.LOCAL, 0, "")


def test_a_hidden_value_lets_the_rest_leave_and_comes_back_in_the_answer() -> None:
    world = a_redacting_world()
    who, answer = asked(PARKING, world=world)
    assert (answer.route, answer.backend, answer.redacted) == (Route.CLOUD, "anthropic", 1)
    assert [(reason.cause, reason.categories) for reason in answer.reasons] == [(Cause.REDACTED, (Category.PII,))]
    assert "SECRET" not in shown_to_cloud(world)
    assert "Ask [VALUE_1] for a permit." in shown_to_cloud(world)
    assert answer.text == f"{PARKING} [1]"
    assert [source.number for source in answer.citations] == [1]
    (routed,) = world.audited(who.tenant_id, "prompt_routed")
    assert routed["redacted"] == 1
    assert "SECRET" not in json.dumps(routed)


def test_a_streamed_answer_has_its_values_back_and_the_same_schema() -> None:
    """R13, R14: the SSE stream and the body tell the same, and how many values were hidden."""
    world = a_redacting_world()
    who, token = world.person("acme")
    world.uploaded(who, PARKING)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(application(world.product, max_upload_bytes=1_000)) as client:
        body = client.post("/v1/answers", json={"question": ASKED.text}, headers=headers).json()
        events = client.post("/v1/answers", json={"question": ASKED.text, "stream": True}, headers=headers).text
    data = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    streamed = "".join(one["text"] for one in data if set(one) == {"text"})
    assert streamed == body["answer"] == data[-1]["answer"] == f"{PARKING} [1]"
    assert set(data[-1]) == set(body)
    assert (body["redacted"], data[-1]["redacted"], body["stopped"]) == (1, 1, None)


@pytest.mark.parametrize("category", sorted(set(Category) - {Category.PII}))
def test_no_other_category_is_ever_hidden_unless_the_policy_lists_it(category: Category) -> None:
    """R14: never PHI, PCI, privilege or trade secrets by themselves."""
    world = a_redacting_world()
    _, answer = asked(f"{PARKING} SECRET-{category}", world=world)
    assert (answer.route, shown_to_cloud(world)) == (Route.LOCAL, "")
    listed = a_redacting_world(Category.PII, category)
    _, answer = asked(f"{PARKING} SECRET-{category}", world=listed)
    assert answer.route is Route.CLOUD
    assert "SECRET" not in shown_to_cloud(listed)


@pytest.mark.parametrize("text", [f"{PARKING} SECRET-UNKNOWN", "SECRET-UNKNOWN"])
def test_a_doubt_beside_a_value_keeps_the_prompt_local(text: str) -> None:
    """R5: hiding a value settles no doubt."""
    world = a_redacting_world()
    assert asked(text, world=world, question=Question(text=text))[1].route is Route.LOCAL
    assert shown_to_cloud(world) == ""


def test_what_was_declared_at_upload_is_never_redacted_away() -> None:
    """R6."""
    world = a_redacting_world()
    who, answer = asked(PARKING, world=world, declared=frozenset({Category.PII}))
    assert (answer.route, shown_to_cloud(world)) == (Route.LOCAL, "")
    assert world.product.answering.planner.plan(who, ASKED, stream=False).route is Route.LOCAL


def test_what_a_reviewer_added_is_never_redacted_away() -> None:
    """R6: the labeller found a value of the category, too, but the reviewer may have meant something else."""
    world = a_redacting_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, PARKING)
    change = Change(added=frozenset({Category.PII}))
    request = ReviewRequest(ordinals=None, change=change, reason=ReviewReason.MISSED)
    world.product.reviewing.review(who, document.id, request)
    world.work()
    assert world.product.answering.ask(who, ASKED).route is Route.LOCAL
    assert shown_to_cloud(world) == ""


def test_a_value_in_the_question_is_hidden_everywhere_else_too() -> None:
    world = a_redacting_world()
    _, answer = asked("Visitors park in the garage, says secret-pii.", world=world, question=Question(text=PARKING))
    assert (answer.route, answer.redacted) == (Route.CLOUD, 1)
    assert "secret" not in shown_to_cloud(world).lower()


class _OneByOne(InMemoryLabeller):
    """Finds a second value only where the first is hidden."""

    @override
    def label(self, texts: Any, vectors: Vectors | None) -> tuple[Label, ...]:
        seen = [text if "SECRET-PII" in text else text.replace("ELLISON", "SECRET-PII") for text in texts]
        shortened = len("SECRET-PII") - len("ELLISON")
        return tuple(
            replace(label, findings=tuple(replace(one, end=one.end - shortened) for one in label.findings))
            if seen[place] != texts[place]
            else label
            for place, label in enumerate(super().label(seen, vectors))
        )


def test_what_is_found_only_once_other_values_are_hidden_is_hidden_too() -> None:
    world = a_redacting_world(labeller=_OneByOne())
    _, answer = asked("Visitors park in the garage. Ask SECRET-PII or ELLISON.", world=world)
    assert (answer.route, answer.redacted) == (Route.CLOUD, 2)
    assert "ELLISON" not in shown_to_cloud(world)


class _Interrupted(InMemoryLabeller):
    """The twin, which lets something happen while the egress scans."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    @override
    def label(self, texts: Any, vectors: Vectors | None) -> tuple[Label, ...]:
        if any("<source" in text for text in texts):
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
        return super().label(texts, vectors)


@pytest.mark.parametrize("category", [Category.PII, Category.PHI])
def test_what_a_reviewer_adds_while_it_is_being_redacted_keeps_it_local(category: Category) -> None:
    """R6: a review counts from its commit on, also one that says again what the labeller had found."""
    world = a_redacting_world(labeller=(labeller := _Interrupted()))
    who, _ = world.person("acme")
    document = world.uploaded(who, PARKING)
    change = Change(added=frozenset({category}))
    request = ReviewRequest(ordinals=None, change=change, reason=ReviewReason.MISSED)
    labeller.meanwhile = partial(world.product.reviewing.review, who, document.id, request)
    answer = world.product.answering.ask(who, ASKED)
    assert (answer.route, answer.redacted, shown_to_cloud(world)) == (Route.LOCAL, 0, "")


class _Stubborn(InMemoryLabeller):
    """Finds a value, and still something sensitive when it is hidden."""

    @override
    def label(self, texts: Any, vectors: Vectors | None) -> tuple[Label, ...]:
        labels = super().label(texts, vectors)
        return tuple(
            label.raised_to({Category.PII} if "VALUE_1" in text else ())
            for text, label in zip(texts, labels, strict=True)
        )


def test_what_is_still_sensitive_with_its_values_hidden_stays_local() -> None:
    """R11: the redacted text is labelled and scanned like any other."""
    world = a_redacting_world(labeller=_Stubborn())
    _, answer = asked(PARKING, world=world)
    assert (answer.route, answer.redacted, shown_to_cloud(world)) == (Route.LOCAL, 0, "")


def test_a_cloud_that_fails_leaves_the_local_model_the_words_as_they_are() -> None:
    """R12: no placeholder reaches the asker or the local model."""
    world = a_redacting_world()
    assert world.cloud
    assert world.local
    world.cloud.available = False
    _, answer = asked(PARKING, world=world)
    assert (answer.route, answer.redacted, answer.text) == (Route.LOCAL, 0, f"{PARKING} [1]")
    assert PARKING in world.local.shown[0].messages()[-1].text


def test_no_log_line_and_no_plan_shows_a_value() -> None:
    """R54."""
    world = a_redacting_world()
    who, _ = world.person("acme")
    world.uploaded(who, "Visitors park in the garage. Ask SECRET-PII.")
    plan = world.product.answering.planner.plan(who, ASKED, stream=False)
    assert plan.redacted is not None
    assert "SECRET" not in f"{plan.redacted!r} {plan.cloud!r}"
    with capture_logs() as logs:
        world.product.answering.ask(who, ASKED)
    assert "SECRET" not in str(logs)


def test_with_the_shipped_labeller_a_name_a_number_and_a_mailbox_are_hidden() -> None:
    world = redacting(exchanged(a_world(), labelling=shipped()), Category.PII)
    text = (
        "The parking permits are handed out by Brigitte Sommerfeld at the front desk. Her number is "
        "+49 30 901820 17 and her e-mail is brigitte.sommerfeld@northwind.test."
    )
    _, answer = asked(text, world=world, question=Question(text="Is it Brigitte Sommerfeld who gives parking permits?"))
    assert (answer.route, answer.redacted) == (Route.CLOUD, 3)
    assert leaked(world, ["Brigitte Sommerfeld", "+49 30 901820 17", "brigitte.sommerfeld@northwind.test"]) == []
    assert answer.text == f"{text} [1]"


def leaked(world: World, values: list[str]) -> list[str]:
    """Return the pieces of values (four characters and more, no ordinary words) that the cloud was shown."""
    shown = shown_to_cloud(world).replace(json.dumps(INSTRUCTIONS)[1:-1], "").lower()
    pieces = {piece for value in values for piece in re.findall(r"\w{4,}", value.lower())}
    return sorted(one for one in {*pieces, *(value.lower() for value in values)} if one in shown and not ordinary(one))


_GIVEN = st.sampled_from(["Brigitte", "Kevin", "Tomasz", "Aisha", "Priya", "Guillermo", "Fatima", "Henrik", "Sergei"])
_SURNAMES = st.sampled_from(["Sommerfeld", "Wieczorek", "Okonkwo", "Ramanathan", "Lindqvist", "Castellanos", "Petrov"])
_NUMBERS = st.sampled_from(["+49 30 901820 17", "0171 2345678", "(212) 555-0187", "+33 1 70 18 99 00"])
_TEMPLATES = st.sampled_from(
    [
        "The parking permits are handed out by {name} at the front desk. Call {phone}.",
        "Whoever needs a meal for visitors asks {name}, e-mail {mail}. The cafeteria opens at noon.",
        "{name} looks after the printers on the third floor. {surname} is there from nine, phone {phone}.",
        "Questions about the garage go to {mail}. {name} answers within a day, says {given}.",
        "Der Parkplatz gehört zum Lager. Fragen beantwortet {name} unter {phone}, auch {surname}s Kollegen.",
    ]
)


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Return texts, and the values that were planted in them."""
    texts, values = [], []
    for template in draw(st.lists(_TEMPLATES, min_size=1, max_size=2, unique=True)):
        given, surname, phone = draw(_GIVEN), draw(_SURNAMES), draw(_NUMBERS)
        mail = f"{given}.{surname}@northwind.test".lower()
        name = f"{given} {surname}"
        texts.append(template.format(name=name, given=given, surname=surname, phone=phone, mail=mail))
        values += [value for value in (name, phone, mail) if value in texts[-1]]
    return texts, values


@settings(max_examples=15, deadline=None)
@given(case=planted())
def test_no_planted_value_is_in_what_leaves(case: tuple[list[str], list[str]]) -> None:
    """R14: nor a piece of one, whatever the shipped labeller made of the texts; and the answer holds them again."""
    texts, values = case
    world = redacting(exchanged(a_world(), labelling=shipped()), Category.PII)
    who, _ = world.person("acme")
    for text in texts:
        world.uploaded(who, text)
    answer = world.product.answering.ask(
        who, Question(text="Who looks after the parking permits, the garage, the printers and the meals?")
    )
    assert leaked(world, values) == []
    assert not re.search(r"\[[A-Z]+_\d", answer.text)
