"""Who asks (Principal), what the role permits, and what may be retrieved (Scope)."""

from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
DocumentId = NewType("DocumentId", UUID)
JobId = NewType("JobId", UUID)
KeyId = NewType("KeyId", UUID)
ConversationId = NewType("ConversationId", UUID)
ErasureId = NewType("ErasureId", UUID)
TurnId = NewType("TurnId", UUID)
"""Also the id of the answer that the turn holds."""
ExportId = NewType("ExportId", UUID)
MatterId = NewType("MatterId", UUID)
"""A lawsuit, inquiry or claim for which documents are held (R45)."""

SourceId = NewType("SourceId", UUID)
RunId = NewType("RunId", UUID)
"""A run of a source."""

EVERYONE = "*"
"""The group that every principal of a tenant belongs to; a document without groups is given it."""


class Role(StrEnum):
    """What a person or program is to a tenant (R31)."""

    READER = "reader"
    CONTRIBUTOR = "contributor"
    DATA_OWNER = "data_owner"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that a role may do."""

    ASK = "ask"
    UPLOAD = "upload"
    ERASE = "erase"
    ERASE_TENANT = "erase_tenant"
    SEE_ERASURES = "see_erasures"
    SEE_JOBS = "see_jobs"
    STEER_JOBS = "steer_jobs"
    SEE_AUDIT = "see_audit"
    RAISE_LABEL = "raise_label"
    LOWER_LABEL = "lower_label"
    SEE_LABELLING = "see_labelling"
    RELABEL = "relabel"
    SEE_POLICY = "see_policy"
    SET_POLICY = "set_policy"
    RELEASE = "release"
    QUARANTINE = "quarantine"
    KEEP_CANARIES = "keep_canaries"
    LIFT_REFUSAL = "lift_refusal"
    SEE_HOLDS = "see_holds"
    PLACE_HOLD = "place_hold"
    RELEASE_HOLD = "release_hold"
    SEE_RETENTION = "see_retention"
    SET_RETENTION = "set_retention"
    EXPORT = "export"
    SEE_INDEX = "see_index"
    REEMBED = "reembed"
    SEE_SOURCES = "see_sources"
    KEEP_SOURCES = "keep_sources"


_READ = frozenset({Permission.ASK})
_WRITE = _READ | {Permission.UPLOAD, Permission.SEE_JOBS, Permission.RAISE_LABEL}
_KEEP_LABELS = frozenset({Permission.SEE_LABELLING, Permission.RELABEL})
_OWN = frozenset(
    {
        Permission.ERASE,
        Permission.SEE_AUDIT,
        Permission.LOWER_LABEL,
        Permission.RELEASE,
        Permission.QUARANTINE,
        Permission.LIFT_REFUSAL,
        Permission.SEE_ERASURES,
    }
)
_KEEP = frozenset({Permission.SEE_RETENTION, Permission.SET_RETENTION, Permission.EXPORT})
_KEEP_SOURCES = frozenset({Permission.SEE_SOURCES, Permission.KEEP_SOURCES})
_HOLD = frozenset({Permission.SEE_HOLDS, Permission.PLACE_HOLD, Permission.RELEASE_HOLD})
PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.READER: _READ,
        Role.CONTRIBUTOR: _WRITE,
        Role.DATA_OWNER: _WRITE | _KEEP_LABELS | _OWN | _HOLD | _KEEP | _KEEP_SOURCES | {Permission.SEE_POLICY},
        Role.OPERATOR: _KEEP_LABELS
        | _KEEP_SOURCES
        | {Permission.UPLOAD, Permission.SEE_JOBS, Permission.STEER_JOBS, Permission.SEE_POLICY}
        | {Permission.KEEP_CANARIES, Permission.QUARANTINE, Permission.SEE_INDEX, Permission.REEMBED},
        Role.AUDITOR: frozenset(
            {
                Permission.SEE_ERASURES,
                Permission.SEE_JOBS,
                Permission.SEE_AUDIT,
                Permission.SEE_LABELLING,
                Permission.SEE_POLICY,
                Permission.SEE_HOLDS,
                Permission.SEE_RETENTION,
                Permission.SEE_SOURCES,
            }
        ),
        Role.ADMIN: frozenset(Permission),
    }
)
_SEES_ALL_GROUPS = frozenset({Role.DATA_OWNER, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: one API key of one tenant, with a role and groups."""

    tenant_id: TenantId
    key_id: KeyId
    role: Role
    groups: frozenset[str] = frozenset()

    def may(self, permission: Permission) -> bool:
        """Whether the role permits it."""
        return permission in PERMISSIONS[self.role]


_SEAL = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one principal may retrieve. Made by `Scope.of`, only ever narrowed afterwards.

    `groups` is None where the role sees every group of its tenant.
    """

    tenant_id: TenantId
    groups: frozenset[str] | None
    harmless_only: bool
    # Asked for at every making and never kept: nobody can take it from a scope, and `replace` cannot copy it.
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        """Refuse a scope that was not derived from a principal."""
        if seal is not _SEAL:
            message = "a Scope is made by Scope.of(principal)"
            raise TypeError(message)

    @classmethod
    def of(cls, principal: Principal) -> "Scope":
        """Return everything that this principal may retrieve."""
        groups = None if principal.role in _SEES_ALL_GROUPS else principal.groups | {EVERYONE}
        return cls(tenant_id=principal.tenant_id, groups=groups, harmless_only=False, seal=_SEAL)

    def narrowed(self, *, harmless_only: bool = False, groups: Iterable[str] | None = None) -> "Scope":
        """Return the intersection of this scope with what is asked for; it can never grow."""
        kept = self.groups
        if groups is not None:
            wanted = frozenset(groups)
            kept = wanted if kept is None else kept & wanted
        return replace(self, groups=kept, harmless_only=self.harmless_only or harmless_only, seal=_SEAL)

    def sees(self, *, tenant_id: TenantId, groups: Iterable[str]) -> bool:
        """Whether a document of this tenant with these groups lies inside the scope."""
        if tenant_id != self.tenant_id:
            return False
        return self.groups is None or not self.groups.isdisjoint(groups)
