"""Building, counting, switching, cancelling and dropping a vector space, step by step (R63)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from typing_extensions import override

from service.adapters.memory.database import InMemoryDatabase, InMemoryTransaction
from service.adapters.memory.embedding import InMemoryEmbedder
from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.memory.keeping import InMemoryKeyStore
from service.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    NotPermittedError,
    PartUnavailableError,
    SettingsError,
)
from service.places import chunk_place
from service.policy.access import DocumentId, Principal, Role, TenantId
from service.ports import Hit, Vectors, VectorSpace
from service.ports.spaces import SpaceCounts, SpaceRecord, SpaceState
from tests.assembled import World
from tests.reembedding import CHOICE, GRACE, NEW, OLD, a_world_of_two, content, finish, fresh, serving

OLD_SPACE = VectorSpace(name=OLD.name, dimensions=OLD.dimensions)
_TEXTS = ("The canteen serves soup.", "Visitors park in the garage.", "The library opens at nine.")


def a_library(**parts: object) -> tuple[World, Principal]:
    world, _ = a_world_of_two(**parts)
    who, _ = world.person("acme")
    for text in _TEXTS:
        world.uploaded(who, text)
    world.clock.advance(1)  # the spaces of a tenant are listed by age
    return world, who


def states(world: World, who: Principal) -> list[tuple[str, str]]:
    return [(one.record.name, one.record.state.value) for one in world.product.reembedding.status_of(who.tenant_id)]


def found(world: World, who: Principal, text: str) -> list[str]:
    return [hit.text for hit in world.product.searching.search(who, text, limit=5)]


def test_another_model_serves_when_everything_is_built_and_counted_and_the_old_points_are_gone() -> None:
    world, who = a_library()
    product, tenant = world.product.reembedding, who.tenant_id
    old = serving(world, tenant)
    started = product.start_in(tenant, CHOICE)
    assert started.counts == SpaceCounts(documents=3, built=0, verified=0)
    assert product.building.advance(tenant, steps=1)
    assert product.status_of(tenant)[0].counts == SpaceCounts(documents=3, built=3, verified=0)
    assert serving(world, tenant).name == old.name
    assert product.building.advance(tenant, steps=1)
    assert product.status_of(tenant)[0].counts == SpaceCounts(documents=3, built=3, verified=3)
    assert not product.building.advance(tenant, steps=1)
    new = serving(world, tenant)
    assert (new.name, new.dimensions) == (NEW.name, NEW.dimensions)
    assert found(world, who, _TEXTS[0])[0] == _TEXTS[0]
    assert product.switching.drop(tenant) == 0, "questions on their way still end in the old space"
    world.clock.advance(GRACE)
    assert product.switching.drop(tenant) == 1
    assert content(world, old.space, tenant) == {}
    assert content(world, new.space, tenant) == fresh(world, tenant, NEW)
    facts = world.audited(tenant, "reembedding_switched")
    assert facts == [{"space": NEW.name, "before": OLD.name, "documents": 3}]


def test_the_tick_does_everything_for_every_tenant() -> None:
    world, who = a_library()
    stranger, _ = world.person("lakeside")
    world.uploaded(stranger, _TEXTS[0])
    world.clock.advance(1)
    for one in (who, stranger):
        world.product.reembedding.start_in(one.tenant_id, CHOICE)
    for _ in range(9):
        world.product.reembedding.advance(seconds=0)
        world.clock.advance(GRACE)
    for one in (who, stranger):
        assert states(world, one) == [(NEW.name, "serving"), (OLD.name, "retired")]
        assert content(world, OLD_SPACE, one.tenant_id) == {}


def test_what_is_written_meanwhile_is_in_both_spaces_and_need_not_be_built() -> None:
    world, who = a_library()
    world.product.reembedding.start_in(who.tenant_id, CHOICE)
    view = world.uploaded(who, "The garden closes at dusk.")
    building = world.product.reembedding.status_of(who.tenant_id)[0]
    assert building.counts == SpaceCounts(documents=4, built=1, verified=0)
    for space in (serving(world, who.tenant_id).space, building.record.space):
        assert (view.id, 0) in content(world, space, who.tenant_id)


def test_a_space_that_was_told_to_wait_serves_only_when_it_is_told() -> None:
    world, who = a_library()
    product = world.product.reembedding
    product.start_in(who.tenant_id, CHOICE, hold=True)
    finish(world, who.tenant_id)
    assert serving(world, who.tenant_id).name == OLD.name
    assert product.status_of(who.tenant_id)[0].record.seen_whole_at is not None
    product.switch(who)
    finish(world, who.tenant_id)
    assert serving(world, who.tenant_id).name == NEW.name


def test_a_cancelled_space_is_gone_and_can_be_begun_again() -> None:
    world, who = a_library()
    product = world.product.reembedding
    space = product.start_in(who.tenant_id, CHOICE).record.space
    product.building.advance(who.tenant_id, steps=1)
    product.cancel(who)
    with pytest.raises(ConflictError):
        product.start_in(who.tenant_id, CHOICE)
    world.uploaded(who, "The garden closes at dusk.")
    product.switching.drop(who.tenant_id)
    assert content(world, space, who.tenant_id) == {}
    product.start_in(who.tenant_id, CHOICE)
    finish(world, who.tenant_id)
    assert content(world, space, who.tenant_id) == fresh(world, who.tenant_id, NEW)


def test_points_that_were_lost_are_found_missing_before_the_switch_and_built_again() -> None:
    world, who = a_library()
    product = world.product.reembedding
    space = product.start_in(who.tenant_id, CHOICE).record.space
    product.building.advance(who.tenant_id, steps=1)
    world.index.in_space(space).points.clear()
    finish(world, who.tenant_id)
    assert content(world, space, who.tenant_id) == fresh(world, who.tenant_id, NEW)


def test_a_builder_that_died_is_followed_by_another_when_its_lease_has_run_out() -> None:
    """R60."""

    class Dying(InMemoryChunkIndex):
        @override
        def in_space(self, space: Any) -> InMemoryChunkIndex:
            if dying and space.name == NEW.name:
                raise KeyboardInterrupt
            return super().in_space(space)

    dying: list[bool] = []
    world, who = a_library(index=Dying())
    product = world.product.reembedding
    record = product.start_in(who.tenant_id, CHOICE).record
    with world.database.transaction(who.tenant_id) as transaction:
        transaction.spaces.claim(record.id, now=world.clock.now(), lease_until=world.clock.now().replace(year=2027))
    assert not product.building.advance(who.tenant_id), "somebody has it"
    world.clock.advance(366 * 86_400)
    dying.append(True)
    with pytest.raises(KeyboardInterrupt):
        product.building.advance(who.tenant_id)
    dying.clear()
    finish(world, who.tenant_id)
    assert serving(world, who.tenant_id).name == NEW.name


def test_a_document_erased_while_its_points_are_written_under_a_lost_lock_leaves_none() -> None:
    """R43: the database restarts under the builder's write, and an erasure is done before the points come."""

    class Losing(InMemoryChunkIndex):
        @override
        def in_space(self, space: VectorSpace) -> InMemoryChunkIndex:
            return self if space.name == OLD.name else new

    class Late(InMemoryChunkIndex):
        @override
        def replace(self, **what: Any) -> None:
            super().replace(**what)
            if not erased:
                erased.append(what["document_id"])
                raise PartUnavailableError

    class Restarting(InMemoryDatabase):
        """Erases the document as soon as the builder's transaction is lost."""

        @override
        @contextmanager
        def transaction(self, tenant_id: TenantId) -> Iterator[InMemoryTransaction]:
            if len(erased) == 1:
                erased.append(erased[0])
                world.product.erasure.request(who, erased[0])
            with super().transaction(tenant_id) as transaction:
                yield transaction

    erased: list[DocumentId] = []
    keys = InMemoryKeyStore()
    index, new = Losing(), Late(dimensions=NEW.dimensions, name=NEW.name)
    new.spaces = index.spaces
    index.spaces[NEW.name] = new
    world, who = a_library(index=index, keys=keys, database=Restarting(keys=keys))
    world.product.reembedding.start_in(who.tenant_id, CHOICE)
    with pytest.raises(PartUnavailableError):
        world.product.reembedding.building.advance(who.tenant_id)
    assert new.points == {}


def test_a_question_that_meets_the_switch_is_answered_by_the_new_space() -> None:
    world, who = a_library()
    product = world.product.reembedding
    old = serving(world, who.tenant_id)
    product.start_in(who.tenant_id, CHOICE)

    class Switching(InMemoryChunkIndex):
        """Switches and drops just before the first search in the old space."""

        @override
        def search(self, **what: Any) -> tuple[Hit, ...]:
            if not switched:
                switched.append(True)
                finish(world, who.tenant_id)
            return super().search(**what)

    switched: list[bool] = []
    slow = Switching()
    slow.points, slow.spaces = world.index.points, world.index.spaces
    world.index.spaces[old.name] = slow
    assert found(world, who, _TEXTS[1])[0] == _TEXTS[1]
    assert content(world, old.space, who.tenant_id) == {}


def test_a_model_that_cannot_be_used_is_refused_before_anything_begins() -> None:
    world, embedders = a_world_of_two()
    who, _ = world.person("acme")
    product = world.product.reembedding

    class Broken(InMemoryEmbedder):
        @override
        def embed(self, texts: Any) -> Vectors:
            raise OSError

    class Short(InMemoryEmbedder):
        @override
        def embed(self, texts: Any) -> Vectors:
            return super().embed(texts) * 0.5

    embedders.known |= {"broken": Broken(), "short": Short()}
    for model in ("absent", "broken", "short"):
        with pytest.raises(SettingsError):
            product.start_in(who.tenant_id, embedders.choice(model))
    with pytest.raises(ConflictError, match="serves already"):
        product.start_in(who.tenant_id, embedders.choice(OLD.name))
    assert [state for _, state in states(world, who)] == ["serving"]


def test_a_space_whose_model_this_machine_lacks_keeps_nobody_from_handing_in() -> None:
    world, embedders = a_world_of_two()
    who, _ = world.person("acme")
    world.product.reembedding.start_in(who.tenant_id, CHOICE)
    embedders.lost.add(NEW.name)
    view = world.uploaded(who, _TEXTS[0])
    assert view.state == "ready"
    with pytest.raises(PartUnavailableError):
        world.product.reembedding.building.advance(who.tenant_id)
    embedders.lost.clear()
    finish(world, who.tenant_id)
    assert found(world, who, _TEXTS[0]) == [_TEXTS[0]]


def test_only_operators_and_admins_begin_and_only_with_a_model_that_the_machine_names() -> None:
    world, _ = a_world_of_two()
    for role in (Role.READER, Role.CONTRIBUTOR, Role.DATA_OWNER, Role.AUDITOR):
        who, _ = world.person("acme", role)
        with pytest.raises(NotPermittedError):
            world.product.reembedding.start(who, None)
    operator, _ = world.person("acme", Role.OPERATOR)
    with pytest.raises(InvalidRequestError, match="on the machine itself"):
        world.product.reembedding.start(operator, "/etc/model")
    with pytest.raises(NotFoundError):
        world.product.reembedding.cancel(operator)
    assert world.product.reembedding.status(operator)[0].record.state is SpaceState.SERVING


class Interrupted(InMemoryEmbedder):
    """The new model, during whose first call for documents something else happens."""

    def __init__(self) -> None:
        super().__init__(NEW.dimensions)
        self.meanwhile: list[Callable[[], object]] = []

    @override
    def embed(self, texts: Sequence[str]) -> Vectors:
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().embed(texts)


def an_interrupted_library() -> tuple[World, Principal, Interrupted, SpaceRecord]:
    world, embedders = a_world_of_two()
    embedders.known[NEW.name] = slow = Interrupted()
    who, _ = world.person("acme")
    for text in _TEXTS:
        world.uploaded(who, text)
    return world, who, slow, world.product.reembedding.start_in(who.tenant_id, CHOICE).record


def test_a_space_does_not_serve_while_a_document_is_missing_from_it() -> None:
    """R63: a document may have come after the builder saw the last one."""
    world, who, _, record = an_interrupted_library()
    assert world.product.reembedding.switching.switch(record), "there is more to do first"
    assert serving(world, who.tenant_id).name == OLD.name


def test_a_builder_writes_nothing_into_a_space_that_was_cancelled_while_it_embedded() -> None:
    """R63: it is dropped by then, and nobody would look again."""
    world, who, slow, record = an_interrupted_library()
    product = world.product.reembedding
    slow.meanwhile += [lambda: product.switching.drop(who.tenant_id), lambda: product.cancel_in(who.tenant_id)]
    assert not product.building.advance(who.tenant_id)
    assert content(world, record.space, who.tenant_id) == {}


def test_a_builder_does_not_write_the_vectors_of_chunks_that_are_others_by_now() -> None:
    """R63: a document was read in anew while its old chunks were embedded."""
    world, who, slow, record = an_interrupted_library()
    with world.database.transaction(who.tenant_id) as transaction:
        document_id = transaction.documents.ids()[0]
        (chunk,) = transaction.chunks.of(document_id)
    key = world.keys.document_key(tenant_id=who.tenant_id, document_id=document_id)
    sealed = key.seal(b"Other words altogether.", place=chunk_place(who.tenant_id, document_id, 0))

    def read_in_anew() -> None:
        with world.database.transaction(who.tenant_id) as transaction:
            transaction.chunks.replace(document_id, [replace(chunk, text=sealed)])

    slow.meanwhile.append(read_in_anew)
    finish(world, who.tenant_id)
    assert content(world, record.space, who.tenant_id) == fresh(world, who.tenant_id, NEW)
