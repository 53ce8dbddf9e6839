"""Registers for tests: everything in them is made up, and nobody has promised any of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from service.policy.providers import Attestation, EgressClass, Evidence, Provider, Register
from service.policy.terms import Agreement, Rules, Terms
from service.policy.tightening import DataClass, Policy

TODAY = date(2026, 1, 1)
FAR = date(2999, 12, 31)
"""So far away that no test depends on the day it runs on."""
CLOUD_ATTESTATIONS = frozenset(Attestation) - {Attestation.ENCLAVE, Attestation.RESIDENCY}


def an_evidence(attestation: Attestation, valid_until: date = FAR, *, region: str | None = None) -> Evidence:
    """Return made-up evidence."""
    return Evidence(attestation=attestation, reference="made up", valid_until=valid_until, region=region)


def a_provider(
    model: str = "memory-cloud",
    attested: Iterable[Attestation] = CLOUD_ATTESTATIONS,
    *,
    name: str = "anthropic",
    region: str = "global",
    valid_until: date = FAR,
) -> Provider:
    """Return a provider of the cloud that has promised these things."""
    return Provider(
        name=name,
        egress=EgressClass.CLOUD,
        backend="anthropic",
        model=model,
        region=region,
        evidence=tuple(
            an_evidence(one, valid_until, region=region if one is Attestation.RESIDENCY else None)
            for one in sorted(attested)
        ),
    )


def without(provider: Provider, *attestations: Attestation) -> Provider:
    """Return the provider as if it had never promised these."""
    return replace(provider, evidence=tuple(one for one in provider.evidence if one.attestation not in attestations))


def expiring(provider: Provider, attestation: Attestation, valid_until: date) -> Provider:
    """Return the provider with another last day of one attestation."""
    return replace(
        provider,
        evidence=tuple(
            replace(one, valid_until=valid_until) if one.attestation is attestation else one
            for one in provider.evidence
        ),
    )


def some_rules(*providers: Provider, policy: Policy | None = None) -> Rules:
    """Return an operator's rules; without a provider, those with one that has promised everything."""
    return Rules(policy=policy or Policy(), register=Register(providers=providers or (a_provider(),)))


def some_terms(*providers: Provider, policy: Policy | None = None, model: str = "model-1", on: date = TODAY) -> Terms:
    """Return terms; without a provider, those with one that has promised everything for this model."""
    held = providers or (a_provider(model),)
    return Terms(policy=policy or Policy(), register=Register(providers=held), on=on, model=model)


def an_agreement(model: str = "model-1", *, region: str = "global") -> Agreement:
    """Return what a CLOUD permit carries."""
    return Agreement(
        provider="anthropic", model=model, region=region, data=frozenset({DataClass.NON_SENSITIVE}), relied_on=()
    )
