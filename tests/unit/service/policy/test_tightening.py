"""What each class of data needs, and that a tenant can only ask for more (R14, R15, R16)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sensitivity import Category
from service.policy.providers import Attestation, EgressClass, Register
from service.policy.terms import Agreement, Terms, Way, goings, way_out
from service.policy.tightening import DataClass, Policy, TenantPolicy, tightened
from tests.terms import TODAY, a_provider

A = Attestation
ATTESTATIONS = st.frozensets(st.sampled_from(Attestation))
CATEGORIES = st.frozensets(st.sampled_from(Category))
NAMES = st.none() | st.frozensets(st.sampled_from(["anthropic", "other"]))
REGIONS = st.sampled_from(["us", "eu"])
POLICIES = st.builds(
    Policy,
    cloud=st.booleans(),
    required=st.dictionaries(st.sampled_from(DataClass), ATTESTATIONS, max_size=3),
    providers=NAMES,
    residency=st.frozensets(REGIONS, max_size=2),
    redactable=CATEGORIES,
)
TENANTS = st.builds(
    TenantPolicy,
    cloud=st.booleans(),
    required=ATTESTATIONS,
    providers=NAMES,
    residency=st.none() | REGIONS,
    redact=CATEGORIES,
)
PROVIDERS = st.builds(
    a_provider,
    # Nearly everything: what is attested at random agrees to nothing, and proves nothing.
    attested=st.frozensets(st.sampled_from(Attestation), max_size=2).map(lambda gone: frozenset(Attestation) - gone),
    name=st.sampled_from(["anthropic", "other"]),
    region=st.sampled_from(["global", "us"]),
)
REGISTERS = st.lists(PROVIDERS, max_size=2).map(lambda providers: Register(providers=tuple(providers)))


@pytest.mark.parametrize(
    ("data", "needed"),
    [
        (DataClass.NON_SENSITIVE, {A.DPA, A.TRAINING_OPT_OUT}),
        (DataClass.PII, {A.DPA, A.TRAINING_OPT_OUT, A.ZDR, A.SUBPROCESSORS}),
        (
            DataClass.PHI,  # no BAA: never PHI
            {A.DPA, A.TRAINING_OPT_OUT, A.ZDR, A.SUBPROCESSORS, A.INCIDENT_SLA, A.AUDIT_RIGHT, A.BAA},
        ),
        (
            DataClass.PCI,
            {A.DPA, A.TRAINING_OPT_OUT, A.ZDR, A.SUBPROCESSORS, A.INCIDENT_SLA, A.AUDIT_RIGHT, A.SOC2},
        ),
        (
            DataClass.LEGAL_PRIVILEGE,
            {A.DPA, A.TRAINING_OPT_OUT, A.ZDR, A.SUBPROCESSORS, A.INCIDENT_SLA, A.AUDIT_RIGHT},
        ),
        (
            DataClass.TRADE_SECRET,
            {A.DPA, A.TRAINING_OPT_OUT, A.ZDR, A.SUBPROCESSORS, A.INCIDENT_SLA, A.AUDIT_RIGHT, A.SOC2},
        ),
    ],
)
def test_each_class_of_data_needs_these(data: DataClass, needed: set[Attestation]) -> None:
    """R15, R16: an enclave needs its own attestation on top of all the others."""
    assert Policy().needs(data, egress=EgressClass.CLOUD) == needed
    assert Policy().needs(data, egress=EgressClass.CONFIDENTIAL) == needed | {A.ENCLAVE}


def test_every_category_is_a_class_of_data() -> None:
    assert {data.value for data in DataClass.of(Category)} == {data.value for data in DataClass}


@given(policy=POLICIES, data=st.sampled_from(DataClass), egress=st.sampled_from(EgressClass))
def test_an_operator_adds_to_the_table_and_takes_nothing_away(
    policy: Policy, data: DataClass, egress: EgressClass
) -> None:
    assert policy.needs(data, egress=egress) >= Policy().needs(data, egress=egress)


@given(
    operator=POLICIES,
    tenant=TENANTS,
    register=REGISTERS,
    data=st.frozensets(st.sampled_from(DataClass)),
    egress=st.sampled_from(EgressClass),
)
def test_a_tenant_never_permits_what_the_operator_does_not(
    operator: Policy, tenant: TenantPolicy, register: Register, data: frozenset[DataClass], egress: EgressClass
) -> None:
    """R14, R15: neither a way out nor a redaction."""
    in_force = tightened(operator, tenant)
    ours, theirs = (
        Terms(policy=policy, register=register, on=TODAY, model="memory-cloud") for policy in (in_force, operator)
    )
    if isinstance(ours.agreement(data, egress=egress), Agreement):
        assert isinstance(theirs.agreement(data, egress=egress), Agreement)
    assert in_force.redactable <= operator.redactable
    open_now = {(one.data, one.egress) for one in goings(ours) if one.way is not Way.NEVER}
    assert open_now <= {(one.data, one.egress) for one in goings(theirs) if one.way is not Way.NEVER}


@given(operator=POLICIES, tenant=TENANTS, data=st.sampled_from(DataClass), egress=st.sampled_from(EgressClass))
def test_each_line_of_the_policy_in_force_is_as_strict_as_both(
    operator: Policy, tenant: TenantPolicy, data: DataClass, egress: EgressClass
) -> None:
    """R15."""
    in_force = tightened(operator, tenant)
    assert in_force.needs(data, egress=egress) >= operator.needs(data, egress=egress) | tenant.required
    assert in_force.residency >= operator.residency | ({tenant.residency} - {None})
    for named in (operator.providers, tenant.providers):
        assert named is None or (in_force.providers is not None and in_force.providers <= named)
    assert in_force.cloud is (operator.cloud and tenant.cloud)


@given(operator=POLICIES, tenant=TENANTS)
def test_tightening_twice_changes_nothing(operator: Policy, tenant: TenantPolicy) -> None:
    once = tightened(operator, tenant)
    assert tightened(once, tenant) == once


def test_a_tenant_that_asked_for_nothing_has_the_operators_policy_without_redaction() -> None:
    """R14: redaction is opt-in."""
    in_force = tightened(Policy(), TenantPolicy())
    assert in_force.redactable == frozenset()
    for data in DataClass:
        assert in_force.needs(data, egress=EgressClass.CLOUD) == Policy().needs(data, egress=EgressClass.CLOUD)


@pytest.mark.parametrize("category", sorted(set(Category) - {Category.PII}))
def test_only_personal_data_may_be_replaced_unless_the_operators_file_says_so(category: Category) -> None:
    """R14: never for PHI, PCI, privilege, trade secrets."""
    asked = TenantPolicy(redact=frozenset({category}))
    assert tightened(Policy(), asked).redactable == frozenset()
    assert tightened(Policy(redactable=frozenset({category})), asked).redactable == {category}
    assert way_out(Policy(), DataClass(category.value)) is Way.NEVER


@given(one=POLICIES, other=POLICIES)
def test_the_version_tells_policies_apart_that_decide_differently(one: Policy, other: Policy) -> None:
    """R50: evidence names the policy in force."""
    alike = one.cloud == other.cloud and one.providers == other.providers and one.residency == other.residency
    alike = alike and one.redactable == other.redactable
    alike = alike and all(
        one.needs(data, egress=egress) == other.needs(data, egress=egress)
        for data in DataClass
        for egress in EgressClass
    )
    assert (one.version == other.version) is alike
    assert one.version == replace(one).version
