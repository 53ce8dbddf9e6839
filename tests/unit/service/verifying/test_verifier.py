"""The verifier calls nothing gone that it was not shown to be gone (R42)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from service.policy.access import DocumentId, TenantId
from service.policy.facts import checked
from service.ports.inspecting import Inspection, Inspector, Sighting, Target, Unchecked
from service.verifying import REQUIRED, Verifier
from tests.assembled import StoppedClock

TENANT = TenantId(uuid4())
FIRST, SECOND = (Target(document_id=DocumentId(uuid4()), chunk_count=3) for _ in range(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Inspector):
    """Says of every target what it was told to say."""

    store: str
    counts: Callable[[Target], dict[str, int]] = lambda _: {"things": 0}
    fails: type[Exception] | None = None
    unchecked: tuple[Unchecked, ...] = ()

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:  # noqa: ARG002 - of the port
        if self.fails:
            raise self.fails
        return Inspection(
            sightings=tuple(
                Sighting(document_id=target.document_id, thing=thing, method="told", found=found)
                for target in targets
                for thing, found in self.counts(target).items()
            ),
            unchecked=self.unchecked,
        )


def verifier(*inspectors: Inspector) -> Verifier:
    """Return a verifier with these in the place of those that find nothing."""
    taken = {inspector.store for inspector in inspectors}
    others = (Told(store=store) for store in sorted(REQUIRED - taken))
    return Verifier(inspectors=(*others, *inspectors), clock=StoppedClock())


def test_nothing_is_left_where_every_store_counted_none() -> None:
    verification = verifier().verify(TENANT, [FIRST, SECOND])
    assert verification.nothing
    assert verification.remains == frozenset()
    assert {one.store for one in verification.counts} == REQUIRED


def test_what_one_store_holds_of_one_document_remains_and_the_other_is_gone() -> None:
    one = Told(store="index", counts=lambda target: {"points": 2 if target is FIRST else 0})
    verification = verifier(one).verify(TENANT, [FIRST, SECOND])
    assert verification.remains == {FIRST.document_id}
    assert not verification.nothing
    assert not verification.of(FIRST.document_id).nothing
    assert verification.of(SECOND.document_id).nothing
    assert verification.found("points") == 2


@pytest.mark.parametrize("error", [OSError, RuntimeError, ValueError, TimeoutError, KeyError])
@pytest.mark.parametrize("store", [*sorted(REQUIRED), "broker"])
def test_a_store_that_does_not_answer_leaves_everything_remaining(error: type[Exception], store: str) -> None:
    verification = verifier(Told(store=store, fails=error)).verify(TENANT, [FIRST, SECOND])
    assert verification.remains == {FIRST.document_id, SECOND.document_id}
    assert verification.unanswered == {store}
    assert not verification.of(FIRST.document_id).nothing


def test_an_inspector_that_says_nothing_has_not_answered() -> None:
    verification = verifier(Told(store="broker", counts=lambda _: {})).verify(TENANT, [FIRST])
    assert verification.unanswered == {"broker"}
    assert not verification.nothing


def test_an_inspector_that_leaves_one_document_out_has_not_cleared_it() -> None:
    one = Told(store="index", counts=lambda target: {"points": 0} if target is FIRST else {})
    assert verifier(one).verify(TENANT, [FIRST, SECOND]).remains == {SECOND.document_id}


def test_an_inspector_that_looks_for_less_of_one_document_has_not_cleared_it() -> None:
    one = Told(store="index", counts=lambda target: {"points": 0} | ({} if target is FIRST else {"vectors": 0}))
    assert verifier(one).verify(TENANT, [FIRST, SECOND]).remains == {FIRST.document_id}


@pytest.mark.parametrize("missing", sorted(REQUIRED))
def test_without_an_inspector_of_each_required_store_nothing_is_verified(missing: str) -> None:
    complete = verifier()
    left = tuple(one for one in complete.inspectors if one.store != missing)
    assert not replace(complete, inspectors=left).verify(TENANT, [FIRST]).nothing


@pytest.mark.parametrize("store", sorted(REQUIRED))
def test_a_required_store_that_only_says_what_it_cannot_see_verifies_nothing(store: str) -> None:
    blind = Unchecked(store=store, thing="all", reason="too_large", covered_by=())
    assert not verifier(Told(store=store, counts=lambda _: {}, unchecked=(blind,))).verify(TENANT, [FIRST]).nothing


def test_a_negative_count_is_no_proof() -> None:
    assert not verifier(Told(store="index", counts=lambda _: {"points": -1})).verify(TENANT, [FIRST]).nothing


def test_without_a_target_nothing_is_verified() -> None:
    assert not verifier().verify(TENANT, []).nothing
    assert not verifier().verify(TENANT, [FIRST]).of(SECOND.document_id).nothing


def test_what_cannot_be_checked_is_said_with_what_covers_it() -> None:
    verification = verifier().verify(TENANT, [FIRST])
    assert {one.store for one in verification.unchecked} == {"backups", "caches", "database", "disks"}
    assert all(one.covered_by and one.reason for one in verification.unchecked)


def test_the_facts_of_an_audit_entry_hold_counts_and_codes() -> None:
    facts = verifier(Told(store="broker", fails=OSError)).verify(TENANT, [FIRST]).facts()
    assert checked(facts) == facts
    assert facts["unanswered"] == ["broker"]
