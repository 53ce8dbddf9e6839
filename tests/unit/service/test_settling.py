"""A key without a row is destroyed in time; one whose row is there, or may still come, is left alone (R43)."""

from uuid import uuid4

from service.documents import Upload
from service.policy.access import DocumentId, TurnId
from service.sealing import Sealed
from tests.assembled import a_world

_A_LITTLE, _LONG = 60, 3_600


def test_a_key_that_never_got_its_row_is_destroyed() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, turn = DocumentId(uuid4()), TurnId(uuid4())
    world.keys.create_document_key(tenant_id=who.tenant_id, document_id=document)
    world.keys.create_turn_key(tenant_id=who.tenant_id, turn_id=turn)
    world.clock.advance(_A_LITTLE)
    world.product.jobs.sweep()
    assert world.keys.has_document_key(tenant_id=who.tenant_id, document_id=document)
    assert world.keys.has_turn_key(tenant_id=who.tenant_id, turn_id=turn)
    world.vault.put(tenant_id=who.tenant_id, document_id=document, sealed=Sealed(b"original"))
    world.clock.advance(_LONG)
    world.product.jobs.sweep()
    assert not world.vault.exists(tenant_id=who.tenant_id, document_id=document)
    assert not world.keys.has_document_key(tenant_id=who.tenant_id, document_id=document)
    assert not world.keys.has_turn_key(tenant_id=who.tenant_id, turn_id=turn)


def test_the_key_of_a_document_that_is_there_stays() -> None:
    world = a_world()
    who, _ = world.person("acme")
    document, _ = world.product.documents.register(who, Upload(content=b"Words.", file_name="a.txt"))
    for _ in range(2):
        world.clock.advance(_LONG)
        world.product.jobs.sweep()
        assert world.keys.has_document_key(tenant_id=who.tenant_id, document_id=document.id)
    assert world.keys.unsettled(who.tenant_id, made_before=world.clock.now()).documents == ()


def test_a_key_of_another_tenants_document_is_not_judged_by_this_tenants_rows() -> None:
    """R30."""
    world = a_world()
    ours, _ = world.person("acme")
    world.person("lakeside")
    document = world.uploaded(ours, "Words.")
    world.clock.advance(_LONG)
    world.product.jobs.sweep()
    assert world.product.documents.get(ours, document.id).title == "note.txt"
