"""An attestation counts until its last day and not a day longer; what nobody wrote down never counts (R15)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy.providers import (
    MEANING,
    WARNING_DAYS,
    Attestation,
    EgressClass,
    Expiry,
    Provider,
    Register,
    Standing,
)
from tests.terms import a_provider, an_evidence, expiring

LAST = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("days", "standing"),
    [
        (WARNING_DAYS + 1, Standing.VALID),
        (WARNING_DAYS, Standing.EXPIRING),  # warned of from here on, and still counting
        (0, Standing.EXPIRING),  # the last day itself counts
        (-1, Standing.EXPIRED),
    ],
)
def test_an_attestation_counts_until_its_last_day(days: int, standing: Standing) -> None:
    on = LAST - timedelta(days=days)
    assert an_evidence(Attestation.DPA, LAST).standing(on) is standing
    assert an_evidence(Attestation.DPA, LAST).days_left(on) == days


@given(on=st.dates(), later=st.dates())
def test_what_has_expired_stays_expired(on: date, later: date) -> None:
    on, later = sorted((on, later))
    if an_evidence(Attestation.BAA, LAST).standing(on) is Standing.EXPIRED:
        assert an_evidence(Attestation.BAA, LAST).standing(later) is Standing.EXPIRED


def test_what_nobody_wrote_down_is_missing() -> None:
    assert a_provider(attested=()).standing(Attestation.BAA, on=LAST) is Standing.MISSING


def test_a_provider_cannot_answer_one_question_twice() -> None:
    """An expired contract could hide behind another."""
    twice = (an_evidence(Attestation.DPA, LAST), an_evidence(Attestation.DPA, LAST + timedelta(days=9)))
    with pytest.raises(ValueError, match="one evidence"):
        Provider(name="x", egress=EgressClass.CLOUD, backend="anthropic", model="m", region="global", evidence=twice)


def test_what_expires_soon_is_told_soonest_first() -> None:
    provider = a_provider(attested=(Attestation.DPA, Attestation.ZDR, Attestation.BAA))
    provider = expiring(provider, Attestation.DPA, LAST + timedelta(days=12))
    provider = expiring(provider, Attestation.ZDR, LAST - timedelta(days=1))
    assert Register(providers=(provider,)).expiries(LAST) == (
        Expiry(provider="anthropic", attestation=Attestation.ZDR, days=-1),
        Expiry(provider="anthropic", attestation=Attestation.DPA, days=12),
    )


@pytest.mark.parametrize(
    ("region", "promised", "residency"),
    [
        ("us", "us", "us"),
        ("us", "eu", None),  # requests go elsewhere than promised
        ("us", None, None),  # pinned, but nobody promised it
        ("global", "global", None),  # anywhere is no promise
        ("eu", "eu", None),  # a paper does not pin a request: the Messages API knows no such region
    ],
)
def test_a_residency_is_promised_and_pinned_or_it_is_none(
    region: str, promised: str | None, residency: str | None
) -> None:
    evidence = () if promised is None else (an_evidence(Attestation.RESIDENCY, region=promised),)
    provider = Provider(
        name="x", egress=EgressClass.CLOUD, backend="anthropic", model="m", region=region, evidence=evidence
    )
    assert provider.residency == residency


def test_every_attestation_is_explained() -> None:
    assert set(MEANING) == set(Attestation)
