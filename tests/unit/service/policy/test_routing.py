"""The route follows from all labels and the terms in force, and only ever tightens (R2, R5, R10, R12, R14, R15)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sensitivity import NO_VERSION, Category, Label, Verdict, highest
from service.policy import routing
from service.policy.prompt import Origin, Part, Prompt
from service.policy.providers import Attestation
from service.policy.routing import Backends, Cause, Deny, Permit, Reason, Route
from service.policy.terms import Terms
from service.policy.tightening import Policy
from tests.prompts import VERSION, a_part, a_prompt, harmless, sensitive
from tests.terms import TODAY, a_provider, expiring, some_terms, without

EVERYTHING = Backends(cloud_configured=True, local_ready=True)
ORIGINS = st.sampled_from(Origin)
BACKENDS = st.builds(Backends, cloud_configured=st.booleans(), local_ready=st.booleans())
HARMLESS_HERE = st.just(harmless())
OTHER_LABELS = st.one_of(
    st.none(),
    st.builds(harmless, st.text(max_size=4).filter(lambda version: version != VERSION)),
    st.builds(Label.unknown, st.just("detector_failed"), version=st.sampled_from([VERSION, NO_VERSION])),
    st.builds(lambda categories: sensitive(*categories), st.sets(st.sampled_from(Category))),
)


DISMISSED = st.builds(
    lambda dismissed: replace(harmless(), dismissed=dismissed), st.frozensets(st.sampled_from(Category))
)
TERMS = st.builds(
    lambda attested: some_terms(a_provider("model-1", attested)), st.frozensets(st.sampled_from(Attestation))
)


def parts(labels: st.SearchStrategy[Label | None]) -> st.SearchStrategy[Part]:
    return st.builds(Part, origin=ORIGINS, text=st.text(max_size=8), label=labels)


PROMPTS = st.builds(Prompt, parts=st.lists(parts(HARMLESS_HERE | OTHER_LABELS), max_size=5).map(tuple))
REVIEWED_PROMPTS = st.builds(Prompt, parts=st.lists(parts(HARMLESS_HERE | DISMISSED), max_size=5).map(tuple))
HARMLESS_PROMPTS = st.builds(Prompt, parts=st.lists(parts(HARMLESS_HERE), min_size=1, max_size=5).map(tuple))


def decided(prompt: Prompt, backends: Backends = EVERYTHING, terms: Terms | None = None) -> Permit | Deny:
    return routing.route(prompt, labeller_version=VERSION, backends=backends, terms=terms or some_terms())


def is_cloud(decision: Permit | Deny) -> bool:
    return isinstance(decision, Permit) and decision.route is Route.CLOUD


@given(
    prompt=PROMPTS | REVIEWED_PROMPTS,
    added=parts(HARMLESS_HERE | DISMISSED | OTHER_LABELS),
    place=st.integers(0, 5),
    backends=BACKENDS,
    terms=TERMS,
)
def test_adding_a_part_never_opens_the_way_to_the_cloud(
    prompt: Prompt, added: Part, place: int, backends: Backends, terms: Terms
) -> None:
    """R10: but for the empty prompt, which is nothing to ask yet."""
    longer = Prompt(parts=(*prompt.parts[:place], added, *prompt.parts[place:]))
    if prompt.parts and not is_cloud(decided(prompt, backends, terms)):
        assert not is_cloud(decided(longer, backends, terms))


@given(prompt=PROMPTS | REVIEWED_PROMPTS, terms=TERMS, gone=st.sampled_from(Attestation), backends=BACKENDS)
def test_losing_an_attestation_never_opens_the_way_to_the_cloud(
    prompt: Prompt, terms: Terms, gone: Attestation, backends: Backends
) -> None:
    """R15: taken away or expired."""
    (provider,) = terms.register.providers
    late = expiring(provider, gone, TODAY - timedelta(days=1))
    for poorer in (without(provider, gone), late):
        if not is_cloud(decided(prompt, backends, terms)):
            assert not is_cloud(decided(prompt, backends, some_terms(poorer)))


@pytest.mark.parametrize("stale", [date(2025, 12, 31), None], ids=["expired", "missing"])
def test_the_reason_names_the_attestation_that_is_lacking(stale: date | None) -> None:
    """R15: and the route is local, whatever the labels say."""
    whole = a_provider("model-1")
    provider = without(whole, Attestation.DPA) if stale is None else expiring(whole, Attestation.DPA, stale)
    code = "dpa_missing" if stale is None else "dpa_expired"
    decision = decided(a_prompt(), terms=some_terms(provider))
    assert decision == Permit(route=Route.LOCAL, reasons=(Reason(cause=Cause.PROVIDER_TERMS, terms=(code,)),))


def test_what_a_reviewer_dismissed_needs_the_terms_of_its_category_still() -> None:
    """R15: no BAA, no PHI; a label does not say whether nothing was there, or whether it may leave."""
    lowered = replace(harmless(), dismissed=frozenset({Category.PHI}))
    prompt = Prompt(parts=(*a_prompt().parts, a_part(Origin.CHUNK, label=lowered)))
    without_baa = some_terms(without(a_provider("model-1"), Attestation.BAA))
    reason = Reason(cause=Cause.PROVIDER_TERMS, categories=(Category.PHI,), terms=("baa_missing",))
    assert is_cloud(decided(prompt))
    assert is_cloud(decided(a_prompt(), terms=without_baa))
    assert decided(prompt, terms=without_baa) == Permit(route=Route.LOCAL, reasons=(reason,))


def test_a_redacted_prompt_needs_the_terms_of_what_was_replaced_and_a_policy_that_permits_it() -> None:
    """R14."""

    def redacted(category: Category, terms: Terms) -> Permit | Deny:
        return routing.route(
            a_prompt(), labeller_version=VERSION, backends=EVERYTHING, terms=terms, redacted=[category]
        )

    assert is_cloud(redacted(Category.PII, some_terms()))
    assert not is_cloud(redacted(Category.PII, some_terms(without(a_provider("model-1"), Attestation.ZDR))))
    forbidden = redacted(Category.PHI, some_terms())
    assert forbidden.reasons[0].terms == ("redaction_of_phi_forbidden",)
    assert not is_cloud(redacted(Category.PII, some_terms(policy=Policy(redactable=frozenset()))))


def test_a_permit_for_the_cloud_says_to_whom_and_on_what_terms() -> None:
    """R50."""
    decision = decided(a_prompt())
    assert isinstance(decision, Permit)
    assert decision.agreement is not None
    assert {one.attestation for one in decision.agreement.relied_on} == {Attestation.DPA, Attestation.TRAINING_OPT_OUT}


@given(prompt=HARMLESS_PROMPTS, doubtful=parts(OTHER_LABELS), place=st.integers(0, 5), backends=BACKENDS)
def test_one_part_that_is_not_proved_harmless_keeps_everything_local(
    prompt: Prompt, doubtful: Part, place: int, backends: Backends
) -> None:
    """R5, R10: missing, stale, unknown and sensitive labels alike, wherever they stand."""
    mixed = Prompt(parts=(*prompt.parts[:place], doubtful, *prompt.parts[place:]))
    decision = decided(mixed, backends)
    assert not is_cloud(decision)
    assert isinstance(decision, Permit) is backends.local_ready


@given(prompt=HARMLESS_PROMPTS, backends=BACKENDS)
def test_a_harmless_prompt_goes_to_the_cloud_where_there_is_one(prompt: Prompt, backends: Backends) -> None:
    """R21."""
    assert is_cloud(decided(prompt, backends)) is backends.cloud_configured


@given(prompt=PROMPTS, version=st.sampled_from([VERSION, NO_VERSION, "", "labeller-2"]), backends=BACKENDS)
def test_only_labels_of_the_version_in_force_count(prompt: Prompt, version: str, backends: Backends) -> None:
    """R6: whatever the version in force is called."""
    decision = routing.route(prompt, labeller_version=version, backends=backends, terms=some_terms())
    if is_cloud(decision):
        assert {part.label.labeller_version for part in prompt.parts if part.label} == {version}
        assert version != NO_VERSION


def test_a_label_merged_from_two_versions_is_stale_even_where_no_version_is_in_force() -> None:
    merged = highest([harmless("labeller-1"), harmless("labeller-2")])
    prompt = Prompt(parts=(a_part(Origin.CHUNK, label=merged),))
    decision = routing.route(prompt, labeller_version=NO_VERSION, backends=EVERYTHING, terms=some_terms())
    assert not is_cloud(decision)


def test_a_verdict_of_an_unknown_kind_is_not_harmless() -> None:
    """R5: a row read back by hand may hold the word instead of the value."""
    foreign = replace(harmless(), verdict="harmless")  # type: ignore[arg-type] # the very mistake
    assert not is_cloud(decided(Prompt(parts=(a_part(Origin.CHUNK, label=foreign),))))


@given(
    reasons=st.lists(st.builds(Reason, cause=st.sampled_from(Cause)), max_size=4),
    backends=BACKENDS,
)
def test_what_must_stay_local_never_falls_back_to_the_cloud(reasons: list[Reason], backends: Backends) -> None:
    """R12: a local permit where something local answers, otherwise a refusal. There is no third way."""
    decision = routing.local(reasons, backends=backends)
    if backends.local_ready:
        assert decision == Permit(route=Route.LOCAL, reasons=tuple(reasons))
    else:
        assert decision == Deny(reasons=(*reasons, Reason(cause=Cause.LOCAL_UNAVAILABLE)))


def test_an_empty_prompt_is_not_harmless() -> None:
    assert decided(Prompt(parts=())) == Permit(route=Route.LOCAL, reasons=(Reason(cause=Cause.NOTHING_LABELLED),))


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (None, Reason(cause=Cause.UNLABELLED, origin=Origin.CHUNK)),
        (Label.unknown("detector_failed", version=VERSION), Reason(cause=Cause.UNKNOWN, origin=Origin.CHUNK)),
        (harmless("older"), Reason(cause=Cause.STALE_LABEL, origin=Origin.CHUNK)),
        (
            sensitive(Category.PHI, Category.PII),
            Reason(cause=Cause.SENSITIVE, origin=Origin.CHUNK, categories=(Category.PHI, Category.PII)),
        ),
        # A sensitive label of an older version says more than that it is old.
        (
            Label(verdict=Verdict.SENSITIVE, labeller_version="older", categories=frozenset({Category.PCI})),
            Reason(cause=Cause.SENSITIVE, origin=Origin.CHUNK, categories=(Category.PCI,)),
        ),
    ],
)
def test_the_reasons_say_what_kept_the_prompt_local(label: Label | None, reason: Reason) -> None:
    part = Part(origin=Origin.CHUNK, text="some text", label=label)
    prompt = Prompt(parts=(*a_prompt().parts, part, part))
    assert decided(prompt) == Permit(route=Route.LOCAL, reasons=(reason,))


def test_without_a_cloud_the_reason_says_so() -> None:
    decision = decided(a_prompt(), Backends(cloud_configured=False, local_ready=True))
    assert decision == Permit(route=Route.LOCAL, reasons=(Reason(cause=Cause.CLOUD_NOT_CONFIGURED),))
