"""Requests for tests: who asks, what workers do in between, and what became of it."""

from service.erasure.requests import Asked, Choice, ErasureView, SubjectData
from service.policy.access import DocumentId, ErasureId, Principal
from service.policy.erasures import ErasureKind, ErasureReason, ErasureState
from service.ports import ErasureItem, ErasureRecord
from tests.assembled import World


def asked_for(*documents: DocumentId, reason: ErasureReason = ErasureReason.OWNER_DECISION) -> Asked:
    """Return a request for these documents."""
    return Asked(kind=ErasureKind.DOCUMENTS, reason=reason, documents=documents)


def about(*identifiers: str, names: tuple[str, ...] = ()) -> Asked:
    """Return a request of a person."""
    subject = SubjectData(identifiers=identifiers, names=names)
    return Asked(kind=ErasureKind.SUBJECT, reason=ErasureReason.CONSENT_WITHDRAWN, subject=subject)


def located(world: World, who: Principal, asked: Asked, *choices: Choice) -> ErasureView:
    """Receive, preview and, where there are choices, choose."""
    erasures = world.product.erasures
    received = erasures.receiving.receive(who, asked)
    view = erasures.previewing.preview(who, received.record.id).view
    return erasures.deciding.choose(who, view.record.id, choices) if choices else view


def advanced(world: World, who: Principal, erasure_id: ErasureId, *, times: int = 6) -> ErasureRecord:
    """Let workers and beat work, then return the request."""
    for _ in range(times):
        world.product.erasures.executing.advance_all()
        world.work()
    return the(world, who, erasure_id)


def the(world: World, who: Principal, erasure_id: ErasureId) -> ErasureRecord:
    """Return the request as it is stored."""
    with world.database.transaction(who.tenant_id) as transaction:
        found = transaction.erasures.get(erasure_id)
    assert found is not None
    return found


def items_of(world: World, who: Principal, erasure_id: ErasureId) -> tuple[ErasureItem, ...]:
    """Return its items as they are stored."""
    with world.database.transaction(who.tenant_id) as transaction:
        return transaction.erasures.items(erasure_id)


def state_of(world: World, who: Principal, erasure_id: ErasureId) -> ErasureState:
    """Return how far it is."""
    return the(world, who, erasure_id).state
