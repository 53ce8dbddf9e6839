"""Tenants tighten their policy, on record; operators are warned of what expires (R14, R15)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from ingestion.sensitivity import Category
from service.errors import InvalidRequestError, NotPermittedError
from service.policy.access import Role
from service.policy.providers import Attestation, Register, RegisterState
from service.policy.tightening import Policy, TenantPolicy, tightened
from tests.assembled import World, a_world
from tests.terms import a_provider, expiring, some_rules, without

SET = TenantPolicy(required=frozenset({Attestation.ZDR}), redact=frozenset({Category.PII}))
DAYS = "ringfence_provider_attestation_days"


@pytest.fixture
def world() -> World:
    return a_world()


def test_a_tenant_that_set_nothing_has_the_operators_policy(world: World) -> None:
    who, _ = world.person("acme")
    governed = world.product.governing.show(who)
    assert governed.record is None
    assert governed.wanted == TenantPolicy()
    assert governed.terms.policy == tightened(Policy(), TenantPolicy())


def test_a_change_counts_at_once_and_keeps_the_versions_before_it(world: World) -> None:
    who, _ = world.person("acme")
    governing = world.product.governing
    first = governing.change(who, SET)
    second = governing.change(who, TenantPolicy(cloud=False))
    assert first.record is not None
    assert second.record is not None
    assert (first.record.version, second.record.version) == (1, 2)
    assert governing.show(who).wanted == TenantPolicy(cloud=False)
    other, _ = world.person("lakeside")
    assert governing.show(other).record is None


def test_a_change_is_audited_with_what_was_and_what_is_in_force(world: World) -> None:
    """R50."""
    who, _ = world.person("acme")
    before = world.product.governing.show(who).terms.policy.version
    after = world.product.governing.change(who, SET).terms.policy.version
    (facts,) = world.audited(who.tenant_id, "policy_changed")
    assert before != after
    assert facts == {
        "version": 1,
        "wanted": {
            "cloud": True,
            "required": ["zdr"],
            "providers": None,
            "residency": None,
            "redact": ["PII"],
            "erasure_approvals": 1,
            "cooling_off_hours": 0,
            "quota": {"documents": None, "stored_bytes": None, "waiting_jobs": None, "running_jobs": None},
        },
        "policy_before": before,
        "policy": after,
    }


@pytest.mark.parametrize("role", Role)
def test_only_an_admin_changes_the_policy(world: World, role: Role) -> None:
    """R31."""
    who, _ = world.person("acme", role)
    if role is Role.ADMIN:
        world.product.governing.change(who, SET)
        return
    with pytest.raises(NotPermittedError):
        world.product.governing.change(who, SET)
    assert world.audited(who.tenant_id, "policy_changed") == []


@pytest.mark.parametrize("role", Role)
def test_readers_and_contributors_do_not_see_contracts(world: World, role: Role) -> None:
    """R31: the register names evidence."""
    who, _ = world.person("acme", role)
    if role in {Role.READER, Role.CONTRIBUTOR}:
        with pytest.raises(NotPermittedError):
            world.product.governing.show(who)
    else:
        world.product.governing.show(who)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (TenantPolicy(redact=frozenset({Category.PHI, Category.PII})), "does not permit replacing PHI"),
        (TenantPolicy(providers=frozenset({"anthropic", "unheard-of"})), "no provider called unheard-of"),
        (TenantPolicy(residency="global"), "no residency"),
    ],
)
def test_what_the_operator_does_not_permit_is_refused_in_plain_words(
    world: World, wanted: TenantPolicy, words: str
) -> None:
    """R14."""
    who, _ = world.person("acme")
    with pytest.raises(InvalidRequestError, match=words):
        world.product.governing.change(who, wanted)
    assert world.product.governing.show(who).record is None


def test_what_the_operator_takes_back_later_is_in_force_no_longer(world: World) -> None:
    """R14: a tenant's policy is never more than the operator's is now."""
    who, _ = world.person("acme")
    assert world.product.governing.change(who, SET).terms.policy.redactable == {Category.PII}
    world.register.rules = replace(world.register.rules, policy=Policy(redactable=frozenset()))
    assert world.product.governing.show(who).terms.policy.redactable == frozenset()


def a_world_with_something_to_warn_of() -> World:
    soon = expiring(a_provider(), Attestation.DPA, date(2026, 1, 13))
    return a_world(rules=some_rules(expiring(soon, Attestation.ZDR, date(2025, 12, 31))))


def test_what_expires_within_thirty_days_is_warned_of() -> None:
    """R15: in readiness and in the log; the parts all answer, so it stays ready."""
    product = a_world_with_something_to_warn_of().product
    told = ("provider anthropic: zdr has expired", "provider anthropic: dpa expires in 12 days")
    assert product.warnings() == told
    with capture_logs() as logs:
        product.governing.warn()
    assert [(line["event"], line["attestation"], line["days"]) for line in logs] == [
        ("provider_attestation_expiring", "zdr", -1),
        ("provider_attestation_expiring", "dpa", 12),
    ]
    assert all(product.readiness().values())


def test_nothing_is_warned_of_while_everything_lasts(world: World) -> None:
    assert world.product.warnings() == ()
    world.clock.time = datetime(2999, 12, 1, tzinfo=UTC)
    assert len(world.product.warnings()) == 8


def test_a_register_that_cannot_be_read_is_warned_of_and_attests_nothing(world: World) -> None:
    world.register.bad = True
    (warning,) = world.product.warnings()
    assert "cannot be read" in warning
    with capture_logs() as logs:
        assert world.product.governing.terms.rules().register.providers == ()
    assert [line["event"] for line in logs] == ["provider_register_unreadable"]


def test_a_cloud_model_without_a_register_is_warned_of(world: World) -> None:
    """R15: a file that somebody deleted leaves everything inside; readiness says why."""
    world.register.hold(Register(state=RegisterState.MISSING))
    (warning,) = world.product.warnings()
    assert "no register" in warning


def test_the_gauge_tells_the_days_that_are_left_and_forgets_what_is_gone() -> None:
    world = a_world_with_something_to_warn_of()
    world.product.governing.measure()

    def days(attestation: str) -> float | None:
        return REGISTRY.get_sample_value(DAYS, {"provider": "anthropic", "attestation": attestation})

    assert (days("dpa"), days("zdr")) == (12, -1)
    (provider,) = world.register.rules.register.providers
    world.register.hold(Register(providers=(without(provider, Attestation.DPA),)))
    world.product.governing.measure()
    assert (days("dpa"), days("zdr")) == (None, -1)
