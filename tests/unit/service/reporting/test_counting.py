"""The privacy budget (R52): sums equal the audit, however entries interleave."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.policy.access import TenantId
from service.ports import AuditRecord, Pseudonym
from service.reporting.budget import Count, budget
from service.reporting.journeys import Outcome, journeys

_TENANT = TenantId(UUID(int=1))
_START = datetime(2026, 1, 1, tzinfo=UTC)
_STEPS = st.sampled_from(
    [
        (("prompt_routed", "local"), ("answer_made", "local")),
        (("prompt_routed", "cloud"), ("answer_made", "cloud")),
        (("prompt_routed", "cloud"), ("prompt_routed", "local"), ("answer_made", "local")),
        (("prompt_routed", "cloud"), ("prompt_refused", None)),
        (("prompt_refused", None),),
        (("prompt_routed", "local"),),
        (("prompt_routed", "cloud"),),
    ]
)


def an_entry(answer: int, user: int, at: int, step: tuple[str, str | None]) -> AuditRecord:
    action, route = step
    facts: dict[str, object] = {"reasons": [{"cause": "sensitive"}]} | ({"route": route} if route else {})
    return AuditRecord(
        number=at + 1,
        id=UUID(int=at + 1),
        tenant_id=_TENANT,
        at=_START + timedelta(hours=at),
        actor=Pseudonym(f"user-{user}"),
        action=action,
        subject=UUID(int=answer),
        facts=facts,
        leaf_hash=b"",
    )


@st.composite
def logs(draw: st.DrawFn) -> list[AuditRecord]:
    """Draw the steps of some answers, interleaved as concurrent users leave them."""
    left = [list(steps) for steps in draw(st.lists(_STEPS, max_size=8))]
    users = [draw(st.integers(1, 3)) for _ in left]
    log: list[AuditRecord] = []
    while any(left):
        answer = draw(st.sampled_from([number for number, steps in enumerate(left) if steps]))
        log.append(an_entry(answer + 1, users[answer], len(log), left[answer].pop(0)))
    return log


def summed(counts: Sequence[Count]) -> dict[str, int]:
    return {outcome: sum(count.outcomes[outcome] for count in counts) for outcome in Outcome}


@given(logs())
def test_every_way_of_counting_sums_to_the_audit(log: list[AuditRecord]) -> None:
    found = budget(journeys(log))
    assert found.total.questions == len({entry.subject for entry in log})
    assert found.total.left == len({one.subject for one in log if one.facts.get("route") == "cloud"})
    for way in (found.users, found.days):
        assert summed(list(way.values())) == found.total.outcomes
        assert sum(count.left for count in way.values()) == found.total.left
        assert sum(sum(count.reasons.values()) for count in way.values()) == found.total.questions


def test_a_prompt_that_a_dead_cloud_was_sent_counts_as_left_though_the_answer_is_local() -> None:
    log = [
        an_entry(1, 1, 0, ("prompt_routed", "cloud")),
        an_entry(1, 1, 1, ("prompt_routed", "local")),
        an_entry(1, 1, 2, ("answer_made", "local")),
    ]
    found = budget(journeys(log)).total
    assert (found.outcomes[Outcome.LOCAL], found.outcomes[Outcome.CLOUD], found.left) == (1, 0, 1)


def test_entries_about_other_things_are_not_counted() -> None:
    assert budget(journeys([an_entry(1, 1, 0, ("document_erased", None))])).total.questions == 0
