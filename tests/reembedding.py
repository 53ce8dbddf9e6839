"""Two embedders of different dimensions on twins, and what the spaces of a world must be equal to."""

from dataclasses import replace

from service.adapters.memory.embedding import InMemoryEmbedder
from service.adapters.memory.spaces import InMemoryEmbedders
from service.chunks import text_of
from service.policy.access import TenantId
from service.ports import DocumentState, Point, VectorSpace
from service.ports.spaces import EmbedderChoice, SpaceRecord
from tests.assembled import World, a_world

OLD, NEW = InMemoryEmbedder(), InMemoryEmbedder(48)
CHOICE = EmbedderChoice(model=NEW.name, precision="float32")
GRACE = 11.0
"""In seconds; longer than a retired space keeps its points."""

Content = dict[tuple[object, int], tuple[tuple[float, ...], bool, frozenset[str], frozenset[str]]]
"""Document and ordinal → vector, harmless or not, categories, groups."""


def a_world_of_two(**parts: object) -> tuple[World, InMemoryEmbedders]:
    """Return a world that knows two embedders, and the embedders."""
    embedders = InMemoryEmbedders(known={OLD.name: OLD, NEW.name: NEW}, first=OLD.name)
    return a_world(adapted=lambda twins: replace(twins, embedders=embedders), **parts), embedders  # type: ignore[arg-type]


def serving(world: World, tenant_id: TenantId) -> SpaceRecord:
    """Return the space that serves."""
    return world.product.reembedding.spaces.serving(tenant_id)


def finish(world: World, tenant_id: TenantId) -> None:
    """Build to the end, switch, and drop what served."""
    while world.product.reembedding.building.advance(tenant_id):
        pass
    world.clock.advance(GRACE)
    world.product.reembedding.switching.drop(tenant_id)


def content(world: World, space: VectorSpace, tenant_id: TenantId) -> Content:
    """Return what a space holds of a tenant."""
    points = world.index.in_space(space).points.items()
    return {
        (point.document_id, point.ordinal): _of(point)
        for (owner, _), some in points
        if owner == tenant_id
        for point in some
    }


def fresh(world: World, tenant_id: TenantId, embedder: InMemoryEmbedder) -> Content:
    """Return what an index made from SQL at this moment would hold of a tenant."""
    made: Content = {}
    with world.database.transaction(tenant_id) as transaction:
        ids = transaction.documents.ids(states={DocumentState.READY})
        stored = [(transaction.documents.get(one), transaction.chunks.of(one)) for one in ids]
    for record, chunks in stored:
        assert record is not None
        key = world.keys.document_key(tenant_id=tenant_id, document_id=record.id)
        vectors = embedder.embed([text_of(key, record, chunk) for chunk in chunks])
        for chunk, vector in zip(chunks, vectors, strict=True):
            categories = frozenset(str(one) for one in chunk.label.categories)
            made[record.id, chunk.ordinal] = (tuple(vector), chunk.label.harmless, categories, record.groups)
    return made


def _of(point: Point) -> tuple[tuple[float, ...], bool, frozenset[str], frozenset[str]]:
    return tuple(point.vector), point.harmless, frozenset(str(one) for one in point.categories), point.groups
