"""The routing policy document says what the policy that runs decides (R55)."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from service.policy.document import policy_document
from service.policy.providers import Attestation
from service.policy.tightening import DataClass, Policy, TenantPolicy, tightened
from tests.terms import a_provider, expiring, some_terms

_FILE = Path(__file__).parents[4] / "docs" / "routing-policy.md"


def rows(told: str, *, starting: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith(f"| {starting}")]


def test_the_document_in_docs_is_the_one_that_the_policy_makes_now() -> None:
    """After a change: `ringfence policy document --defaults --write docs/routing-policy.md`."""
    assert _FILE.read_text(encoding="utf-8") == policy_document(Policy())


def test_only_one_row_leads_to_the_cloud() -> None:
    decided = [line for line in rows(policy_document(Policy()), starting="") if line.endswith("| the cloud |")]
    assert decided == ["| every part harmless, terms met | the cloud |"]


def test_the_document_follows_the_policy() -> None:
    stricter = tightened(
        Policy(required={DataClass.NON_SENSITIVE: frozenset({Attestation.SOC2})}),
        TenantPolicy(residency="us", providers=frozenset({"anthropic"})),
    )
    told = policy_document(stricter)
    assert rows(told, starting="every part harmless, `soc2` missing") != []
    assert "soc2" in rows(told, starting="NON_SENSITIVE")[0]
    assert "residency" in rows(told, starting="NON_SENSITIVE")[0]
    assert "- Residency: us." in told
    assert "- Providers: anthropic." in told
    assert "- Categories that may be replaced by placeholders: none." in told
    assert policy_document(Policy()) != told


def test_a_policy_without_a_cloud_has_no_row_that_leads_there() -> None:
    for policy in (Policy(cloud=False), Policy(residency=frozenset({"eu"})), Policy(providers=frozenset())):
        assert "| the cloud |" not in policy_document(policy)


def test_with_a_register_it_says_what_may_go_today() -> None:
    provider = expiring(a_provider("model-1"), Attestation.DPA, date(2025, 12, 31))
    terms = some_terms(provider)
    told = policy_document(terms.policy, terms=terms)
    assert "| NON_SENSITIVE | cloud | no | dpa_expired |" in told
    assert "| dpa | expired | made up | 2025-12-31 |" in told


def test_what_somebody_wrote_into_the_register_cannot_break_the_table() -> None:
    evidence = replace(a_provider("model-1").evidence[0], reference="ticket 1 | signed\nby us")
    terms = some_terms(replace(a_provider("model-1"), evidence=(evidence,)))
    assert "ticket 1 / signed by us" in policy_document(terms.policy, terms=terms)
