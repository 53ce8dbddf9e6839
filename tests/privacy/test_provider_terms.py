"""A key for a cloud opens nothing: a prompt leaves only on terms that are attested at that moment (R14, R15, R50)."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.reviewing import Change
from ingestion.sensitivity import Category
from service.answering import Answer, Question
from service.policy.access import Principal
from service.policy.providers import Attestation, Register, RegisterState
from service.policy.routing import Cause, Route
from service.policy.terms import Rules
from service.policy.tightening import Policy, TenantPolicy
from service.ports import ReviewReason
from service.reviewing import ReviewRequest
from tests.assembled import World, a_world
from tests.terms import TODAY, a_provider, expiring, some_rules, without

PARKING = "Visitors park in the garage."
ASKED = Question(text="Where do visitors park?")
NO_REGISTER = Rules(policy=Policy(), register=Register(state=RegisterState.MISSING))


def acme(rules: Rules | None = None) -> tuple[World, Principal]:
    world = a_world(rules=rules)
    who, _ = world.person("acme")
    world.uploaded(who, PARKING)
    return world, who


def asked(world: World, who: Principal) -> Answer:
    return world.product.answering.ask(who, ASKED)


def sent(world: World) -> int:
    assert world.cloud
    return len(world.cloud.shown)


def lacking(answer: Answer) -> tuple[str, ...]:
    (reason,) = answer.reasons
    assert reason.cause is Cause.PROVIDER_TERMS
    assert answer.route is Route.LOCAL
    return reason.terms


@pytest.mark.parametrize(
    ("rules", "codes"),
    [
        (NO_REGISTER, ("register_missing",)),
        (some_rules(a_provider(attested=())), ("dpa_missing", "training_opt_out_missing")),
        (some_rules(a_provider("another-model")), ("model_not_pinned",)),
        (some_rules(policy=Policy(cloud=False)), ("cloud_forbidden",)),
        (
            some_rules(policy=Policy(residency=frozenset({"eu"}))),
            ("residency_eu_not_attested", "residency_missing"),
        ),
    ],
    ids=["no register", "no attestation", "another model", "cloud forbidden", "eu"],
)
def test_a_cloud_key_alone_is_not_enough(rules: Rules, codes: tuple[str, ...]) -> None:
    """R15: and the answer says what is missing."""
    world, who = acme(rules)
    assert lacking(asked(world, who)) == codes
    assert sent(world) == 0


def test_an_attestation_that_expires_makes_the_next_question_local() -> None:
    """R15: the last day counts; one second later it does not."""
    world, who = acme(some_rules(expiring(a_provider(), Attestation.DPA, date(2026, 1, 31))))
    world.clock.time = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert asked(world, who).route is Route.CLOUD
    world.clock.advance(1)
    assert lacking(asked(world, who)) == ("dpa_expired",)
    assert sent(world) == 1


def test_an_attestation_that_is_taken_away_or_spoilt_makes_the_next_question_local() -> None:
    """R15: the register is read for every question, and one that cannot be read attests nothing."""
    world, who = acme()
    assert asked(world, who).route is Route.CLOUD
    world.register.bad = True
    assert lacking(asked(world, who)) == ("register_unreadable",)
    world.register.bad = False
    assert asked(world, who).route is Route.CLOUD
    world.register.hold(Register(providers=(without(a_provider(), Attestation.TRAINING_OPT_OUT),)))
    assert lacking(asked(world, who)) == ("training_opt_out_missing",)
    assert sent(world) == 2


def test_a_tenant_tightens_for_itself_alone() -> None:
    """R15, R30."""
    world, who = acme(some_rules(without(a_provider(), Attestation.SOC2)))
    other, _ = world.person("lakeside")
    world.uploaded(other, PARKING)
    world.product.governing.change(who, TenantPolicy(required=frozenset({Attestation.SOC2})))
    assert lacking(asked(world, who)) == ("soc2_missing",)
    assert asked(world, other).route is Route.CLOUD


def test_terms_that_change_while_an_answer_is_planned_keep_it_local() -> None:
    """R15: between the decision and its record, the tenant forbids the cloud, or an attestation expires."""
    for change in (_forbid, _expire):
        world, who = acme()
        planner = world.product.answering.planner
        plan = planner.plan(who, ASKED, stream=False)
        assert plan.route is Route.CLOUD
        change(world, who)
        recorded = world.product.answering._recorded(plan)  # noqa: SLF001 - the very moment in between
        assert recorded.route is Route.LOCAL
        assert recorded.cloud is None
        assert {reason.cause for reason in recorded.reasons} == {Cause.PROVIDER_TERMS}


def _forbid(world: World, who: Principal) -> None:
    world.product.governing.change(who, TenantPolicy(cloud=False))


def _expire(world: World, _: Principal) -> None:
    world.register.hold(Register(providers=(expiring(a_provider(), Attestation.DPA, date(2025, 12, 31)),)))


def test_the_record_says_which_policy_and_which_terms_were_relied_on() -> None:
    """R50."""
    world, who = acme()
    asked(world, who)
    (facts,) = world.audited(who.tenant_id, "prompt_routed")
    assert facts["policy"] == world.product.governing.show(who).terms.policy.version
    assert facts["terms"] == {
        "provider": "anthropic",
        "model": "memory-cloud",
        "region": "global",
        "attestations": {"dpa": "2999-12-31", "training_opt_out": "2999-12-31"},
    }


def test_the_record_of_a_local_answer_says_what_was_lacking_and_names_no_terms() -> None:
    """R50."""
    world, who = acme(NO_REGISTER)
    asked(world, who)
    (facts,) = world.audited(who.tenant_id, "prompt_routed")
    assert (facts["route"], facts["terms"]) == ("local", None)
    assert facts["policy"] == world.product.governing.show(who).terms.policy.version
    assert "register_missing" in str(facts["reasons"])


@pytest.mark.parametrize("attested", [True, False])
def test_what_a_reviewer_let_go_needs_the_terms_of_its_category(attested: bool) -> None:  # noqa: FBT001 - both
    """R15: no BAA, never PHI, whoever dismissed it and why."""
    provider = a_provider() if attested else without(a_provider(), Attestation.BAA)
    world = a_world(rules=some_rules(provider))
    who, _ = world.person("acme")
    document = world.uploaded(who, f"{PARKING} SECRET-PHI")
    dismissed = Change(dismissed=frozenset({Category.PHI}))
    request = ReviewRequest(ordinals=None, change=dismissed, reason=ReviewReason.CONSENT_GIVEN)
    world.product.reviewing.review(who, document.id, request)
    world.work()
    answer = asked(world, who)
    assert (answer.route is Route.CLOUD) is attested
    if not attested:
        assert lacking(answer) == ("baa_missing",)


def test_a_residency_is_pinned_in_the_bytes_that_leave() -> None:
    """R15."""
    everything = set(Attestation) - {Attestation.ENCLAVE}
    world, who = acme(some_rules(a_provider(attested=everything, region="us")))
    world.product.governing.change(who, TenantPolicy(residency="us"))
    assert asked(world, who).route is Route.CLOUD
    assert world.cloud
    assert json.loads(world.cloud.shown[-1])["inference_geo"] == "us"


@settings(max_examples=40)
@given(
    attested=st.dictionaries(st.sampled_from(Attestation), st.integers(-2, 2)),
    wanted=st.builds(
        TenantPolicy,
        cloud=st.booleans(),
        required=st.frozensets(st.sampled_from(Attestation), max_size=2),
        residency=st.sampled_from([None, "us", "eu"]),
    ),
    days=st.integers(0, 3),
)
def test_nothing_leaves_without_terms_that_count_today(
    attested: dict[Attestation, int], wanted: TenantPolicy, days: int
) -> None:
    """R15: whatever is attested until when, and whatever the tenant wants."""
    provider = a_provider(attested=set(attested) - {Attestation.ENCLAVE}, region="us")
    for attestation, left in attested.items():
        provider = expiring(provider, attestation, TODAY + timedelta(days=left))
    world, who = acme(some_rules(provider))
    world.product.governing.change(who, wanted)
    world.clock.advance(days * 86_400)
    asked(world, who)
    needed = {Attestation.DPA, Attestation.TRAINING_OPT_OUT} | wanted.required
    if wanted.residency is not None:
        needed |= {Attestation.RESIDENCY}
    counts = {one for one, left in attested.items() if left >= days} - {Attestation.ENCLAVE}
    assert bool(sent(world)) is (wanted.cloud and wanted.residency != "eu" and needed <= counts)


def test_two_terms_that_differ_in_one_day_are_two_policies_of_one_version() -> None:
    """R50: the hash names the policy; the dates of the attestations stand beside it."""
    world, who = acme()
    version = world.product.governing.show(who).terms.policy.version
    world.register.rules = replace(
        world.register.rules,
        register=Register(providers=(expiring(a_provider(), Attestation.DPA, date(2027, 1, 1)),)),
    )
    assert world.product.governing.show(who).terms.policy.version == version
    asked(world, who)
    (facts,) = world.audited(who.tenant_id, "prompt_routed")
    assert "2027-01-01" in str(facts["terms"])
