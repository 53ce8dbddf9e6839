"""The database restarts under a write, its row lock is lost, an erasure gets in between: nothing stays (R43)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from typing_extensions import override

from service.adapters.memory.database import InMemoryTransaction
from service.adapters.memory.index import InMemoryChunkIndex
from service.documents import Upload
from service.errors import PartUnavailableError
from service.policy.access import DocumentId, Principal, TenantId
from service.ports import Database, Point
from service.product import Ringfence, assemble
from tests.assembled import LIMITS, LearningLabeller, World, a_world, adapters_of
from tests.crashing import NOTHING, Left, settled, worked


@dataclass(slots=True)
class RestartingDatabase:
    """A database that can restart: what the open transaction did is lost, and its owner learns it at the commit."""

    inner: Database
    lose: Callable[[], None] = field(default=lambda: None)

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - whatever the port has
        return getattr(self.inner, attribute)

    @contextmanager
    def transaction(self, tenant_id: TenantId) -> Iterator[InMemoryTransaction]:
        """Open one."""
        held, lost = self.inner.transaction(tenant_id), list[bool]()
        opened = cast("InMemoryTransaction", held.__enter__())

        def lose() -> None:
            lost.append(True)
            held.__exit__(PartUnavailableError, PartUnavailableError(), None)

        self.lose = lose
        try:
            yield opened
        except BaseException as error:
            if not lost:
                held.__exit__(type(error), error, error.__traceback__)
            raise
        if lost:
            raise PartUnavailableError
        held.__exit__(None, None, None)


class LateIndex(InMemoryChunkIndex):
    """An index that is told of points only after something else has happened, once."""

    happens: Callable[[], object] | None = None

    @override
    def replace(self, *, tenant_id: TenantId, document_id: DocumentId, points: Sequence[Point]) -> None:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        super().replace(tenant_id=tenant_id, document_id=document_id, points=points)


def ingest(world: World, product: Ringfence) -> None:
    """Work off what was rung for."""
    worked(world, product)


def relabel(world: World, product: Ringfence) -> None:
    """Label everything anew."""
    cast("LearningLabeller", world.labeller).learn()
    for tenant in world.database.tenants():
        product.relabelling.enqueue(tenant.id)
    worked(world, product)


def begun() -> tuple[World, LateIndex, Principal, DocumentId]:
    """Return a world in which a document waits for its ingestion."""
    index = LateIndex()
    world = a_world(index=index, labeller=LearningLabeller())
    who, _ = world.person("acme")
    document, _ = world.product.documents.register(who, Upload(content=b"Salary of Ellison.", file_name="a.txt"))
    return world, index, who, document.id


@pytest.mark.parametrize("act", [ingest, relabel])
def test_points_that_come_after_the_erasure_are_taken_out_again(act: Callable[[World, Ringfence], None]) -> None:
    world, index, who, document = begun()
    database = RestartingDatabase(world.database)
    worker = assemble(replace(adapters_of(world), database=cast("Database", database)), LIMITS)

    def restart() -> None:
        database.lose()
        world.product.erasure.request(who, document)
        worked(world, world.product)

    if act is relabel:
        world.work()
    index.happens = restart
    with pytest.raises(PartUnavailableError):
        act(world, worker)
    assert world.product.searching.search(who, "Salary of Ellison", limit=5) == ()
    assert Left.of(world, who.tenant_id).points == 1, "the late write came to nothing: this test proves nothing"
    settled(world)
    assert Left.of(world, who.tenant_id) == NOTHING
