"""What every chunk index promises: the twin in memory, Qdrant Edge behind its owner, qdrant-client."""

import itertools
import socket
from collections.abc import Iterator, Sequence
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient

from ingestion.sensitivity import Category
from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.qdrant_server import QdrantServerChunkIndex
from service.errors import PartUnavailableError
from service.policy.access import EVERYONE, DocumentId, KeyId, Principal, Role, Scope, TenantId
from service.ports import ChunkIndex, Hit, Point, Vector, VectorSpace
from tests.servers.edge import DIMENSIONS, EdgeOwner, edge_owner, shared_edge_owner

__all__ = ["edge_owner", "shared_edge_owner"]

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")

_WrittenPoint = tuple[tuple[float, ...], bool, set[str]]

# Halves and whole numbers only: every score is exact in float32, so equal scores are equal everywhere.
DIRECTIONS: tuple[tuple[float, ...], ...] = (
    (1, 0, 0, 0),
    (0, 1, 0, 0),
    (0, 0, 1, 0),
    (-1, 0, 0, 0),
    (0.5, 0.5, 0.5, 0.5),
    (0.5, 0.5, -0.5, -0.5),
)


@pytest.fixture(params=["memory", "qdrant_edge", "qdrant_server"])
def index(request: pytest.FixtureRequest) -> Iterator[ChunkIndex]:
    """Return each index in turn. They are shared by tests, which keep to tenants of their own."""
    if request.param == "memory":
        yield InMemoryChunkIndex(dimensions=DIMENSIONS)
    elif request.param == "qdrant_edge":
        owner: EdgeOwner = request.getfixturevalue("shared_edge_owner")
        edge = owner.index()
        yield edge
        edge.close()
    else:
        client = QdrantClient(":memory:")
        yield QdrantServerChunkIndex(client, collection="tests", dimensions=DIMENSIONS)
        client.close()


def a_tenant() -> TenantId:
    return TenantId(uuid4())


def a_document() -> DocumentId:
    return DocumentId(uuid4())


def everything(tenant_id: TenantId) -> Scope:
    return Scope.of(Principal(tenant_id=tenant_id, key_id=KeyId(uuid4()), role=Role.ADMIN))


def a_reader(tenant_id: TenantId, *groups: str) -> Scope:
    principal = Principal(tenant_id=tenant_id, key_id=KeyId(uuid4()), role=Role.READER, groups=frozenset(groups))
    return Scope.of(principal)


def a_vector(direction: Sequence[float] = DIRECTIONS[0]) -> Vector:
    return np.array(direction, dtype=np.float32)


def a_point(
    document_id: DocumentId,
    ordinal: int = 0,
    *,
    direction: Sequence[float] = DIRECTIONS[0],
    harmless: bool = True,
    groups: Sequence[str] = (EVERYONE,),
) -> Point:
    return Point(
        document_id=document_id,
        ordinal=ordinal,
        vector=a_vector(direction),
        harmless=harmless,
        categories=frozenset() if harmless else frozenset({Category.PII}),
        groups=frozenset(groups),
    )


def found(index: ChunkIndex, scope: Scope, *, limit: int = 50) -> set[tuple[DocumentId, int]]:
    return {(hit.document_id, hit.ordinal) for hit in index.search(vector=a_vector(), scope=scope, limit=limit)}


def test_an_index_that_works_is_ready(index: ChunkIndex) -> None:
    assert index.ready()


def test_search_finds_the_nearest_first_with_their_cosine_similarity(index: ChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    points = [a_point(document, ordinal, direction=direction) for ordinal, direction in enumerate(DIRECTIONS)]
    index.replace(tenant_id=tenant, document_id=document, points=points)
    hits = index.search(vector=a_vector((1, 0, 0, 0)), scope=everything(tenant), limit=6)
    assert [(hit.ordinal, round(hit.score, 6)) for hit in hits] == [(0, 1), (4, 0.5), (5, 0.5), (1, 0), (2, 0), (3, -1)]


def test_search_in_an_empty_index_finds_nothing(index: ChunkIndex) -> None:
    assert found(index, everything(a_tenant())) == set()


def test_search_never_returns_a_chunk_of_another_tenant(index: ChunkIndex) -> None:
    """R30."""
    mine, yours, document = a_tenant(), a_tenant(), a_document()
    index.replace(tenant_id=yours, document_id=document, points=[a_point(document)])
    assert found(index, everything(mine)) == set()
    assert found(index, everything(yours)) == {(document, 0)}


def test_search_never_returns_a_chunk_outside_the_groups(index: ChunkIndex) -> None:
    """R30, R31."""
    tenant, for_all, for_hr, for_law = a_tenant(), a_document(), a_document(), a_document()
    for document, groups in ((for_all, (EVERYONE,)), (for_hr, ("hr", "board")), (for_law, ("law",))):
        index.replace(tenant_id=tenant, document_id=document, points=[a_point(document, groups=groups)])
    assert found(index, a_reader(tenant)) == {(for_all, 0)}
    assert found(index, a_reader(tenant, "hr")) == {(for_all, 0), (for_hr, 0)}
    assert found(index, everything(tenant)) == {(for_all, 0), (for_hr, 0), (for_law, 0)}


def test_a_scope_without_any_group_sees_nothing(index: ChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=[a_point(document)])
    assert found(index, everything(tenant).narrowed(groups=[])) == set()


def test_a_harmless_scope_finds_only_harmless_chunks(index: ChunkIndex) -> None:
    """R21."""
    tenant, document = a_tenant(), a_document()
    points = [a_point(document, 0, harmless=False), a_point(document, 1, harmless=True)]
    index.replace(tenant_id=tenant, document_id=document, points=points)
    assert found(index, everything(tenant).narrowed(harmless_only=True)) == {(document, 1)}


@pytest.mark.parametrize(("before", "after"), [(5, 2), (2, 5), (3, 3), (3, 0), (0, 3)])
def test_replace_leaves_exactly_the_new_points(index: ChunkIndex, before: int, after: int) -> None:
    tenant, document = a_tenant(), a_document()
    for size in (before, after, after):
        points = [a_point(document, ordinal) for ordinal in range(size)]
        index.replace(tenant_id=tenant, document_id=document, points=points)
    assert found(index, everything(tenant)) == {(document, ordinal) for ordinal in range(after)}
    assert index.count(tenant_id=tenant, document_id=document) == after


def test_replace_takes_labels_and_groups_back(index: ChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=[a_point(document)])
    narrowed = [a_point(document, harmless=False, groups=["hr"])]
    index.replace(tenant_id=tenant, document_id=document, points=narrowed)
    assert found(index, a_reader(tenant)) == set()
    assert found(index, everything(tenant).narrowed(harmless_only=True)) == set()
    assert found(index, a_reader(tenant, "hr")) == {(document, 0)}


def test_replace_stores_more_points_than_fit_in_one_batch(index: ChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    points = [a_point(document, ordinal) for ordinal in range(1_203)]
    index.replace(tenant_id=tenant, document_id=document, points=points)
    assert index.count(tenant_id=tenant, document_id=document) == 1_203


def test_an_erased_document_is_never_found_and_others_stay(index: ChunkIndex) -> None:
    """R41: unreachable, and counted as gone."""
    tenant, kept, *gone = a_tenant(), a_document(), a_document(), a_document()
    for document in (kept, *gone):
        points = [a_point(document, ordinal) for ordinal in range(3)]
        index.replace(tenant_id=tenant, document_id=document, points=points)
    index.erase(tenant_id=tenant, document_ids=gone)
    index.erase(tenant_id=tenant, document_ids=gone)
    assert found(index, everything(tenant)) == {(kept, ordinal) for ordinal in range(3)}
    counts = [index.count(tenant_id=tenant, document_id=document) for document in (kept, *gone)]
    assert counts == [3, 0, 0]


def test_erasing_nothing_or_the_unknown_does_no_harm(index: ChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=[a_point(document)])
    index.erase(tenant_id=tenant, document_ids=[])
    index.erase(tenant_id=tenant, document_ids=[a_document()])
    assert index.count(tenant_id=tenant, document_id=document) == 1


def test_another_tenant_can_neither_count_nor_erase_nor_empty_a_document(index: ChunkIndex) -> None:
    """R30."""
    tenant, stranger, document = a_tenant(), a_tenant(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=[a_point(document)])
    index.replace(tenant_id=stranger, document_id=document, points=[])
    index.erase(tenant_id=stranger, document_ids=[document])
    assert index.count(tenant_id=stranger, document_id=document) == 0
    assert index.count(tenant_id=tenant, document_id=document) == 1


@pytest.mark.parametrize("limit", [1, 3, 7, 19])
def test_ties_are_cut_by_document_and_ordinal(index: ChunkIndex, limit: int) -> None:
    tenant, documents = a_tenant(), sorted(a_document() for _ in range(5))
    for document in reversed(documents):
        points = [a_point(document, ordinal) for ordinal in (3, 1, 0, 2)]
        index.replace(tenant_id=tenant, document_id=document, points=points)
    hits = index.search(vector=a_vector(), scope=everything(tenant), limit=limit)
    in_order = list(itertools.product(documents, range(4)))
    assert [(hit.document_id, hit.ordinal) for hit in hits] == in_order[:limit]


@pytest.mark.parametrize("limit", [-1, 0, 1_001])
def test_a_limit_out_of_bounds_is_refused(index: ChunkIndex, limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        index.search(vector=a_vector(), scope=everything(a_tenant()), limit=limit)


@pytest.mark.parametrize(
    ("vector", "why"),
    [
        ([1, 0, 0], "too short"),
        ([1, 0, 0, 0, 0], "too long"),
        ([float("nan"), 0, 0, 1], "not a number"),
        ([float("inf"), 0, 0, 1], "infinite"),
        ([0, 0, 0, 0], "has no direction"),
    ],
)
def test_a_vector_outside_the_space_is_refused_and_nothing_changes(
    index: ChunkIndex, vector: list[float], why: str
) -> None:
    tenant, document = a_tenant(), a_document()
    index.replace(tenant_id=tenant, document_id=document, points=[a_point(document)])
    bad = [a_point(document, 0), a_point(document, 1, direction=vector)]
    with pytest.raises(ValueError, match="vector"):
        index.replace(tenant_id=tenant, document_id=document, points=bad)
    with pytest.raises(ValueError, match="vector"):
        index.search(vector=a_vector(vector), scope=everything(tenant), limit=1)
    assert index.count(tenant_id=tenant, document_id=document) == 1, why


def test_points_that_cannot_be_the_only_points_of_the_document_are_refused(index: ChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    for points in ([a_point(a_document())], [a_point(document, 1), a_point(document, 1)], [a_point(document, -1)]):
        with pytest.raises(ValueError, match=r"document|ordinals"):
            index.replace(tenant_id=tenant, document_id=document, points=points)


# More than one vector space (R63)


def another_space(index: ChunkIndex, dimensions: int = 2) -> ChunkIndex:
    """Return the same engine's index of a space that no other test writes to, with vectors of another length."""
    return index.in_space(VectorSpace(name=f"another/{uuid4()}", dimensions=dimensions))


def test_a_document_has_points_in_two_spaces_of_different_dimensions(index: ChunkIndex) -> None:
    """R63."""
    tenant, document = a_tenant(), a_document()
    other = another_space(index)
    index.replace(tenant_id=tenant, document_id=document, points=[a_point(document, 0), a_point(document, 1)])
    assert other.held(tenant_id=tenant, document_id=document) == 0
    assert other.search(vector=a_vector((1, 0)), scope=everything(tenant), limit=5) == ()
    other.replace(tenant_id=tenant, document_id=document, points=[a_point(document, direction=(1, 0))])
    index.replace(tenant_id=tenant, document_id=document, points=[a_point(document, 0), a_point(document, 1)])
    assert found(index, everything(tenant)) == {(document, 0), (document, 1)}
    hits = other.search(vector=a_vector((1, 0)), scope=everything(tenant), limit=5)
    assert [(hit.document_id, hit.ordinal) for hit in hits] == [(document, 0)]
    held = [one.held(tenant_id=tenant, document_id=document) for one in (index, other)]
    assert (held, index.count(tenant_id=tenant, document_id=document)) == ([2, 1], 3)
    assert other.count(tenant_id=tenant, document_id=document) == 3


def test_an_erasure_in_one_space_reaches_every_space(index: ChunkIndex) -> None:
    """R41, R63."""
    tenant, document = a_tenant(), a_document()
    other = another_space(index)
    for one, direction in ((index, DIRECTIONS[0]), (other, (1, 0))):
        one.replace(tenant_id=tenant, document_id=document, points=[a_point(document, direction=direction)])
    index.erase(tenant_id=tenant, document_ids=[document])
    assert [one.held(tenant_id=tenant, document_id=document) for one in (index, other)] == [0, 0]


def test_a_vector_of_one_space_does_not_fit_into_another(index: ChunkIndex) -> None:
    tenant, document = a_tenant(), a_document()
    other = another_space(index)
    with pytest.raises(ValueError, match="vector"):
        other.replace(tenant_id=tenant, document_id=document, points=[a_point(document)])
    other.replace(tenant_id=tenant, document_id=document, points=[a_point(document, direction=(1, 0))])
    with pytest.raises(ValueError, match="vector"):
        other.search(vector=a_vector(), scope=everything(tenant), limit=1)


def test_a_dropped_space_is_empty_for_this_tenant_and_nobody_else(index: ChunkIndex) -> None:
    """R63, R30."""
    mine, yours, document, yours_too = a_tenant(), a_tenant(), a_document(), a_document()
    other = another_space(index, len(DIRECTIONS[0]))
    for tenant, one in ((mine, document), (yours, yours_too)):
        other.replace(tenant_id=tenant, document_id=one, points=[a_point(one)])
        index.replace(tenant_id=tenant, document_id=one, points=[a_point(one)])
    other.drop(tenant_id=mine)
    other.drop(tenant_id=mine)
    assert (found(other, everything(mine)), found(other, everything(yours))) == (set(), {(yours_too, 0)})
    other.drop(tenant_id=yours)
    assert found(other, everything(yours)) == set()
    assert found(index, everything(mine)) | found(index, everything(yours)) == {(document, 0), (yours_too, 0)}
    other.replace(tenant_id=mine, document_id=document, points=[a_point(document)])
    assert found(other, everything(mine)) == {(document, 0)}


def test_dropping_a_space_that_never_was_does_no_harm(index: ChunkIndex) -> None:
    another_space(index).drop(tenant_id=a_tenant())


_GROUPS = st.sets(st.sampled_from(["hr", "law", EVERYONE]), min_size=1)
_POINTS = st.lists(st.tuples(st.sampled_from(DIRECTIONS), st.booleans(), _GROUPS), max_size=4)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["replace", "replace", "erase"]), st.integers(0, 1), st.integers(0, 2), _POINTS),
    min_size=1,
    max_size=6,
)
_ASKED_GROUPS = st.one_of(st.none(), st.sets(st.sampled_from(["hr", "law"])))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=_STEPS,
    question=st.sampled_from(DIRECTIONS),
    groups=_ASKED_GROUPS,
    harmless_only=st.booleans(),
    limit=st.integers(1, 9),
)
def test_after_any_operations_search_agrees_with_comparing_everything(
    index: ChunkIndex,
    *,
    steps: list[tuple[str, int, int, list[_WrittenPoint]]],
    question: tuple[float, ...],
    groups: set[str] | None,
    harmless_only: bool,
    limit: int,
) -> None:
    """R30, R41."""
    tenants = [a_tenant(), a_tenant()]
    documents = [[a_document() for _ in range(3)] for _ in tenants]
    written: dict[DocumentId, list[_WrittenPoint]] = {}
    for verb, tenant, number, points in steps:
        document = documents[tenant][number]
        written[document] = points if verb == "replace" else []
        if verb == "replace":
            index.replace(tenant_id=tenants[tenant], document_id=document, points=_stored(document, points))
        else:
            index.erase(tenant_id=tenants[tenant], document_ids=[document])
    for tenant_id, of_tenant in zip(tenants, documents, strict=True):
        scope = everything(tenant_id).narrowed(harmless_only=harmless_only, groups=groups)
        expected = _by_comparing_everything(
            {document: written.get(document, []) for document in of_tenant}, scope, question
        )
        hits = index.search(vector=a_vector(question), scope=scope, limit=limit)
        assert [_rounded(hit) for hit in hits] == expected[:limit]
        for document in of_tenant:
            assert index.count(tenant_id=tenant_id, document_id=document) == len(written.get(document, []))


def _stored(document: DocumentId, points: list[_WrittenPoint]) -> list[Point]:
    return [
        a_point(document, ordinal, direction=direction, harmless=harmless, groups=sorted(groups))
        for ordinal, (direction, harmless, groups) in enumerate(points)
    ]


def _by_comparing_everything(
    written: dict[DocumentId, list[_WrittenPoint]], scope: Scope, question: tuple[float, ...]
) -> list[tuple[float, DocumentId, int]]:
    seen = [
        (sum(a * b for a, b in zip(direction, question, strict=True)), document, ordinal)
        for document, points in written.items()
        for ordinal, (direction, harmless, groups) in enumerate(points)
        if (scope.groups is None or scope.groups & groups) and (harmless or not scope.harmless_only)
    ]
    return sorted(seen, key=lambda hit: (-hit[0], hit[1], hit[2]))


def _rounded(hit: Hit) -> tuple[float, DocumentId, int]:
    return (round(hit.score, 5), hit.document_id, hit.ordinal)


def test_what_was_done_survives_a_restart_and_a_kill(edge_owner: EdgeOwner) -> None:
    """R60."""
    tenant, kept, gone = a_tenant(), a_document(), a_document()
    index = edge_owner.index()
    for document in (kept, gone):
        index.replace(tenant_id=tenant, document_id=document, points=[a_point(document)])
    index.erase(tenant_id=tenant, document_ids=[gone])
    edge_owner.restart()
    assert found(index, everything(tenant)) == {(kept, 0)}
    edge_owner.kill()
    assert not index.ready()
    edge_owner.start()
    assert found(index, everything(tenant)) == {(kept, 0)}
    index.close()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        index = QdrantServerChunkIndex.at(url, api_key=None, collection="tests", dimensions=DIMENSIONS)
        assert not index.ready()
        with pytest.raises(PartUnavailableError):
            index.count(tenant_id=a_tenant(), document_id=a_document())
        with pytest.raises(PartUnavailableError):
            index.replace(tenant_id=a_tenant(), document_id=a_document(), points=[])
        index.close()
