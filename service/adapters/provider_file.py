"""The operator's `providers.toml`: read again whenever it changes, refused in one line where it makes no sense."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from typing_extensions import override

from ingestion.sensitivity import Category
from service.errors import SettingsError
from service.policy.providers import (
    ANYWHERE,
    REGIONS,
    Attestation,
    EgressClass,
    Evidence,
    Provider,
    Register,
    RegisterState,
)
from service.policy.terms import BACKENDS, Rules
from service.policy.tightening import DataClass, Policy
from service.ports import ProviderRegister

_MISSING = Rules(policy=Policy(), register=Register(state=RegisterState.MISSING))
_LARGEST = 1_000_000
_Text = Annotated[str, Meta(min_length=1, max_length=500)]
_Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}\Z")]
_Model = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}\Z")]
_Region = Annotated[str, Meta(pattern=r"^[a-z]{2,16}\Z")]


class _EvidenceTable(Struct, kw_only=True, forbid_unknown_fields=True):
    evidence: _Text
    valid_until: date
    region: _Region | None = None
    report_date: date | None = None


class _ProviderTable(Struct, kw_only=True, forbid_unknown_fields=True):
    name: _Name
    kind: EgressClass
    model: _Model
    region: _Region
    backend: _Name | None = None
    attestations: dict[str, _EvidenceTable] = {}


class _PolicyTable(Struct, kw_only=True, forbid_unknown_fields=True):
    cloud: bool = True
    residency: _Region | None = None
    redaction: tuple[Category, ...] = (Category.PII,)
    requires: dict[str, list[Attestation]] = {}


class _File(Struct, kw_only=True, forbid_unknown_fields=True):
    policy: _PolicyTable = msgspec.field(default_factory=_PolicyTable)
    provider: list[_ProviderTable] = []


class TomlProviderRegister(ProviderRegister):
    """The register in a file. Every process reads it for itself, and reads it again when it was changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[tuple[int, int, int], Rules] | None = None

    @override
    def read(self) -> Rules:
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            known = self._known
            if known is not None and known[0] == seen:
                return known[1]
            if found.st_size > _LARGEST:
                message = f"{self._path}: is too large for a register"
                raise SettingsError(message)
            content = self._path.read_bytes()
        except FileNotFoundError:
            return _MISSING
        except OSError as error:
            message = f"{self._path}: cannot be read: {error.strerror}"
            raise SettingsError(message) from None
        rules = parsed(content, place=str(self._path))
        self._known = (seen, rules)
        return rules


def parsed(content: bytes, *, place: str) -> Rules:
    """Return what the file says. Raises SettingsError: what is wrong, where, and what to do."""
    try:
        return _rules(msgspec.convert(tomllib.loads(content.decode()), _File))
    except tomllib.TOMLDecodeError as error:
        wrong = f"is no TOML: {error}"
    except UnicodeDecodeError:
        wrong = "is no text in UTF-8"
    except msgspec.ValidationError as error:
        wrong = _told(str(error))
    except _WrongError as error:
        wrong = str(error)
    message = f"{place}: {wrong}. Until it is right, nothing counts as attested and every answer is local."
    raise SettingsError(message)


class _WrongError(Exception):
    """A rule of the register is broken; the text says which, where, and what to do."""


def _rules(file: _File) -> Rules:
    names = [table.name for table in file.provider]
    if len(set(names)) < len(names):
        message = "two providers have the same name; give each its own"
        raise _WrongError(message)
    required = {_class(name): frozenset(needed) for name, needed in file.policy.requires.items()}
    policy = Policy(
        cloud=file.policy.cloud,
        required=required,
        residency=frozenset({file.policy.residency} if file.policy.residency else ()),
        redactable=frozenset(file.policy.redaction),
    )
    return Rules(policy=policy, register=Register(providers=tuple(map(_provider, file.provider))))


def _class(name: str) -> DataClass:
    try:
        return DataClass(name)
    except ValueError:
        message = f"[policy.requires] knows no {name!r}; write one of {', '.join(DataClass)}"
        raise _WrongError(message) from None


def _provider(table: _ProviderTable) -> Provider:
    where = f"provider {table.name!r}"
    expected = BACKENDS[table.kind]
    if (table.backend or BACKENDS[EgressClass.CONFIDENTIAL]) != expected:
        message = f'{where}: kind = "{table.kind}" needs backend = "{expected}", the only one that this version has'
        raise _WrongError(message)
    if table.kind is EgressClass.CLOUD and table.region not in REGIONS:
        message = f"{where}: requests cannot be pinned to region {table.region!r}; write one of {_listed(REGIONS)}"
        raise _WrongError(message)
    return Provider(
        name=table.name,
        egress=table.kind,
        backend=expected,
        model=table.model,
        region=table.region,
        evidence=tuple(_evidence(table, name, one) for name, one in table.attestations.items()),
    )


def _evidence(table: _ProviderTable, name: str, one: _EvidenceTable) -> Evidence:
    where = f"provider {table.name!r}, attestation {name!r}"
    if name not in set(Attestation):
        message = f"{where}: there is no such attestation; write one of {', '.join(Attestation)}"
        raise _WrongError(message)
    attestation = Attestation(name)
    _check_residency(where, table, attestation, one)
    if (attestation is Attestation.SOC2) != (one.report_date is not None):
        message = f"{where}: report_date is needed for soc2, and for nothing else"
        raise _WrongError(message)
    if attestation is Attestation.ENCLAVE and table.kind is not EgressClass.CONFIDENTIAL:
        message = f'{where}: only a provider of kind = "confidential" runs in an enclave; remove it'
        raise _WrongError(message)
    return Evidence(
        attestation=attestation,
        reference=one.evidence,
        valid_until=one.valid_until,
        region=one.region,
        report_date=one.report_date,
    )


def _check_residency(where: str, table: _ProviderTable, attestation: Attestation, one: _EvidenceTable) -> None:
    """Refuse a promise for another region than the one that requests are pinned to."""
    if (attestation is Attestation.RESIDENCY) != (one.region is not None):
        message = f"{where}: region is needed for residency, and for nothing else"
        raise _WrongError(message)
    if attestation is not Attestation.RESIDENCY or table.kind is not EgressClass.CLOUD:
        return
    if one.region not in REGIONS - {ANYWHERE}:
        message = (
            f"{where}: residency {one.region!r} cannot be kept, whatever a paper says: requests can be pinned to "
            f"{_listed(REGIONS - {ANYWHERE})} only; remove it, and let what must stay there be answered locally"
        )
        raise _WrongError(message)
    if one.region != table.region:
        message = f"{where}: it promises {one.region!r}, but requests go to {table.region!r}; make both the same"
        raise _WrongError(message)


def _told(error: str) -> str:
    """Say what msgspec found, with the place in the words of the file."""
    what, _, place = error.partition(" - at `")
    place = re.sub(r"^\$\.?", "", place.removesuffix("`"))
    place = re.sub(r"provider\[(\d+)\]", lambda found: f"provider number {int(found[1]) + 1}", place)
    return f"{place or 'top level'}: {what[:1].lower()}{what[1:]}; `ringfence init` writes an example"


def _listed(words: Mapping[str, object] | frozenset[str]) -> str:
    return ", ".join(repr(word) for word in sorted(words))
