"""What was erased on request is not taken in again, until an owner lifts that (R44)."""

from collections.abc import Callable
from typing import Any

import pytest
from typing_extensions import override

from service.adapters.memory.keeping import InMemoryKeyStore
from service.documents import Upload
from service.errors import ConflictError, NotFoundError, NotPermittedError, RefusedError
from service.policy.access import DocumentId, Principal, Role, TenantId
from service.ports import LiftReason
from service.sealing import Key
from tests.assembled import World, a_world
from tests.unit.service.refusing.test_sketching import a_text

TEXT = "Visitors park in the garage."


def erased(world: World, who: Principal, text: str = TEXT, **fields: Any) -> DocumentId:  # noqa: ANN401 - of Upload
    """Hand in a text, erase it, and have that done."""
    view = world.uploaded(who, text, **fields)
    world.product.erasure.request(who, view.id)
    world.work()
    return view.id


def refused(world: World, who: Principal, text: str = TEXT, **fields: Any) -> RefusedError:  # noqa: ANN401 - of Upload
    with pytest.raises(RefusedError) as raised:
        world.uploaded(who, text, **fields)
    return raised.value


def test_the_content_of_an_erased_document_is_refused_under_any_name() -> None:
    world = a_world()
    who, _ = world.person("acme")
    gone = erased(world, who)
    error = refused(world, who, file_name="other.txt", external_id="another")
    assert (error.reason, error.erased) == ("content_erased", gone)
    assert world.product.documents.page(who, limit=9) == ()
    assert world.audited(who.tenant_id, "upload_refused") == [{"reason": "content_erased"}]


def test_the_external_id_of_an_erased_document_is_refused_with_any_content() -> None:
    world = a_world()
    who, _ = world.person("acme")
    erased(world, who, external_id="crm-7")
    assert refused(world, who, "Something else.", external_id="crm-7").reason == "external_id_erased"
    assert world.uploaded(who, "Something else.", external_id="crm-8").external_id == "crm-8"


def test_a_refused_upload_leaves_no_original_and_no_job() -> None:
    world = a_world()
    who, _ = world.person("acme")
    erased(world, who)
    jobs = len(world.product.jobs.page(who, limit=99))
    refused(world, who)
    assert len(world.product.jobs.page(who, limit=99)) == jobs
    assert world.vault.originals == {}


def test_refusing_begins_at_the_commit_of_the_erasure_not_when_its_job_ran() -> None:
    world = a_world()
    who, _ = world.person("acme")
    view = world.uploaded(who, TEXT, external_id="crm-7")
    world.product.erasure.request(who, view.id)
    assert refused(world, who, external_id="crm-7").erased == view.id


def test_replacing_a_document_by_an_upload_refuses_nothing() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT, external_id="crm-7")
    world.uploaded(who, "Visitors park on the roof.", external_id="crm-7")
    assert world.product.refusals.page(who, limit=9) == ()
    assert world.uploaded(who, TEXT, external_id="crm-7").title == "note.txt"


def test_another_tenant_may_hand_in_what_this_one_erased() -> None:
    """R30."""
    world = a_world()
    who, _ = world.person("acme")
    other, _ = world.person("lakeside")
    erased(world, who, external_id="crm-7")
    assert world.uploaded(other, TEXT, external_id="crm-7").external_id == "crm-7"


def test_an_external_id_of_other_groups_is_not_revealed_by_its_refusal() -> None:
    """R30: whoever could not see what had the external id learns nothing by trying it."""
    world = a_world()
    admin, _ = world.person("acme")
    outsider, _ = world.person("acme", Role.CONTRIBUTOR)
    erased(world, admin, external_id="crm-7", groups=frozenset({"board"}))
    assert world.uploaded(outsider, "Something else.", external_id="crm-7").external_id == "crm-7"


def test_the_message_tells_how_to_lift_it_and_the_id_only_who_may() -> None:
    world = a_world()
    admin, _ = world.person("acme")
    contributor, _ = world.person("acme", Role.CONTRIBUTOR)
    gone = erased(world, admin)
    assert f"ringfence refusals lift {gone}" in refused(world, admin).detail
    assert "ask a data owner" in refused(world, contributor).detail
    assert str(gone) not in refused(world, contributor).detail


def test_a_lifted_refusal_lets_it_in_again_and_is_on_record() -> None:
    world = a_world()
    who, _ = world.person("acme")
    gone = erased(world, who, external_id="crm-7")
    lifted = world.product.refusals.lift(who, gone, LiftReason.CONSENT_GIVEN)
    assert lifted.lifted_by == who.key_id
    assert world.uploaded(who, TEXT, external_id="crm-7").id != gone
    assert world.audited(who.tenant_id, "refusal_lifted") == [{"reason": "consent_given"}]
    with pytest.raises(NotFoundError):
        world.product.refusals.lift(who, gone, LiftReason.OTHER)


def test_erasing_it_again_after_that_refuses_it_again() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.product.refusals.lift(who, erased(world, who), LiftReason.ERASED_BY_MISTAKE)
    again = erased(world, who)
    assert refused(world, who).erased == again


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.OPERATOR, Role.AUDITOR])
def test_only_owners_and_admins_lift(role: Role) -> None:
    world = a_world()
    admin, _ = world.person("acme")
    other, _ = world.person("acme", role)
    gone = erased(world, admin)
    with pytest.raises(NotPermittedError):
        world.product.refusals.lift(other, gone, LiftReason.OTHER)


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.OPERATOR])
def test_only_who_may_see_the_audit_lists_refusals(role: Role) -> None:
    world = a_world()
    other, _ = world.person("acme", role)
    with pytest.raises(NotPermittedError):
        world.product.refusals.page(other, limit=9)


def test_a_text_that_resembles_an_erased_one_is_taken_in_and_pointed_out() -> None:
    world = a_world()
    who, _ = world.person("acme")
    text = a_text(200)
    gone = erased(world, who, text)
    alike = world.uploaded(who, text.replace("word1", "term1", 3), file_name="again.txt")
    assert alike.resembles_erased == gone
    assert alike.resemblance is not None
    assert alike.resemblance >= 0.5
    facts = {"document": str(gone), "share": alike.resemblance}
    assert world.audited(who.tenant_id, "erased_resembled") == [facts]
    contributor, _ = world.person("acme", Role.CONTRIBUTOR)
    assert world.product.documents.get(contributor, alike.id).resembles_erased is None


def test_other_texts_and_lifted_ones_are_not_pointed_out() -> None:
    world = a_world()
    who, _ = world.person("acme")
    gone = erased(world, who, a_text(200))
    assert world.uploaded(who, a_text(200, seed=2)).resembles_erased is None
    world.product.refusals.lift(who, gone, LiftReason.OTHER)
    assert world.uploaded(who, f"{a_text(200)} more").resembles_erased is None


def test_handing_in_an_external_id_that_lives_again_is_a_replacement() -> None:
    """Once something else was let in under the id, its owner goes on replacing it."""
    world = a_world()
    who, _ = world.person("acme")
    gone = erased(world, who, external_id="crm-7")
    world.product.refusals.lift(who, gone, LiftReason.NEW_PURPOSE)
    world.uploaded(who, "Something else.", external_id="crm-7")
    assert world.uploaded(who, "Something newer.", external_id="crm-7").external_id == "crm-7"


class InterruptedKeyStore(InMemoryKeyStore):
    """Has something happen while an upload waits for its key."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    @override
    def create_document_key(self, *, tenant_id: TenantId, document_id: DocumentId) -> Key:
        self.meanwhile()
        return super().create_document_key(tenant_id=tenant_id, document_id=document_id)


def test_a_refusal_that_commits_while_an_upload_is_on_its_way_still_counts() -> None:
    """R43: the check is made again in the transaction that takes the external id."""
    keys = InterruptedKeyStore()
    world = a_world(keys=keys)
    who, _ = world.person("acme")
    view = world.uploaded(who, TEXT, external_id="crm-7")
    keys.meanwhile = lambda: world.product.erasure.request(who, view.id)
    with pytest.raises(ConflictError, match="not taken in again"):
        world.product.documents.register(who, Upload(content=b"Newer.", file_name="a.txt", external_id="crm-7"))
    assert world.product.documents.page(who, limit=9) == ()
