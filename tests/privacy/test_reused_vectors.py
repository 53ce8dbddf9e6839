"""Vectors are reused inside a tenant, never across tenants, and never after an erasure (R40, R43)."""

from collections.abc import Sequence
from dataclasses import replace

from typing_extensions import override

from service.adapters.memory.embedding import InMemoryEmbedder
from service.ingesting import KnownVectors
from service.ports import Vectors
from service.product import Adapters
from tests.assembled import World, a_world

TEXT = "The staircase is painted in May."


class Counting(InMemoryEmbedder):
    """The twin, which notes what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    @override
    def embed(self, texts: Sequence[str]) -> Vectors:
        self.given += texts
        return super().embed(texts)


def a_counting_world() -> tuple[World, Counting]:
    counting = Counting()

    def adapted(twins: Adapters) -> Adapters:
        return replace(twins, embedder=counting)

    return a_world(adapted=adapted), counting


def known(world: World) -> KnownVectors:
    return world.product.ingestion.reusing.known


def test_a_text_that_the_tenant_has_is_embedded_once() -> None:
    world, counting = a_counting_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT)
    second = world.uploaded(who, TEXT, file_name="copy.txt", external_id="a copy")
    assert counting.given == [TEXT]
    assert world.index.count(tenant_id=who.tenant_id, document_id=second.id) == 1


def test_another_tenant_finds_nothing() -> None:
    world, counting = a_counting_world()
    for tenant in ("acme", "globex"):
        world.uploaded(world.person(tenant)[0], TEXT)
    assert counting.given == [TEXT, TEXT]


def test_after_an_erasure_nothing_is_reused() -> None:
    """The vector is sealed under the key of the document that it was made from, and that key is gone."""
    world, counting = a_counting_world()
    who, _ = world.person("acme")
    first = world.uploaded(who, TEXT)
    assert len(known(world)) == 1
    world.keys.destroy_document_key(tenant_id=who.tenant_id, document_id=first.id)
    world.uploaded(who, TEXT, file_name="copy.txt", external_id="a copy")
    assert counting.given == [TEXT, TEXT]


def test_what_is_remembered_opens_with_no_key_but_the_documents() -> None:
    world, _ = a_counting_world()
    who, _ = world.person("acme")
    first = world.uploaded(who, TEXT)
    ((fingerprint, (document, sealed)),) = known(world)._known.items()  # noqa: SLF001 - nobody else may see it
    plain = world.product.ingestion.reusing.embedder.embed([TEXT])[0].astype("<f4").tobytes()
    assert document == first.id
    assert plain not in sealed
    assert fingerprint.tenant_id == who.tenant_id


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    world, _ = a_counting_world()
    who, _ = world.person("acme")
    small = KnownVectors(size=2)
    ingestion = world.product.ingestion
    reusing = replace(ingestion.reusing, known=small)
    world.product = replace(world.product, ingestion=replace(ingestion, reusing=reusing))
    for number in range(4):
        world.uploaded(who, f"{TEXT} {number}", external_id=str(number))
    assert len(small) == 2
