"""The promises of ports.ProviderRegister, kept by the twin and by the file alike (R15)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from service.adapters.memory.policies import InMemoryProviderRegister
from service.adapters.provider_file import TomlProviderRegister
from service.errors import SettingsError
from service.policy.providers import Attestation, RegisterState
from service.policy.tightening import Policy
from service.ports import ProviderRegister
from tests.terms import a_provider, some_rules

LAST = date(2027, 6, 30)
_TEXT = """
[[provider]]
name = "anthropic"
kind = "cloud"
backend = "anthropic"
model = "memory-cloud"
region = "global"
[provider.attestations.dpa]
evidence = "made up"
valid_until = {last}
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A register that an operator can write and spoil."""

    register: ProviderRegister
    write: Callable[[date], None]
    spoil: Callable[[], None]


@pytest.fixture(params=["memory", "file"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
    return _in_memory() if request.param == "memory" else _in_a_file(tmp_path / "providers.toml")


def _in_memory() -> Subject:
    twin = InMemoryProviderRegister()

    def write(last: date) -> None:
        twin.bad = False
        twin.rules = some_rules(a_provider(attested=[Attestation.DPA], valid_until=last))

    return Subject(register=twin, write=write, spoil=lambda: setattr(twin, "bad", True))


def _in_a_file(path: Path) -> Subject:
    def put(text: str) -> None:
        # As careful editors do; two writes within one tick of the clock differ by their inode.
        fresh = path.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(path)

    return Subject(
        register=TomlProviderRegister(path),
        write=lambda last: put(_TEXT.format(last=last.isoformat())),
        spoil=lambda: put("[provider"),
    )


def test_without_a_register_nothing_is_attested(subject: Subject) -> None:
    rules = subject.register.read()
    assert rules.register.state is RegisterState.MISSING
    assert rules.register.providers == ()
    assert rules.policy == Policy()


def test_what_was_written_counts_from_the_next_reading_on(subject: Subject) -> None:
    for last in (LAST, date(2020, 1, 1)):
        subject.write(last)
        rules = subject.register.read()
        assert rules.register.state is RegisterState.READ
        (provider,) = rules.register.providers
        assert [(one.attestation, one.valid_until) for one in provider.evidence] == [(Attestation.DPA, last)]
        assert subject.register.read() == rules


def test_a_register_that_was_spoilt_is_refused_until_it_is_right_again(subject: Subject) -> None:
    """What was read before it was spoilt counts no longer."""
    subject.write(LAST)
    subject.register.read()
    subject.spoil()
    for _ in range(2):
        with pytest.raises(SettingsError) as caught:
            subject.register.read()
        assert "\n" not in caught.value.detail
    subject.write(LAST)
    assert subject.register.read().register.state is RegisterState.READ
