"""A conversation is as sensitive as everything still in its context, and no more (R2, R10, R21, R31, R41, R50)."""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.reviewing import Change
from ingestion.sensitivity import Category, Verdict
from service.adapters.memory.keeping import InMemoryKeyStore
from service.adapters.memory.models import InMemoryLocalModel
from service.answering import Answer, Answering, Question
from service.citing import Unsupported
from service.conversations import Condensing, Context
from service.conversations.condensing import INSTRUCTIONS, depends
from service.errors import (
    ConflictError,
    InvalidRequestError,
    LocalModelUnavailableError,
    NotFoundError,
    PartUnavailableError,
    SourceErasedError,
)
from service.policy.access import ConversationId, Principal, Role, TenantId, TurnId
from service.policy.prompt import Origin, Prompt
from service.policy.providers import Attestation
from service.policy.routing import Cause, Route
from service.ports import Generation, ReviewReason
from service.reviewing import ReviewRequest
from tests.assembled import LearningLabeller, World, a_world
from tests.terms import a_provider, some_rules, without

PARKING = "Visitors park in the garage."
SALARY = "Salary of Ellison: SECRET-PII."
WHERE = "Where do visitors park?"
PAID = "What is the salary of Ellison?"
CLERK = "Paper is stored in the cellar, says the clerk."
CLERK_ASKED = "Where is paper stored, says the clerk?"
RAISED = ReviewRequest(
    ordinals=frozenset({0}), change=Change(added=frozenset({Category.PHI})), reason=ReviewReason.MISSED
)


class Talk:
    """One person's conversation in a world."""

    def __init__(self, world: World, who: Principal) -> None:
        self.world = world
        self.who = who
        self.id: ConversationId | None = None

    def ask(self, text: str, **fields: object) -> Answer:
        question = Question(text=text, conversation=self.id, opens=self.id is None, **fields)  # type: ignore[arg-type]
        answer = self.world.product.answering.ask(self.who, question)
        self.id = answer.conversation
        return answer

    def drop(self, ordinal: int) -> None:
        assert self.id
        self.world.product.conversations.drop(self.who, self.id, ordinal)

    def texts(self) -> list[str | None]:
        assert self.id
        return [turn.answer for turn in self.world.product.conversations.show(self.who, self.id)[1]]

    def in_context(self) -> list[int]:
        """Return the turns that the next question would be asked with."""
        planner = self.world.product.answering.planner
        plan = planner.plan(self.who, Question(text=WHERE, conversation=self.id), stream=False)
        return [turn.ordinal for turn in plan.context.turns]


def a_talk(*texts: str, role: Role = Role.ADMIN, groups: tuple[str, ...] = (), **world: object) -> Talk:
    """Return a conversation over documents with these texts."""
    made = a_world(**world)  # type: ignore[arg-type]
    admin, _ = made.person("acme")
    for text in texts:
        made.uploaded(admin, text)
    return Talk(made, made.person("acme", role, *groups)[0])


def shown_to_cloud(talk: Talk) -> bytes:
    assert talk.world.cloud
    return b"".join(talk.world.cloud.shown)


# Routes


def test_two_questions_of_one_conversation_take_two_routes() -> None:
    """R2: the harmless one first; then the sensitive one stays inside."""
    talk = a_talk(PARKING, SALARY)
    assert [talk.ask(text).route for text in (WHERE, PAID)] == [Route.CLOUD, Route.LOCAL]
    assert b"SECRET" not in shown_to_cloud(talk)


def test_a_sensitive_turn_keeps_what_follows_local_and_the_evidence_names_it() -> None:
    """R10, R50."""
    talk = a_talk(PARKING, SALARY)
    talk.ask(PAID)
    answer = talk.ask(WHERE)
    assert answer.route is Route.LOCAL
    assert {reason.origin for reason in answer.reasons} == {Origin.EARLIER_ANSWER}
    facts = talk.world.audited(talk.who.tenant_id, "prompt_routed")[-1]
    assert facts["conversation"] == str(talk.id)
    assert facts["context"] == [{"turn": 0, "verdict": "sensitive", "categories": ["PII"]}]
    assert shown_to_cloud(talk) == b""


def test_what_a_reviewer_dismissed_needs_the_terms_of_its_category_in_a_later_turn_too() -> None:
    """R15: no BAA, never PHI, also not as an answer that says in other words what was dismissed with consent."""
    rules = some_rules(without(a_provider(), Attestation.BAA))
    talk = a_talk("Ellison is in ward seven, SECRET-PHI.", PARKING, rules=rules)
    local = Inventive("Ellison is in ward seven, of all places.")
    answering = rewriting(talk, local)
    for document in talk.world.product.documents.page(talk.who, limit=9):
        change = Change(dismissed=frozenset({Category.PHI}))
        request = ReviewRequest(ordinals=None, change=change, reason=ReviewReason.CONSENT_GIVEN)
        talk.world.product.reviewing.review(talk.who, document.id, request)
    talk.world.work()
    first = answering.ask(talk.who, Question(text="Where is Ellison, in which ward?", opens=True))
    again = answering.ask(talk.who, Question(text=WHERE, conversation=first.conversation))
    assert first.route is again.route is Route.LOCAL
    assert again.reasons[0].terms == ("baa_missing",)
    assert shown_to_cloud(talk) == b""


def test_a_dropped_turn_frees_the_route_and_the_evidence_says_so() -> None:
    """R10: as sensitive as everything still in the context, and no more."""
    talk = a_talk(PARKING, SALARY)
    talk.ask(PAID)
    talk.drop(0)
    assert talk.ask(WHERE).route is Route.CLOUD
    assert talk.world.audited(talk.who.tenant_id, "prompt_routed")[-1]["context"] == []
    assert b"Ellison" not in shown_to_cloud(talk)


def test_a_turn_made_with_a_dropped_one_leaves_the_context_with_it() -> None:
    """R10: its words may repeat what nobody can label any more."""
    talk = a_talk(PARKING)
    talk.ask("Where do visitors park, says SECRET-PHI?")
    talk.ask(WHERE)
    assert talk.in_context() == [0, 1]
    talk.drop(0)
    assert talk.in_context() == []
    assert len(talk.texts()) == 1


def test_a_sensitive_question_keeps_the_conversation_local() -> None:
    """R10: the question counts, even where every source is harmless."""
    talk = a_talk(PARKING)
    talk.ask("Where do visitors park, says SECRET-PHI?")
    answer = talk.ask(WHERE)
    assert answer.route is Route.LOCAL
    assert Origin.EARLIER_QUESTION in {reason.origin for reason in answer.reasons}
    assert shown_to_cloud(talk) == b""


def test_no_time_and_no_restart_forgets_what_was_sensitive() -> None:
    """R10: it is in SQL; another process with the same stores knows it."""
    talk = a_talk(PARKING, SALARY)
    talk.ask(PAID)
    talk.world.clock.advance(10 * 365 * 86_400)
    stores = talk.world
    restarted = a_world(database=stores.database, index=stores.index, keys=stores.keys)
    question = Question(text=WHERE, conversation=talk.id)
    plan = restarted.product.answering.planner.plan(talk.who, question, stream=False)
    assert (plan.route, [turn.ordinal for turn in plan.context.turns]) == (Route.LOCAL, [0])


def test_harmless_turns_go_to_the_cloud_with_the_question() -> None:
    talk = a_talk(PARKING)
    talk.ask(WHERE)
    assert talk.ask("Which garage do visitors use?").route is Route.CLOUD
    assert shown_to_cloud(talk).count(WHERE.encode()) == 2


# Labels are those of today


def test_a_raised_source_counts_for_the_turns_that_rest_on_it() -> None:
    """R6, R10: the answer was harmless when it was made."""
    talk = a_talk(PARKING)
    other = talk.world.uploaded(talk.who, CLERK)
    talk.ask(CLERK_ASKED)
    talk.world.product.reviewing.review(talk.who, other.id, RAISED)
    answer = talk.ask(WHERE)
    assert answer.route is Route.LOCAL
    assert [turn.label.categories for turn in answer.context] == [{Category.PHI}]


def test_a_new_labeller_version_judges_earlier_turns_anew() -> None:
    """R6: at once stale, and after the renewal by what it finds."""
    talk = a_talk(PARKING, labeller=(labeller := LearningLabeller()))
    talk.ask(WHERE)
    labeller.learn("visitors")
    talk.world.product.jobs.sweep()
    talk.world.work()
    answer = talk.ask("Which garage is it?")
    assert answer.route is Route.LOCAL
    assert [turn.label.verdict for turn in answer.context] == [Verdict.SENSITIVE]


def test_a_stale_label_of_a_source_keeps_the_turns_that_rest_on_it_local() -> None:
    """R5."""
    talk = a_talk(PARKING, labeller=(labeller := LearningLabeller()))
    talk.ask(WHERE)
    labeller.learn()
    assert talk.ask(WHERE).route is Route.LOCAL


def test_a_source_out_of_scope_takes_its_turn_out_of_context_and_out_of_sight() -> None:
    """R31: revocation takes effect at the next question, for what was said before, too."""
    talk = a_talk(PARKING)
    talk.world.uploaded(talk.world.person("acme")[0], SALARY, groups=frozenset({"board"}))
    inside = replace(talk.who, role=Role.READER, groups=frozenset({"board"}))
    outside = replace(inside, groups=frozenset())
    talk.who = inside
    answer = talk.ask(PAID)
    talk.who = outside
    assert talk.in_context() == []
    assert talk.texts() == [None]
    with pytest.raises(NotFoundError):
        talk.world.product.answering.told(outside, answer.id)
    assert talk.ask(WHERE).route is Route.CLOUD
    assert b"Ellison" not in shown_to_cloud(talk)


def test_a_question_kept_to_harmless_chunks_is_asked_without_sensitive_turns() -> None:
    """R21."""
    talk = a_talk(PARKING, SALARY)
    talk.ask(PAID)
    talk.ask(WHERE)
    answer = talk.ask(WHERE, harmless_only=True)
    assert (answer.route, answer.context) == (Route.CLOUD, ())
    assert b"Ellison" not in shown_to_cloud(talk)
    assert talk.world.audited(talk.who.tenant_id, "prompt_routed")[-1]["scope"] == "non_sensitive"


def test_the_newest_turns_within_the_budget_are_the_context() -> None:
    talk = a_talk(PARKING)
    for _ in range(4):
        talk.ask(WHERE)
    made = talk.world.product.answering.planner
    budgets = {}
    for tokens in (0, 20, 40, 1_000):
        planner = replace(made, recollection=replace(made.recollection, tokens=tokens))
        plan = planner.plan(talk.who, Question(text=WHERE, conversation=talk.id), stream=False)
        budgets[tokens] = [turn.ordinal for turn in plan.context.turns]
    assert budgets == {0: [], 20: [3], 40: [2, 3], 1_000: [0, 1, 2, 3]}


_TURNS = st.lists(
    st.sampled_from(
        [
            "Where do visitors park?",
            "Where do SECRET-PHI visitors park?",
            "What salary does SECRET-UNKNOWN Ellison get?",
        ]
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(asked=_TURNS, sensitive=st.booleans(), budgets=st.tuples(st.integers(0, 120), st.integers(0, 120)))
def test_more_context_never_turns_local_into_cloud(
    asked: list[str], budgets: tuple[int, int], *, sensitive: bool
) -> None:
    """R10: what is added to a context may keep a prompt here, and never sends it away."""
    talk = a_talk(PARKING, *([SALARY] if sensitive else []))
    for text in asked:
        talk.ask(text)
    made = talk.world.product.answering.planner
    question = Question(text="Where do visitors park?", conversation=talk.id, opens=talk.id is None)
    routes = []
    for tokens in sorted(budgets):
        planner = replace(made, recollection=replace(made.recollection, tokens=tokens))
        routes.append(planner.plan(talk.who, question, stream=False).route)
    assert routes != [Route.LOCAL, Route.CLOUD]
    assert b"SECRET" not in shown_to_cloud(talk)


def test_an_answer_is_what_it_was_made_with_also_where_that_is_in_no_context_any_more() -> None:
    """R10: the sensitive question is beyond the budget; the answer that was made with it is not."""
    talk = a_talk(PARKING)
    talk.ask("Where do visitors park, says SECRET-PHI?")
    talk.ask(WHERE)
    made = talk.world.product.answering.planner
    planner = replace(made, recollection=replace(made.recollection, tokens=20))
    plan = planner.plan(talk.who, Question(text=WHERE, conversation=talk.id), stream=False)
    assert [(turn.ordinal, turn.answer_label.verdict) for turn in plan.context.turns] == [(1, Verdict.SENSITIVE)]
    assert plan.route is Route.LOCAL


class Inventive(InMemoryLocalModel):
    """A local model that says what no source says."""

    def __init__(self, says: str) -> None:
        super().__init__()
        self._says = says

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Say it."""
        _, generation = super().generate(prompt)
        return self._says, generation


def test_an_answer_is_what_its_own_words_are_whatever_its_sources() -> None:
    """R10: a model may say what no source says."""
    talk = a_talk(PARKING, cloud=False)
    inventive = Inventive("Visitors like SECRET-PHI park there [1].")
    answer = rewriting(talk, inventive).ask(talk.who, Question(text=WHERE, opens=True))
    planner = talk.world.product.answering.planner
    plan = planner.plan(talk.who, Question(text=WHERE, conversation=answer.conversation), stream=False)
    assert [turn.answer_label.categories for turn in plan.context.turns] == [{Category.PHI}]


# Whose it is


def test_a_conversation_is_its_owners_alone() -> None:
    """R30, R31: not even an admin of the same tenant sees it."""
    talk = a_talk(PARKING)
    answer = talk.ask(WHERE)
    assert talk.id
    product = talk.world.product
    for other in (talk.world.person("acme")[0], talk.world.person("lakeside")[0]):
        assert product.conversations.page(other, limit=9) == ()
        for attempt in (
            lambda who=other: product.conversations.show(who, talk.id),
            lambda who=other: product.conversations.forget(who, talk.id),
            lambda who=other: product.conversations.drop(who, talk.id, 0),
            lambda who=other: product.answering.told(who, answer.id),
            lambda who=other: product.answering.ask(who, Question(text=WHERE, conversation=talk.id)),
        ):
            with pytest.raises(NotFoundError):
                attempt()
    assert len(talk.texts()) == 1


def test_what_the_caller_remembers_has_no_place_in_a_conversation() -> None:
    talk = a_talk(PARKING)
    with pytest.raises(InvalidRequestError):
        talk.ask(WHERE, history=("anything",))


def test_a_question_alone_is_kept_nowhere() -> None:
    talk = a_talk(PARKING)
    answer = talk.world.product.answering.ask(talk.who, Question(text=WHERE, request="r1"))
    assert answer.conversation is None
    assert talk.world.product.conversations.page(talk.who, limit=9) == ()
    with pytest.raises(NotFoundError):
        talk.world.product.answering.told(talk.who, answer.id)


# Again


def test_a_finished_answer_can_be_fetched_again() -> None:
    talk = a_talk(PARKING)
    answer = talk.ask(WHERE)
    again = talk.world.product.answering.told(talk.who, answer.id)
    assert again == replace(answer, context=())


def test_an_answer_that_nothing_supports_is_fetched_again_as_it_was_told() -> None:
    """R13: what is not borne out is not presented as fact, whenever it is read."""
    talk = a_talk(PARKING, cloud=False)
    inventive = Inventive("Dragons guard the northern tower [1].")
    answer = rewriting(talk, inventive).ask(talk.who, Question(text=WHERE, opens=True))
    again = talk.world.product.answering.told(talk.who, answer.id)
    assert (again.unsupported, again.citations) == (Unsupported.NOT_GROUNDED, ())
    assert again == replace(answer, context=())


def test_sources_keep_their_numbers_and_order_whatever_an_earlier_turn_rests_on() -> None:
    """An answer also rests on what its context rests on; those chunks come in another order."""
    talk = a_talk(PARKING, CLERK)
    talk.ask(WHERE)
    answer = talk.ask("Where is paper stored, says the clerk, and where do visitors park?")
    assert [source.number for source in answer.sources] == [1, 2]
    again = talk.world.product.answering.told(talk.who, answer.id)
    assert again == replace(answer, context=())


def test_a_repeated_request_for_harmless_texts_alone_is_not_told_what_rests_on_others() -> None:
    """R21: the same key with the other scope is another question."""
    talk = a_talk(SALARY)
    assert "SECRET-PII" in talk.ask(PAID, request="r1").text
    with pytest.raises(ConflictError):
        talk.ask(PAID, request="r1", harmless_only=True)


def test_a_repeated_request_gets_the_answer_that_was_made() -> None:
    talk = a_talk(PARKING)
    first = talk.ask(WHERE, request="r1")
    again = talk.ask(WHERE, request="r1")
    new = talk.world.product.answering.ask(talk.who, Question(text=WHERE, opens=True, request="r1"))
    assert first.id == again.id == new.id
    assert len(talk.texts()) == 1
    assert len(talk.world.audited(talk.who.tenant_id, "answer_made")) == 1
    with pytest.raises(ConflictError):
        talk.ask("Which garage do visitors use?", request="r1")


def test_a_request_key_of_another_api_key_is_another_request() -> None:
    """R30: nobody is answered with what somebody else was told."""
    talk = a_talk(PARKING)
    other = Talk(talk.world, talk.world.person("acme")[0])
    assert talk.ask(WHERE, request="r1").id != other.ask(WHERE, request="r1").id


# Rewriting a follow-up


class Rewriting(InMemoryLocalModel):
    """A local model that rewrites a follow-up as it was told."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.asked: list[Prompt] = []

    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        """Rewrite where that is what is asked for."""
        if prompt.instructions() != INSTRUCTIONS:
            return (yield from super().stream(prompt))
        self.asked.append(prompt)
        yield from (letter for letter in self._text)
        return Generation(model=self.name, input_tokens=1, output_tokens=1, finish="stop")


def rewriting(talk: Talk, local: InMemoryLocalModel | None) -> Answering:
    made = talk.world.product.answering
    return replace(made, local=local, planner=replace(made.planner, local=local))


@pytest.mark.parametrize(
    ("local", "by"),
    [
        (None, "rule"),
        (Rewriting("Where do visitors park by night?"), "local"),
        (Rewriting("I cannot do that."), "rule"),
        (Rewriting("night " * 200), "rule"),
        (Rewriting(""), "rule"),
    ],
    ids=["no model", "rewritten", "about something else", "too long", "nothing"],
)
def test_a_follow_up_finds_what_it_points_at(local: InMemoryLocalModel | None, by: str) -> None:
    """The question alone finds nothing; rewritten inside the building, it does."""
    talk = a_talk(PARKING, "Night shifts are paid more, and the nightly rate is known.")
    talk.ask(WHERE)
    answering = rewriting(talk, local)
    plan = answering.planner.plan(talk.who, Question(text="And by night?", conversation=talk.id), stream=False)
    assert plan.searched
    assert plan.searched[0].by == by
    assert PARKING in {hit.text for hit in plan.hits}
    alone = answering.planner.plan(talk.who, Question(text="And by night?"), stream=False)
    assert PARKING not in {hit.text for hit in alone.hits}


def test_what_was_rewritten_is_shown_to_no_cloud() -> None:
    """R10: it is derived from the context, and only searched for."""
    talk = a_talk(PARKING)
    talk.ask(WHERE)
    answer = rewriting(talk, local := Rewriting("Where do visitors canary park by night?")).ask(
        talk.who, Question(text="And by night?", conversation=talk.id)
    )
    assert (answer.route, len(local.asked)) == (Route.CLOUD, 1)
    assert b"canary" not in shown_to_cloud(talk)


def test_a_local_model_that_fails_at_rewriting_only_costs_the_rewriting() -> None:
    class Failing(Rewriting):
        def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
            self.asked.append(prompt)
            yield "Where"
            raise LocalModelUnavailableError

    talk = a_talk(PARKING)
    talk.ask(WHERE)
    question = Question(text="And by night?", conversation=talk.id)
    assert rewriting(talk, Failing("")).planner.plan(talk.who, question, stream=False).hits


@pytest.mark.parametrize(
    ("question", "pointing"),
    [
        ("And by night?", True),
        ("Does it open early?", True),
        ("Und dort?", True),
        (WHERE, False),
        ("How are travel expenses refunded?", False),
        ("Wann werden Reisekosten erstattet?", False),
    ],
)
def test_only_a_question_that_points_back_is_rewritten(question: str, *, pointing: bool) -> None:
    assert depends(question) is pointing
    assert Condensing(local=None).condensed(question, Context()).by == "asked"


# Erasure


def test_an_erased_document_takes_every_turn_that_rests_on_it() -> None:
    """R41: also the turns that were only made with such a turn in their context."""
    talk = a_talk(PARKING)
    document = talk.world.uploaded(talk.who, SALARY)
    answers = [talk.ask(text) for text in (WHERE, PAID, PARKING)]
    assert {source.hit.text for source in answers[2].sources} == {PARKING}
    talk.world.product.erasure.request(talk.who, document.id)
    assert talk.texts() == [answers[0].text], "unreachable at the commit"
    assert talk.in_context() == [0]
    assert not talk.world.product.erasure.remains(talk.who.tenant_id, document.id).nothing
    talk.world.work()
    assert talk.world.product.erasure.remains(talk.who.tenant_id, document.id).nothing
    has = talk.world.keys.has_turn_key
    assert [has(tenant_id=talk.who.tenant_id, turn_id=TurnId(answer.id)) for answer in answers] == [True, False, False]


class Stubborn(InMemoryKeyStore):
    """A key store that only claims to destroy, or that dies instead."""

    how = ""

    def destroy_turn_keys(self, *, tenant_id: TenantId, turn_ids: object) -> None:
        """Do what it was told to."""
        if self.how == "claims":
            return
        if self.how == "dies":
            raise PartUnavailableError
        super().destroy_turn_keys(tenant_id=tenant_id, turn_ids=turn_ids)  # type: ignore[arg-type]


def test_a_key_store_that_only_claims_to_destroy_is_found_out() -> None:
    """R42: the turn keeps its row, so it is counted."""
    talk = a_talk(keys=(keys := Stubborn()))
    document = talk.world.uploaded(talk.who, PARKING)
    talk.ask(WHERE)
    keys.how = "claims"
    talk.world.product.erasure.request(talk.who, document.id)
    talk.world.work()
    assert talk.world.product.erasure.remains(talk.who.tenant_id, document.id).found("turns") == 1
    assert talk.world.audited(talk.who.tenant_id, "erasure_verified") == []
    keys.how = ""
    talk.world.clock.advance(60)
    talk.world.product.jobs.sweep()
    talk.world.work()
    assert talk.world.product.erasure.remains(talk.who.tenant_id, document.id).nothing


@pytest.mark.parametrize("what", ["conversation", "turn"])
def test_a_crash_between_hiding_and_destroying_is_made_good_by_the_sweep(what: str) -> None:
    """R41, R43: hidden at the commit; the ids stay until the keys are gone."""
    talk = a_talk(PARKING, keys=(keys := Stubborn()))
    answer = talk.ask(WHERE)
    keys.how = "dies"
    assert talk.id
    product, identifier = talk.world.product.conversations, talk.id
    forget = partial(talk.drop, 0) if what == "turn" else partial(product.forget, talk.who, identifier)
    with pytest.raises(PartUnavailableError):
        forget()
    with pytest.raises(NotFoundError):
        talk.world.product.answering.told(talk.who, answer.id)
    assert keys.has_turn_key(tenant_id=talk.who.tenant_id, turn_id=TurnId(answer.id))
    keys.how = ""
    talk.world.product.jobs.sweep()
    assert not keys.has_turn_key(tenant_id=talk.who.tenant_id, turn_id=TurnId(answer.id))
    with talk.world.database.transaction(talk.who.tenant_id) as transaction:
        assert transaction.turns.erased(limit=9) == ()


def test_a_forgotten_conversation_is_gone_with_its_keys_and_on_record() -> None:
    """R41, R50."""
    talk = a_talk(PARKING)
    answers = [talk.ask(WHERE) for _ in range(3)]
    assert talk.id
    talk.world.product.conversations.forget(talk.who, talk.id)
    assert talk.world.product.conversations.page(talk.who, limit=9) == ()
    tenant = talk.who.tenant_id
    assert not any(talk.world.keys.has_turn_key(tenant_id=tenant, turn_id=TurnId(one.id)) for one in answers)
    assert talk.world.audited(tenant, "conversation_erased") == [{"turns": 3}]


class Interrupted(InMemoryLocalModel):
    """A local model during whose work, or before it, something else happens, once."""

    def __init__(self, at: str, what: Callable[[], object]) -> None:
        super().__init__()
        self._at = at
        self._what = what

    def ready(self) -> bool:
        self._reach("decision")
        return super().ready()

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        self._reach("generation")
        return super().generate(prompt)

    def _reach(self, point: str) -> None:
        if point == self._at:
            self._at = ""
            self._what()


@pytest.mark.parametrize("at", ["decision", "generation"])
@pytest.mark.parametrize("what", ["source", "turn"])
def test_what_leaves_the_context_while_an_answer_is_made_is_sent_and_kept_nowhere(at: str, what: str) -> None:
    """R41: checked again at the moment of sending, and once more before anything is kept."""
    talk = a_talk(PARKING)
    document = talk.world.uploaded(talk.who, SALARY)
    talk.ask(PAID)

    def leave() -> None:
        if what == "turn":
            talk.drop(0)
        else:
            talk.world.product.erasure.request(talk.who, document.id)

    local = Interrupted(at, leave)
    with pytest.raises(SourceErasedError):
        rewriting(talk, local).ask(talk.who, Question(text=WHERE, conversation=talk.id))
    assert talk.texts() == []
    assert shown_to_cloud(talk) == b""
    assert len(local.shown) == (at == "generation")


def test_a_source_of_an_earlier_turn_raised_while_an_answer_is_planned_keeps_it_local() -> None:
    """R6, R10: a review counts from its commit on, at the moment of sending."""
    talk = a_talk(PARKING)
    other = talk.world.uploaded(talk.who, CLERK)
    talk.ask(CLERK_ASKED)
    reviewing = talk.world.product.reviewing
    local = Interrupted("decision", lambda: reviewing.review(talk.who, other.id, RAISED))
    answer = rewriting(talk, local).ask(talk.who, Question(text=WHERE, conversation=talk.id))
    assert (answer.route, {reason.origin for reason in answer.reasons}) == (Route.LOCAL, {Origin.EARLIER_ANSWER})
    assert WHERE.encode() not in shown_to_cloud(talk)


def test_a_turn_that_could_not_be_kept_leaves_no_key() -> None:
    talk = a_talk(PARKING)
    document = talk.world.uploaded(talk.who, SALARY)
    local = Interrupted("generation", lambda: talk.world.product.erasure.request(talk.who, document.id))
    answer = uuid4()
    with pytest.raises(SourceErasedError):
        rewriting(talk, local).ask(talk.who, Question(text=PAID, opens=True), answer_id=answer)
    assert not talk.world.keys.has_turn_key(tenant_id=talk.who.tenant_id, turn_id=TurnId(answer))


# Evidence


def test_every_answer_ends_in_the_audit_once() -> None:
    """R50."""
    talk = a_talk(PARKING, SALARY)
    for text in (WHERE, PAID):
        talk.ask(text)
    made = talk.world.audited(talk.who.tenant_id, "answer_made")
    assert [(one["route"], one["backend"], one["model"], one["finish"], one["stopped"]) for one in made] == [
        ("cloud", "anthropic", "memory-cloud", "stop", None),
        ("local", "vllm", "memory-local", "stop", None),
    ]
    assert all(one["citations"] == 1 and one["input_tokens"] and one["output_tokens"] for one in made)
    assert not any(word in str(made) for word in ("garage", "Ellison", "visitors"))


@pytest.mark.parametrize("text", [PARKING, SALARY], ids=["cloud", "local"])
def test_a_listener_who_leaves_is_recorded_and_nothing_is_kept(text: str) -> None:
    """R50: an answer that was begun ends in the audit."""
    talk = a_talk(text)
    pieces = talk.world.product.answering.stream(talk.who, Question(text=text, opens=True))
    next(pieces)
    pieces.close()
    (made,) = talk.world.audited(talk.who.tenant_id, "answer_made")
    assert (made["stopped"], made["citations"], made["finish"]) == ("client_gone", 0, None)
    assert talk.world.product.conversations.page(talk.who, limit=9) == ()


def test_a_listener_who_leaves_an_answer_of_quotes_is_recorded_too() -> None:
    talk = a_talk(SALARY, local=False)
    pieces = talk.world.product.answering.stream(talk.who, Question(text=PAID, opens=True))
    next(pieces)
    pieces.close()
    (made,) = talk.world.audited(talk.who.tenant_id, "answer_made")
    assert (made["backend"], made["stopped"]) == ("quotes", "client_gone")


def test_a_refusal_at_planning_is_recorded_with_its_reasons() -> None:
    """R12, R50."""
    talk = a_talk(SALARY)
    assert talk.world.local
    talk.world.local.available = False
    with pytest.raises(LocalModelUnavailableError):
        talk.ask(PAID)
    (facts,) = talk.world.audited(talk.who.tenant_id, "prompt_refused")
    causes = [reason["cause"] for reason in facts["reasons"]]  # type: ignore[attr-defined]
    assert causes == [Cause.SENSITIVE, Cause.LOCAL_UNAVAILABLE]
    assert talk.world.audited(talk.who.tenant_id, "prompt_routed") == []


def test_a_refusal_while_answering_is_recorded_with_its_reasons() -> None:
    """R12, R50: it looked ready, and was not."""

    class Dying(InMemoryLocalModel):
        def generate(self, prompt: Prompt) -> tuple[str, Generation]:
            self.shown.append(prompt)
            raise LocalModelUnavailableError

    talk = a_talk(SALARY)
    with pytest.raises(LocalModelUnavailableError):
        rewriting(talk, Dying()).ask(talk.who, Question(text=PAID))
    (facts,) = talk.world.audited(talk.who.tenant_id, "prompt_refused")
    causes = [reason["cause"] for reason in facts["reasons"]]  # type: ignore[attr-defined]
    assert causes == [Cause.SENSITIVE, Cause.LOCAL_UNAVAILABLE]
    assert talk.world.audited(talk.who.tenant_id, "answer_made") == []


def test_no_turn_lies_in_the_database_as_it_was_said() -> None:
    """R54: text in SQL is ciphertext."""
    talk = a_talk(PARKING)
    talk.ask("Where do visitors park, asks canarius?")
    with talk.world.database.transaction(talk.who.tenant_id) as transaction:
        assert talk.id
        rows = transaction.turns.of(talk.id)
        entries = transaction.audit.page(limit=99)
    assert "canarius" not in repr(rows) + repr(entries)
    assert "garage" not in repr(rows) + repr(entries)
