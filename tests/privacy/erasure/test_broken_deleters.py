"""Whichever deleter is broken, and however: no erasure is called verified, and no receipt says so (R42).

Each deleter is broken in each way, the erasure is tried again and again, and then the deleter is mended: only then is
the erasure verified, so it was that deleter alone that kept it from being so.
"""

from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest

from service.answering import Question
from service.policy.access import DocumentId, Principal
from service.ports import JobFilter, JobState
from service.ports.receipting import Outcome
from tests.assembled import World, a_world
from tests.broken import (
    DELETERS,
    BreakingDatabase,
    BreakingIndex,
    BreakingKeys,
    BreakingVault,
    BrokenError,
    Fault,
    LeavingDatabase,
    Way,
)
from tests.records import a_job, a_review

TEXT = "Salary of Jürgen Müller, Margaret Ellison canarius and m.ellison@example.org: SECRET-PII."
_TRIES = 3
_LATER = 130.0
"""Seconds: longer than a lease."""


@dataclass(slots=True)
class Case:
    """A world, its data owner, and a document that an answer in a conversation rests on."""

    world: World
    who: Principal
    document: DocumentId
    raised: list[Exception] = field(default_factory=list)

    @classmethod
    def of(cls, world: World) -> "Case":
        """Hand in a document, review it, and have a conversation about it."""
        who, _ = world.person("acme")
        document = world.uploaded(who, TEXT)
        world.product.answering.ask(who, Question(text="What is the salary of Ellison canarius?", opens=True))
        with world.database.transaction(who.tenant_id) as transaction:
            transaction.reviews.put(a_review(who.tenant_id, document.id))
        return cls(world=world, who=who, document=document.id)

    def erase(self) -> None:
        """Ask for the erasure, and have it tried again and again, whatever is raised."""
        self._try(lambda: self.world.product.erasure.request(self.who, self.document))
        for _ in range(_TRIES):
            self._try(self.world.work)
            self.world.clock.advance(_LATER)
            self._try(self.world.product.jobs.sweep)
        self._try(self.world.work)

    def _try(self, step: object) -> None:
        assert callable(step)
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever a broken deleter raises
            self.raised.append(error)

    def said_verified(self) -> list[str]:
        """Return everything that says of this document that it is gone."""
        world, tenant = self.world, self.who.tenant_id
        with world.database.transaction(tenant) as transaction:
            receipts = transaction.receipts.page(limit=99)
            tombstone = transaction.tombstones.get(self.document)
            jobs = transaction.jobs.page(limit=99, only=JobFilter(document_id=self.document))
        said = ["a receipt" for one in receipts if one.outcome is Outcome.VERIFIED or b'"verified"' in one.content]
        said += ["the audit" for _ in world.audited(tenant, "erasure_verified")]
        said += ["the tombstone"] if tombstone is not None and tombstone.gone_at is not None else []
        return said + ["its job" for one in jobs if one.stage == "gone" and one.state is JobState.SUCCEEDED]


def broken_world(fault: Fault) -> World:
    """Return a world with this fault in it; the inspectors look at the twins themselves."""
    keys = BreakingKeys(fault)
    return a_world(
        index=BreakingIndex(fault), keys=keys, vault=BreakingVault(fault), database=BreakingDatabase(fault, keys=keys)
    )


@pytest.mark.parametrize("way", list(Way), ids=[way.name.lower() for way in Way])
@pytest.mark.parametrize(("part", "method"), list(DELETERS), ids=[".".join(one) for one in DELETERS])
def test_with_a_broken_deleter_nothing_is_ever_called_verified(part: str, method: str, way: Way) -> None:
    fault = Fault(part, method, way)
    case = Case.of(broken_world(fault))
    case.erase()
    assert fault.called, "the fault deceived nobody: this deleter is not asked at all"
    assert case.said_verified() == []
    assert (way is Way.FAILS) == any(isinstance(error, BrokenError) for error in case.raised)

    fault.mended = True
    case.erase()
    if (part, method, way) in UNMENDABLE:
        assert case.said_verified() == [], "what nobody notes any more can be found by nobody, and so it stays unsaid"
    else:
        assert sorted(set(case.said_verified())) == ["a receipt", "its job", "the audit", "the tombstone"]


UNMENDABLE = {("keys", "destroy_turn_keys", Way.LIES)}
"""A key store that lied has let its turns' rows go: the verifier goes on seeing the keys, and the deleter does not."""


@pytest.mark.parametrize("table", ["chunks", "reviews", "subject_marks"])
def test_a_table_that_a_deletion_forgets_is_found(table: str) -> None:
    database = LeavingDatabase(table)
    case = Case.of(a_world(database=database))
    case.erase()
    assert case.said_verified() == []
    (facts, *_) = case.world.audited(case.who.tenant_id, "erasure_incomplete")
    counts = facts["counts"]
    assert isinstance(counts, dict)
    assert {thing for thing, number in counts["database"].items() if number} == {table}


def test_a_job_that_still_runs_on_the_document_is_found() -> None:
    """A worker that has opened the text holds it in its memory until it ends."""
    case = Case.of(a_world())
    running = replace(a_job(case.who.tenant_id, document_id=case.document), state=JobState.RUNNING)
    running = replace(running, lease_until=case.world.clock.time.replace(year=2099))
    with case.world.database.transaction(case.who.tenant_id) as transaction:
        transaction.jobs.add(running)
    case.erase()
    assert case.said_verified() == []
    with case.world.database.transaction(case.who.tenant_id) as transaction:
        assert transaction.jobs.update(replace(running, state=JobState.FAILED, failure="erased"))
    case.erase()
    assert case.said_verified()


def test_a_message_that_names_the_document_is_found() -> None:
    case = Case.of(a_world())
    case.world.product.erasure.request(case.who, case.document)
    ring = case.world.queue.rings.pop()
    case.world.queue.rings.append(replace(ring, job_id=case.document))  # type: ignore[arg-type]
    case.world.product.erasure.run(ring.tenant_id, ring.job_id)
    assert case.said_verified() == []
    case.world.queue.rings.clear()
    case.erase()
    assert case.said_verified()


@pytest.mark.parametrize("store", ["database", "index", "keys", "vault", "broker"])
def test_a_verifier_that_one_store_does_not_answer_calls_nothing_verified(store: str) -> None:
    """R42: not reachable is not gone."""
    case = Case.of(a_world())
    verifier = case.world.product.verifier

    @dataclass(frozen=True, slots=True)
    class Silent:
        store: str

        def inspect(self, _tenant_id: object, _targets: object) -> object:
            raise TimeoutError

    silent = tuple(Silent(one.store) if one.store == store else one for one in verifier.inspectors)
    erasure = replace(case.world.product.erasure, verifier=replace(verifier, inspectors=silent))  # type: ignore[arg-type]
    whole = case.world.product
    case.world.product = replace(whole, erasure=erasure, jobs=replace(whole.jobs, erasure=erasure))
    case.erase()
    assert case.said_verified() == []
    (facts, *_) = case.world.audited(case.who.tenant_id, "erasure_incomplete")
    assert facts["unanswered"] == [store]
    case.world.product = whole
    case.erase()
    assert case.said_verified()


def test_a_document_that_was_never_erased_is_in_no_receipt() -> None:
    case = Case.of(a_world())
    other = case.world.uploaded(case.who, f"{TEXT} {uuid4()}")
    case.erase()
    with case.world.database.transaction(case.who.tenant_id) as transaction:
        assert transaction.receipts.page(limit=9, about=other.id) == ()
        assert len(transaction.receipts.page(limit=9, about=case.document)) == 1
