"""Whatever people, workers and deaths do, in whatever order: what was erased stays erased (R40, R41, R43).

Hypothesis plays uploads, ingestions, questions, conversations, reviews, relabellings, erasures by hand and by request,
holds, refusals, duplicate deliveries and kills at any step. After each, nothing erased is found, listed, told again or
shown to a model, and nothing is called gone of which a store still holds anything. In the end every job has ended and
no store holds anything without its document.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ingestion.reviewing import Change
from ingestion.sensitivity import Category
from service.adapters.memory.queue import Ring
from service.answering import Question
from service.documents import Upload
from service.errors import HeldError, NotFoundError, RefusedError, RingfenceError
from service.holding import Cover
from service.policy.access import ConversationId, DocumentId, MatterId, Scope
from service.policy.erasures import ErasureState
from service.ports import HoldReleaseReason, LiftReason, ReviewReason
from service.product import Ringfence
from service.reviewing import ReviewRequest
from tests.assembled import LearningLabeller, a_world
from tests.crashing import NOTHING, KilledError, Left, Power, held_of, settled, watched, worked
from tests.erasing import asked_for

KILLED_AT = st.none() | st.integers(0, 90)
"""The step at which the process is killed, if it gets so far."""
PICKED = st.integers(0, 1_000)


@dataclass(frozen=True, slots=True)
class Written:
    """What a document says: about its own topic, in a word that stands nowhere else."""

    number: int
    sensitive: bool

    @property
    def word(self) -> str:
        """The word that is searched for once the document is erased."""
        return f"canary{self.number}x"

    @property
    def question(self) -> str:
        """A question that finds the document and does not say its word."""
        return f"Who keeps the topic{self.number}x of the house?"

    @property
    def content(self) -> bytes:
        """The document."""
        mark = " SECRET-PII." if self.sensitive else ""
        return f"The topic{self.number}x of the house is kept by {self.word}.{mark}".encode()


class Life(RuleBasedStateMachine):
    """A tenant's documents from the first upload to the last erasure."""

    def __init__(self) -> None:
        super().__init__()
        self.world = a_world(labeller=LearningLabeller())
        self.who, _ = self.world.person("acme")
        self.other, _ = self.world.person("acme")
        self.alive: dict[DocumentId, Written] = {}
        self.erased: dict[DocumentId, Written] = {}
        self.held: dict[DocumentId, MatterId] = {}
        self.talks: set[ConversationId] = set()
        self.numbers = 0
        self.shown = (0, 0)

    @rule(sensitive=st.booleans(), external=st.integers(0, 3), at=KILLED_AT)
    def hand_in(self, *, sensitive: bool, external: int, at: int | None) -> None:
        """Upload new words; under an external id that is taken they replace what has it."""
        self.numbers += 1
        self._uploaded(Written(self.numbers, sensitive), external, at)

    @precondition(lambda self: self.erased)
    @rule(picked=PICKED, at=KILLED_AT, lifted=st.booleans())
    def hand_in_again(self, picked: int, at: int | None, *, lifted: bool) -> None:
        """Upload what was erased: refused, until somebody lifts the refusal."""
        document, written = list(self.erased.items())[picked % len(self.erased)]
        if lifted:
            with suppress(RingfenceError):
                self.world.product.refusals.lift(self.who, document, LiftReason.ERASED_BY_MISTAKE)
        refused = [one.lifted_at is None for one in self.world.product.refusals.page(self.who, limit=200)]
        standing = {
            one.document_id
            for one, stands in zip(self.world.product.refusals.page(self.who, limit=200), refused, strict=True)
            if stands
        }
        asked_for_it = {one for one, same in self.erased.items() if same == written and one in standing}
        error = self._uploaded(written, 9, at)
        if asked_for_it and at is None:
            assert isinstance(error, RefusedError)

    @precondition(lambda self: self.alive)
    @rule(picked=PICKED, at=KILLED_AT, kept=st.booleans(), again=st.booleans())
    def ask(self, picked: int, at: int | None, *, kept: bool, again: bool) -> None:
        """Ask about a document; in a conversation, perhaps in one that goes on."""
        talk = next(iter(sorted(self.talks)), None) if again else None
        question = Question(text=self._alive(picked)[1].question, opens=kept and talk is None, conversation=talk)
        self._done(lambda product: product.answering.ask(self.who, question), at)

    @precondition(lambda self: self.alive)
    @rule(picked=PICKED, at=KILLED_AT, by_request=st.booleans())
    def erase(self, picked: int, at: int | None, *, by_request: bool) -> None:
        """Erase a document by hand, or begin a request and approve it."""
        document, _ = self._alive(picked)
        act = self._request if by_request else self._erase
        error = self._done(lambda product: act(product, document), at)
        if document in self.held:
            assert document in self.alive
            assert at is not None or by_request or isinstance(error, HeldError)

    def _erase(self, product: Ringfence, document: DocumentId) -> None:
        product.erasure.request(self.who, document)

    def _request(self, product: Ringfence, document: DocumentId) -> None:
        erasures = product.erasures
        received = erasures.receiving.receive(self.who, asked_for(document)).record.id
        erasures.previewing.preview(self.who, received)
        erasures.deciding.approve(self.who, received)

    @rule(at=KILLED_AT)
    def work(self, at: int | None) -> None:
        """Work off what was rung for, and take requests as far as they get."""

        def act(product: Ringfence) -> None:
            worked(self.world, product)
            product.erasures.executing.advance_all()

        self._done(act, at)

    @rule(seconds=st.sampled_from([1, 25, 700]), at=KILLED_AT)
    def wait(self, seconds: int, at: int | None) -> None:
        """Let time pass: leases run out, and the sweep rings again."""
        self.world.clock.advance(seconds)
        self._done(lambda product: product.jobs.sweep(), at)

    @rule()
    def deliver_again(self) -> None:
        """Have the broker repeat every message that it ever had."""
        jobs = self.world.product.jobs.page(self.who, limit=500)
        self.world.queue.rings += [Ring(kind=job.kind, tenant_id=job.tenant_id, job_id=job.id) for job in jobs]

    @rule()
    def lose_messages(self) -> None:
        """Have the broker forget what it has."""
        self.world.queue.rings.clear()

    @rule(at=KILLED_AT)
    def relabel(self, at: int | None) -> None:
        """Have another version of the labeller."""
        cast("LearningLabeller", self.world.labeller).learn()
        self._done(lambda product: product.relabelling.enqueue(self.who.tenant_id), at)

    @precondition(lambda self: self.alive)
    @rule(picked=PICKED, at=KILLED_AT)
    def review(self, picked: int, at: int | None) -> None:
        """Raise a document, with a note that says its word."""
        document, written = self._alive(picked)
        change = Change(added=frozenset({Category.PHI}))
        raised = ReviewRequest(ordinals=None, change=change, reason=ReviewReason.MISSED, note=written.word)
        self._done(lambda product: product.reviewing.review(self.who, document, raised), at)

    @precondition(lambda self: self.alive.keys() - self.held.keys())
    @rule(picked=PICKED)
    def hold(self, picked: int) -> None:
        """Put a legal hold on a document."""
        free = sorted(self.alive.keys() - self.held.keys())
        document = free[picked % len(free)]
        matter = self.world.product.holds.place(self.who, name="A", cover=Cover(documents=frozenset({document})))
        self.held[document] = matter.id

    @precondition(lambda self: self.held)
    @rule(picked=PICKED)
    def release(self, picked: int) -> None:
        """Release a hold, which takes two."""
        document = sorted(self.held)[picked % len(self.held)]
        holds, matter = self.world.product.holds, self.held.pop(document)
        holds.ask_release(self.who, matter, HoldReleaseReason.MATTER_CLOSED)
        holds.confirm_release(self.other, matter)

    @invariant()
    def nothing_erased_is_found_or_listed(self) -> None:
        """Nor told again: of a turn that rested on it nothing is shown."""
        product = self.world.product
        for document, written in self.erased.items():
            with pytest.raises(NotFoundError):
                product.documents.get(self.who, document)
            hits = product.searching.search(self.who, written.question, limit=10)
            assert document not in {hit.document_id for hit in hits}
        told = [view for talk in self.talks for view in product.conversations.show(self.who, talk)[1]]
        words = self._banned()
        assert not any(word in text for view in told for text in (view.question, view.answer) if text for word in words)

    @invariant()
    def nothing_erased_is_shown_to_a_model(self) -> None:
        """Neither inside nor outside."""
        assert self.world.local
        assert self.world.cloud
        inside, outside = self.shown
        prompts = [part.text for prompt in self.world.local.shown[inside:] for part in prompt.parts]
        bodies = [body.decode() for body in self.world.cloud.shown[outside:]]
        assert not any(word in text for text in (*prompts, *bodies) for word in self._banned())

    @invariant()
    def nothing_is_called_gone_that_is_not(self) -> None:
        """Tombstones and requests say so only when every store, looked into, is empty."""
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            stones = [transaction.tombstones.get(document) for document in self.erased]
            verified = transaction.erasures.in_state(frozenset({ErasureState.VERIFIED}))
            items = [item for record in verified for item in transaction.erasures.items(record.id)]
        gone = {stone.document_id for stone in stones if stone and stone.gone_at}
        gone |= {DocumentId(item.target) for item in items}
        assert {one: held for one in gone if (held := held_of(self.world, self.who.tenant_id, one))} == {}

    def teardown(self) -> None:
        """Let everybody finish: every job ends, and no store holds anything without its document."""
        settled(self.world)
        self._noticed()
        assert Left.of(self.world, self.who.tenant_id) == NOTHING
        for document in self.alive.keys() - self.held.keys():
            self.world.product.erasure.request(self.who, document)
        settled(self.world)
        self._noticed()
        assert self.alive.keys() == self.held.keys()
        assert Left.of(self.world, self.who.tenant_id) == NOTHING
        assert [one for one in self.erased if held_of(self.world, self.who.tenant_id, one)] == []

    def _uploaded(self, written: Written, external: int, at: int | None) -> RingfenceError | None:
        upload = Upload(content=written.content, file_name=f"{written.word}.txt", external_id=f"crm-{external}")
        return self._done(lambda product: product.documents.register(self.who, upload), at, new=written)

    def _done(
        self, act: Callable[[Ringfence], object], at: int | None, *, new: Written | None = None
    ) -> RingfenceError | None:
        """Do it, in a process that may be killed; then look what became of the documents."""
        product = self.world.product if at is None else watched(self.world, Power(at=at))
        error = None
        try:
            act(product)
        except KilledError:
            pass
        except RingfenceError as caught:
            error = caught
        self._noticed(new)
        return error

    def _noticed(self, new: Written | None = None) -> None:
        """See which documents there are now, and which are no more: from here on these must be gone."""
        everything = Scope.of(self.who)
        with self.world.database.transaction(self.who.tenant_id) as transaction:
            there = {record.id for record in transaction.documents.page(scope=everything, limit=500)}
            talks = transaction.conversations.page(owner=self.who.key_id, limit=500)
        assert there.isdisjoint(self.erased), "an erased document came back"
        for document in self.alive.keys() - there:
            self.erased[document] = self.alive.pop(document)
        assert self.held.keys() <= self.alive.keys(), "a held document was erased"
        for document in there - self.alive.keys():
            assert new is not None, "a document came from nowhere"
            self.alive[document] = new
        self.talks = {talk.id for talk in talks}
        assert self.world.local
        assert self.world.cloud
        self.shown = (len(self.world.local.shown), len(self.world.cloud.shown))

    def _banned(self) -> set[str]:
        """Return the words that only erased documents say."""
        return {one.word for one in self.erased.values()} - {one.word for one in self.alive.values()}

    def _alive(self, picked: int) -> tuple[DocumentId, Written]:
        return list(self.alive.items())[picked % len(self.alive)]


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=25, stateful_step_count=25, deadline=None, derandomize=True, print_blob=True)
