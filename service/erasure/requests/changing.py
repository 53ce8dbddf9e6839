"""The one place where a request changes its state, and where it is looked up."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from service.auditing import entry
from service.errors import ConflictError, NotFoundError, NotPermittedError
from service.policy.access import ErasureId, KeyId, Permission, Principal
from service.policy.erasures import ENDED, ErasureKind, ErasureState, follows
from service.ports import ErasureRecord, Transaction


def require(principal: Principal, kind: ErasureKind | None = None) -> None:
    """Raise NotPermittedError where this principal may not decide about such a request."""
    if not principal.may(Permission.ERASE):
        raise NotPermittedError
    if kind is ErasureKind.TENANT and not principal.may(Permission.ERASE_TENANT):
        message = "only an admin's key may have a whole tenant erased"
        raise NotPermittedError(message)


def locked(transaction: Transaction, erasure_id: ErasureId) -> ErasureRecord:
    """Return the request; nobody else changes it until the transaction ends. Raises NotFoundError."""
    found = transaction.erasures.get(erasure_id, lock=True)
    if found is None:
        raise NotFoundError
    return found


def moved(  # noqa: PLR0913 - from where to where, who, when, told how
    transaction: Transaction,
    record: ErasureRecord,
    state: ErasureState,
    *,
    action: str,
    now: datetime,
    facts: Mapping[str, object],
    by: KeyId | None = None,
) -> ErasureRecord:
    """Write the request in its next state, on record; a `by` of None is a worker.

    Raises ConflictError where the life of a request knows no such step.
    """
    if not follows(record.state, state):
        message = f"this request is {record.state.value}: it cannot become {state.value}"
        raise ConflictError(message)
    changed = replace(record, state=state, ended_at=now if state in ENDED else None)
    transaction.erasures.update(changed)
    told = {"kind": record.kind.value, **facts}
    transaction.audit.append(entry(record.tenant_id, action, at=now, actor=by, subject=record.id, facts=told))
    return changed


def noted(
    transaction: Transaction,
    record: ErasureRecord,
    *,
    action: str,
    now: datetime,
    facts: Mapping[str, object],
    by: KeyId | None = None,
) -> ErasureRecord:
    """Write a request that stays in its state, on record."""
    transaction.erasures.update(record)
    told = {"kind": record.kind.value, **facts}
    transaction.audit.append(entry(record.tenant_id, action, at=now, actor=by, subject=record.id, facts=told))
    return record
