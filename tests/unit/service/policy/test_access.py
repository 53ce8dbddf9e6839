"""A scope comes from a principal, and only ever narrows (R30, R31)."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy.access import (
    EVERYONE,
    PERMISSIONS,
    KeyId,
    Permission,
    Principal,
    Role,
    Scope,
    TenantId,
)

TENANTS = st.integers(1, 3).map(lambda number: TenantId(UUID(int=number)))
GROUPS = st.frozensets(st.sampled_from([EVERYONE, "hr", "legal", "sales"]))
PRINCIPALS = st.builds(
    Principal, tenant_id=TENANTS, key_id=st.just(KeyId(UUID(int=9))), role=st.sampled_from(Role), groups=GROUPS
)
NARROWINGS = st.lists(st.tuples(st.booleans(), st.none() | GROUPS), max_size=4)


def a_principal(role: Role = Role.READER, *groups: str) -> Principal:
    return Principal(tenant_id=TenantId(UUID(int=1)), key_id=KeyId(UUID(int=9)), role=role, groups=frozenset(groups))


def narrowed(scope: Scope, narrowings: list[tuple[bool, frozenset[str] | None]]) -> Scope:
    for harmless_only, groups in narrowings:
        scope = scope.narrowed(harmless_only=harmless_only, groups=groups)
    return scope


@given(principal=PRINCIPALS, narrowings=NARROWINGS, tenant=TENANTS, groups=GROUPS)
def test_a_narrowed_scope_sees_nothing_that_the_whole_one_did_not(
    principal: Principal, narrowings: list[tuple[bool, frozenset[str] | None]], tenant: TenantId, groups: frozenset[str]
) -> None:
    whole = Scope.of(principal)
    narrow = narrowed(whole, narrowings)
    if narrow.sees(tenant_id=tenant, groups=groups):
        assert whole.sees(tenant_id=tenant, groups=groups)
    assert narrow.tenant_id == whole.tenant_id


@given(principal=PRINCIPALS, narrowings=NARROWINGS, more=NARROWINGS)
def test_what_was_narrowed_stays_narrowed(
    principal: Principal,
    narrowings: list[tuple[bool, frozenset[str] | None]],
    more: list[tuple[bool, frozenset[str] | None]],
) -> None:
    once = narrowed(Scope.of(principal), narrowings)
    twice = narrowed(once, more)
    assert twice.harmless_only >= once.harmless_only
    if once.groups is not None:
        assert twice.groups is not None
        assert twice.groups <= once.groups


@given(principal=PRINCIPALS, narrowings=NARROWINGS, tenant=TENANTS, groups=GROUPS)
def test_no_scope_sees_another_tenant(
    principal: Principal, narrowings: list[tuple[bool, frozenset[str] | None]], tenant: TenantId, groups: frozenset[str]
) -> None:
    """R30."""
    scope = narrowed(Scope.of(principal), narrowings)
    if tenant != principal.tenant_id:
        assert not scope.sees(tenant_id=tenant, groups=groups)


def test_a_scope_cannot_be_made_or_remade_outside() -> None:
    scope = Scope.of(a_principal())
    with pytest.raises(TypeError, match=r"Scope\.of"):
        Scope(tenant_id=TenantId(UUID(int=1)), groups=None, harmless_only=False, seal=object())
    with pytest.raises(ValueError, match="seal"):
        replace(scope, groups=None)  # type: ignore[call-arg] # the very mistake
    assert not hasattr(scope, "seal")


@pytest.mark.parametrize(
    ("role", "groups", "sees"),
    [
        (Role.READER, {EVERYONE}, True),
        (Role.READER, {"hr"}, True),
        (Role.READER, {"legal"}, False),
        (Role.READER, set(), False),  # a document of no group at all is nobody's, but for those who see all
        (Role.CONTRIBUTOR, {"legal"}, False),
        (Role.OPERATOR, {"legal"}, False),
        (Role.AUDITOR, {"legal"}, False),
        (Role.DATA_OWNER, {"legal"}, True),
        (Role.ADMIN, {"legal"}, True),
    ],
)
def test_groups_decide_what_a_role_sees(role: Role, groups: set[str], *, sees: bool) -> None:
    """R31."""
    scope = Scope.of(a_principal(role, "hr"))
    assert scope.sees(tenant_id=TenantId(UUID(int=1)), groups=groups) is sees


def test_narrowing_to_no_group_sees_nothing() -> None:
    scope = Scope.of(a_principal(Role.ADMIN)).narrowed(groups=[])
    assert not scope.sees(tenant_id=TenantId(UUID(int=1)), groups={EVERYONE, "hr"})


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.ASK, {Role.READER, Role.CONTRIBUTOR, Role.DATA_OWNER, Role.ADMIN}),
        (Permission.UPLOAD, {Role.CONTRIBUTOR, Role.DATA_OWNER, Role.OPERATOR, Role.ADMIN}),
        (Permission.ERASE, {Role.DATA_OWNER, Role.ADMIN}),
        (Permission.SEE_JOBS, {Role.CONTRIBUTOR, Role.DATA_OWNER, Role.OPERATOR, Role.AUDITOR, Role.ADMIN}),
        (Permission.SEE_AUDIT, {Role.DATA_OWNER, Role.AUDITOR, Role.ADMIN}),
        (Permission.RAISE_LABEL, {Role.CONTRIBUTOR, Role.DATA_OWNER, Role.ADMIN}),
        (Permission.LOWER_LABEL, {Role.DATA_OWNER, Role.ADMIN}),
        (Permission.SEE_LABELLING, {Role.DATA_OWNER, Role.OPERATOR, Role.AUDITOR, Role.ADMIN}),
        (Permission.RELABEL, {Role.DATA_OWNER, Role.OPERATOR, Role.ADMIN}),
        (Permission.SEE_SOURCES, {Role.DATA_OWNER, Role.OPERATOR, Role.AUDITOR, Role.ADMIN}),
        (Permission.KEEP_SOURCES, {Role.DATA_OWNER, Role.OPERATOR, Role.ADMIN}),
    ],
)
def test_who_may_do_what(permission: Permission, roles: set[Role]) -> None:
    """R31: who runs the ingestion need not read the documents, nor who audits it."""
    assert {role for role in Role if a_principal(role).may(permission)} == roles


def test_nobody_can_grant_a_permission_at_run_time() -> None:
    with pytest.raises(TypeError):
        PERMISSIONS[Role.READER] = frozenset(Permission)  # type: ignore[index] # the very mistake
