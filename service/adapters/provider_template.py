"""The `providers.toml` that `ringfence init` writes: it attests nothing, and says what each line would mean."""

from pathlib import Path

from service.policy.providers import MEANING, Attestation
from service.policy.tightening import NEEDED

_HEAD = """\
# Who may be sent what: the register of providers. Ringfence reads it again whenever it changes.
#
# A key for a cloud model is not enough. A prompt leaves only while every attestation that its class of data
# needs is written down here and has not expired; until then every answer is made inside the building.
# As it stands this file attests nothing. Uncomment what you have checked, name the evidence (a contract, a ticket, a
# report) and its last day. `ringfence providers` shows the result, `ringfence policy document` the rules.
"""
_POLICY = """
[policy]
cloud = true              # false: nothing leaves, whatever is attested below
# residency = "us"        # every prompt must be processed there: pinned in the request, and attested
redaction = ["PII"]       # what a tenant may let be replaced by placeholders, so that the rest may leave; [] for none

[policy.requires]         # more than the built-in table asks for; nothing here takes anything away from that
# NON_SENSITIVE = ["soc2"]
"""
_EXTRA = {
    Attestation.RESIDENCY: '# region = "us"           # the region above; "global" and "eu" cannot be promised\n',
    Attestation.SOC2: "# report_date = 2026-03-31\n",
}


def create(path: Path, model: str) -> None:
    """Write the file where there is none, for its owner alone. What an operator wrote is never touched."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(template(model), encoding="utf-8")


def template(model: str) -> str:
    """Return the file's text, with the cloud model that is configured as the pin."""
    return f"{_HEAD}{_needs()}{_POLICY}{_provider(model)}" + "".join(map(_attestation, _of_the_cloud()))


def _of_the_cloud() -> list[Attestation]:
    return [one for one in Attestation if one is not Attestation.ENCLAVE]


def _needs() -> str:
    lines = (f"#   {data:<16} {', '.join(sorted(needed))}" for data, needed in NEEDED.items())
    return "#\n# What each class of data needs:\n" + "\n".join(lines) + "\n"


def _provider(model: str) -> str:
    return f"""
[[provider]]
name = "anthropic"
kind = "cloud"            # or "confidential": an attested enclave; nothing speaks to one yet
backend = "anthropic"
model = "{model}"  # must be the configured RINGFENCE_CLOUD_MODEL
region = "global"         # or "us": sent with every request; models before Claude Opus 4.6 know "global" only
"""


def _attestation(attestation: Attestation) -> str:
    return (
        f"\n# {attestation}: {MEANING[attestation]}\n"
        f"# [provider.attestations.{attestation}]\n"
        '# evidence = ""\n'
        "# valid_until = 2000-01-01\n"
    ) + _EXTRA.get(attestation, "")
