"""A register that cannot be understood is refused in one line: what is wrong, where, what to do (R15)."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from ingestion.sensitivity import Category
from service.adapters.provider_file import TomlProviderRegister, parsed
from service.adapters.provider_template import create, template
from service.errors import SettingsError
from service.policy.providers import Attestation, RegisterState
from service.policy.tightening import DataClass

ROOT = Path(__file__).parents[4]
PROVIDER = """
[[provider]]
name = "anthropic"
kind = "cloud"
backend = "anthropic"
model = "model-1"
region = "us"
"""
DPA = """
[provider.attestations.dpa]
evidence = "contract 12"
valid_until = 2027-06-30
"""


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parsed(text.encode(), place="providers.toml")
    assert "\n" not in caught.value.detail
    assert caught.value.detail.startswith("providers.toml: ")
    assert "nothing counts as attested" in caught.value.detail
    return caught.value.detail


def test_what_the_file_says_is_read() -> None:
    soc2 = '[provider.attestations.soc2]\nevidence = "x"\nvalid_until = 2027-01-01\nreport_date = 2026-01-31\n'
    home = '[provider.attestations.residency]\nevidence = "x"\nvalid_until = 2027-01-01\nregion = "us"\n'
    policy = '[policy]\ncloud = false\nresidency = "us"\nredaction = ["PII", "PHI"]\n'
    more = '[policy.requires]\nPII = ["baa"]\n'
    rules = parsed(f"{policy}{more}{PROVIDER}{DPA}{soc2}{home}".encode(), place="x")
    (provider,) = rules.register.providers
    assert (provider.name, provider.model, provider.region, provider.residency) == (
        "anthropic",
        "model-1",
        "us",
        "us",
    )
    dpa = provider.of(Attestation.DPA)
    assert dpa is not None
    assert (dpa.reference, dpa.valid_until) == ("contract 12", date(2027, 6, 30))
    assert rules.policy.required == {DataClass.PII: {Attestation.BAA}}
    assert not rules.policy.cloud
    assert rules.policy.redactable == {Category.PII, Category.PHI}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[policy", "is no TOML"),
        ("clowd = true", "unknown field `clowd`"),
        ("[policy]\nclowd = true", "policy: object contains unknown field `clowd`"),
        ('[policy]\nredaction = ["GOSSIP"]', "invalid enum value 'GOSSIP'"),
        ("[policy.requires]\nRUMOUR = []", "[policy.requires] knows no 'RUMOUR'"),
        ('[policy.requires]\nPII = ["trust"]', "invalid enum value 'trust'"),
        (PROVIDER.replace('name = "anthropic"', 'name = "An thropic"'), "provider number 1.name"),
        (PROVIDER.replace('kind = "cloud"', 'kind = "friend"'), "invalid enum value 'friend'"),
        (PROVIDER.replace('model = "model-1"\n', ""), "missing required field `model`"),
        (PROVIDER.replace('backend = "anthropic"', 'backend = "other"'), 'needs backend = "anthropic"'),
        (PROVIDER.replace('region = "us"', 'region = "eu"'), "cannot be pinned to region 'eu'"),
        (PROVIDER * 2, "two providers have the same name"),
        (PROVIDER + DPA.replace(".dpa", ".trust"), "attestation 'trust': there is no such attestation"),
        (PROVIDER + DPA.replace('evidence = "contract 12"\n', ""), "missing required field `evidence`"),
        (PROVIDER + DPA.replace('"contract 12"', '""'), "length >= 1"),
        (PROVIDER + DPA.replace("valid_until = 2027-06-30", ""), "missing required field `valid_until`"),
        (PROVIDER + DPA.replace("2027-06-30", "2027-02-30"), "is no TOML"),
        (PROVIDER + DPA.replace("2027-06-30", '"soon"'), "invalid RFC3339"),
        (PROVIDER + DPA + "signed = true", "unknown field `signed`"),
        (PROVIDER + DPA.replace(".dpa", ".soc2"), "report_date is needed for soc2"),
        (PROVIDER + DPA + "report_date = 2026-01-01", "report_date is needed for soc2, and for nothing else"),
        (PROVIDER + DPA.replace(".dpa", ".residency"), "region is needed for residency"),
        (PROVIDER + DPA + 'region = "us"', "region is needed for residency, and for nothing else"),
        (PROVIDER + DPA.replace(".dpa", ".enclave"), "only a provider of kind"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_and_where(text: str, line: str) -> None:
    assert line in refusal(text)


def test_a_paper_about_the_eu_is_no_evidence_because_no_request_can_be_pinned_there() -> None:
    eu = '[provider.attestations.residency]\nevidence = "a letter"\nvalid_until = 2027-01-01\nregion = "eu"\n'
    assert "residency 'eu' cannot be kept, whatever a paper says" in refusal(PROVIDER + eu)
    anywhere = eu.replace('"eu"', '"global"')
    assert "residency 'global' cannot be kept" in refusal(PROVIDER.replace('"us"', '"global"') + anywhere)


def test_a_promise_for_another_region_than_the_pinned_one_is_refused() -> None:
    us = '[provider.attestations.residency]\nevidence = "a letter"\nvalid_until = 2027-01-01\nregion = "us"\n'
    assert "requests go to 'global'" in refusal(PROVIDER.replace('region = "us"', 'region = "global"') + us)


def test_an_enclave_is_written_down_with_its_own_attestation() -> None:
    """R16."""
    enclave = PROVIDER.replace('kind = "cloud"\nbackend = "anthropic"', 'kind = "confidential"')
    rules = parsed((enclave + DPA.replace(".dpa", ".enclave")).encode(), place="x")
    assert rules.register.providers[0].of(Attestation.ENCLAVE) is not None


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(SettingsError, match="is no text in UTF-8"):
        parsed(b"\xff", place="providers.toml")


def test_the_file_that_init_writes_attests_nothing_and_teaches_everything() -> None:
    """R15: safe as it stands, and right once its comments are taken away."""
    text = template("model-1")
    (provider,) = parsed(text.encode(), place="x").register.providers
    assert (provider.model, provider.evidence) == ("model-1", ())
    begun = text.index("# dpa: ")
    lines = [
        line.removeprefix("# ")
        for line in text[begun:].splitlines()
        if not line.startswith("# ") or " = " in line or line.startswith("# [")
    ]
    filled = text[:begun].replace('region = "global"', 'region = "us"') + "\n".join(lines).replace('= ""', '= "x"')
    assert set(tomllib.loads(filled)["provider"][0]["attestations"]) == set(Attestation) - {Attestation.ENCLAVE}
    (attested,) = parsed(filled.encode(), place="x").register.providers
    assert {one.attestation for one in attested.evidence} == set(Attestation) - {Attestation.ENCLAVE}


def test_the_register_of_the_demonstration_says_that_it_is_made_up() -> None:
    path = ROOT / "examples" / "providers.toml"
    assert path.read_text().startswith("# MADE UP")
    (provider,) = TomlProviderRegister(path).read().register.providers
    assert {one.reference for one in provider.evidence} == {"made up"}


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        TomlProviderRegister(tmp_path).read()
    assert TomlProviderRegister(tmp_path / "absent").read().register.state is RegisterState.MISSING


def test_what_an_operator_wrote_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "providers.toml"
    create(path, "model-1")
    assert path.read_text() == template("model-1")
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(PROVIDER)
    create(path, "model-2")
    assert path.read_text() == PROVIDER
