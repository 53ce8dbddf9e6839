"""A request ends by what is known when it ends, not by what was known when somebody began to look (R42, R43)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from service.erasure.requests import Choice
from service.policy.access import DocumentId, TenantId
from service.policy.erasures import ErasureAction, ErasureState
from service.ports import ItemState
from service.ports.inspecting import Target
from service.verifying import Verification, Verifier
from tests.assembled import a_world
from tests.erasing import about, advanced, items_of, located, state_of, the

ADDRESS = "m.ellison@example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptedVerifier(Verifier):
    """A verifier during whose work something else happens."""

    happens: Callable[[], object]

    @override
    def verify(self, tenant_id: TenantId, targets: Sequence[Target]) -> Verification:
        self.happens()
        return super(InterruptedVerifier, self).verify(tenant_id, targets)


def test_what_another_worker_found_while_this_one_verified_is_not_lost() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, f"Margaret Ellison wrote {ADDRESS}.")
    erasures = world.product.erasures
    view = located(world, who, about(ADDRESS), Choice(target=document.id, action=ErasureAction.ERASE))
    erasures.deciding.approve(who, view.record.id)
    concluding = erasures.executing.concluding
    later: list[DocumentId] = []

    def another_worker() -> None:
        if not later:
            later.append(world.uploaded(who, f"A second letter of {ADDRESS}.").id)
            concluding.conclude(the(world, who, view.record.id))

    made = concluding.verifier
    verifier = InterruptedVerifier(inspectors=made.inspectors, clock=made.clock, happens=another_worker)
    slow = replace(erasures.executing, concluding=replace(concluding, verifier=verifier))
    slow.advance(who.tenant_id, view.record.id)
    world.work()
    slow.advance(who.tenant_id, view.record.id)
    assert state_of(world, who, view.record.id) is ErasureState.EXECUTING
    found = {item.target: item.state for item in items_of(world, who, view.record.id)}
    assert found == {document.id: ItemState.GONE, later[0]: ItemState.WAITING}
    assert advanced(world, who, view.record.id, times=10).state is ErasureState.VERIFIED
    assert {item.target for item in items_of(world, who, view.record.id)} == {document.id, later[0]}
