"""Data may leave only while one provider keeps every term that its class needs (R15, R16)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy.providers import Attestation, EgressClass, Provider, Register, RegisterState
from service.policy.terms import Agreement, Lacking, Terms, Way, goings
from service.policy.tightening import DataClass, Policy
from tests.terms import TODAY, a_provider, an_evidence, expiring, some_terms, without

DATES = st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3))
ATTESTED = st.dictionaries(st.sampled_from(Attestation), DATES)
CLASSES = st.frozensets(st.sampled_from(DataClass))
MODELS = st.sampled_from(["model-1", "model-2"])


def provider_of(attested: dict[Attestation, date], model: str, region: str) -> Provider:
    made = a_provider(model, attested, region=region)
    for attestation, last in attested.items():
        made = expiring(made, attestation, last)
    return made


PROVIDERS = st.builds(provider_of, ATTESTED, MODELS, st.sampled_from(["global", "us"]))
TERMS = st.builds(
    Terms,
    policy=st.builds(Policy, residency=st.sampled_from([frozenset(), frozenset({"us"})])),
    register=st.builds(Register, providers=st.lists(PROVIDERS, max_size=2).map(tuple)),
    on=DATES,
    model=st.none() | MODELS,
)


def agrees(terms: Terms, data: Iterable[DataClass] = (), egress: EgressClass = EgressClass.CLOUD) -> bool:
    return isinstance(terms.agreement(data, egress=egress), Agreement)


def lacks(terms: Terms, *data: DataClass) -> tuple[str, ...]:
    found = terms.agreement(data)
    assert isinstance(found, Lacking)
    return found.codes


@given(terms=TERMS, data=CLASSES, more=CLASSES)
def test_more_classes_of_data_never_open_a_way(
    terms: Terms, data: frozenset[DataClass], more: frozenset[DataClass]
) -> None:
    if agrees(terms, data | more):
        assert agrees(terms, data)


@given(terms=TERMS, data=CLASSES, gone=st.sampled_from(Attestation), last=DATES)
def test_taking_an_attestation_away_or_letting_it_expire_never_opens_a_way(
    terms: Terms, data: frozenset[DataClass], gone: Attestation, last: date
) -> None:
    """R15."""
    providers = terms.register.providers
    removed = replace(terms, register=Register(providers=tuple(without(one, gone) for one in providers)))
    sooner = tuple(_ending(one, gone, last) for one in providers)
    shortened = replace(terms, register=Register(providers=sooner))
    if not agrees(terms, data):
        assert not agrees(removed, data)
        assert not agrees(shortened, data)


def _ending(provider: Provider, attestation: Attestation, last: date) -> Provider:
    found = provider.of(attestation)
    return provider if found is None else expiring(provider, attestation, min(last, found.valid_until))


@given(terms=TERMS, data=CLASSES, days=st.integers(0, 9))
def test_time_never_opens_a_way(terms: Terms, data: frozenset[DataClass], days: int) -> None:
    if agrees(replace(terms, on=terms.on + timedelta(days=days)), data):
        assert agrees(terms, data)


@given(terms=TERMS, data=CLASSES)
def test_an_agreement_relies_on_everything_that_was_needed_and_all_of_it_counts(
    terms: Terms, data: frozenset[DataClass]
) -> None:
    """R50: what evidence says of the terms is what was decided by."""
    found = terms.agreement(data)
    if isinstance(found, Agreement):
        needed = [terms.policy.needs(one, egress=EgressClass.CLOUD) for one in data | {DataClass.NON_SENSITIVE}]
        assert {one.attestation for one in found.relied_on} == frozenset().union(*needed)
        assert all(one.valid_until >= terms.on for one in found.relied_on)
        assert found.model == terms.model


@pytest.mark.parametrize("data", DataClass)
@pytest.mark.parametrize("attestation", Attestation)
def test_a_way_is_open_exactly_while_every_attestation_that_the_class_needs_counts(
    data: DataClass, attestation: Attestation
) -> None:
    """R15: the whole table, one attestation taken away at a time."""
    provider = a_provider("model-1", set(Attestation) - {Attestation.ENCLAVE}, region="us")
    needed = attestation in Policy().needs(data, egress=EgressClass.CLOUD)
    assert agrees(some_terms(provider), [data])
    assert agrees(some_terms(without(provider, attestation)), [data]) is not needed
    late = some_terms(expiring(provider, attestation, TODAY - timedelta(days=1)))
    assert agrees(late, [data]) is not needed


@pytest.mark.parametrize(
    ("terms", "codes"),
    [
        (some_terms(without(a_provider("model-1"), Attestation.BAA)), ("baa_missing",)),
        (some_terms(expiring(a_provider("model-1"), Attestation.DPA, date(2025, 12, 31))), ("dpa_expired",)),
        (some_terms(a_provider("another-model")), ("model_not_pinned",)),
        (replace(some_terms(), model=None), ("cloud_not_configured",)),
        (some_terms(policy=Policy(cloud=False)), ("cloud_forbidden",)),
        (some_terms(policy=Policy(providers=frozenset({"other"}))), ("provider_forbidden",)),
        (
            some_terms(policy=Policy(residency=frozenset({"eu"}))),
            ("residency_eu_not_attested", "residency_missing"),
        ),
        (replace(some_terms(), register=Register()), ("provider_missing",)),
        (replace(some_terms(), register=Register(state=RegisterState.MISSING)), ("register_missing",)),
        (replace(some_terms(), register=Register(state=RegisterState.UNREADABLE)), ("register_unreadable",)),
    ],
)
def test_what_is_lacking_is_named(terms: Terms, codes: tuple[str, ...]) -> None:
    assert lacks(terms, DataClass.PHI) == codes


def test_a_register_that_was_not_read_attests_nothing_whatever_it_holds() -> None:
    held = Register(providers=(a_provider("model-1"),), state=RegisterState.UNREADABLE)
    assert lacks(replace(some_terms(), register=held)) == ("register_unreadable",)


def test_the_words_are_those_of_the_provider_that_lacks_least() -> None:
    poor = a_provider("model-1", attested=(), name="poor")
    near = without(a_provider("model-1", name="near"), Attestation.DPA)
    assert lacks(some_terms(poor, near)) == ("dpa_missing",)


def test_an_enclave_that_keeps_every_term_still_gets_nothing_because_nothing_speaks_to_one() -> None:
    """R16: the class has its terms in policy, and no backend."""
    enclave = replace(
        a_provider("model-1", set(Attestation)), egress=EgressClass.CONFIDENTIAL, backend="none", region="on-site"
    )
    for data in DataClass:
        found = some_terms(enclave).agreement([data], egress=EgressClass.CONFIDENTIAL)
        assert found == Lacking(codes=("backend_missing",))
        bare = some_terms(without(enclave, Attestation.ENCLAVE)).agreement([data], egress=EgressClass.CONFIDENTIAL)
        assert bare == Lacking(codes=("backend_missing", "enclave_missing"))
    assert {one.way for one in goings(some_terms(enclave))} == {Way.NEVER}


def test_what_is_attested_for_one_way_out_opens_no_other() -> None:
    """R16: an enclave's papers say nothing of a cloud."""
    enclave = replace(a_provider("model-1", set(Attestation)), egress=EgressClass.CONFIDENTIAL)
    assert lacks(some_terms(enclave)) == ("provider_missing",)


def test_sensitive_data_never_goes_as_it_is_however_much_is_attested() -> None:
    """R10."""
    ways = {one.data: one.way for one in goings(some_terms()) if one.egress is EgressClass.CLOUD}
    assert [data for data, way in ways.items() if way is Way.AS_IT_IS] == [DataClass.NON_SENSITIVE]


def test_a_residency_needs_the_paper_and_the_pin() -> None:
    policy = Policy(residency=frozenset({"us"}))
    everything = set(Attestation) - {Attestation.ENCLAVE}
    assert agrees(some_terms(a_provider("model-1", everything, region="us"), policy=policy))
    assert not agrees(some_terms(a_provider("model-1", everything, region="global"), policy=policy))
    paper = replace(a_provider("model-1"), region="us")
    assert not agrees(some_terms(paper, policy=policy))
    elsewhere = replace(paper, evidence=(*paper.evidence, an_evidence(Attestation.RESIDENCY, region="eu")))
    assert not agrees(some_terms(elsewhere, policy=policy))
