"""An owner of an index whose vectors are long enough to be looked for, and points to give it."""

import os
from collections.abc import Iterator, Sequence
from uuid import uuid4

import numpy as np
import pytest

from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.adapters.qdrant_edge.protocol import WirePoint
from service.policy.access import EVERYONE, DocumentId, KeyId, Principal, Role, Scope, TenantId
from service.ports import Point
from tests.servers.edge import EdgeOwner

WIDE = 64
"""Dimensions where a vector's bytes are too long to appear by chance."""


@pytest.fixture
def wide_owner(edge_owner: EdgeOwner) -> EdgeOwner:
    assert edge_owner.stop() == os.EX_OK
    edge_owner.dimensions = WIDE
    edge_owner.start()
    return edge_owner


@pytest.fixture
def index(wide_owner: EdgeOwner) -> Iterator[QdrantEdgeChunkIndex]:
    index = wide_owner.index()
    yield index
    index.close()


def a_tenant() -> TenantId:
    return TenantId(uuid4())


def a_document() -> DocumentId:
    return DocumentId(uuid4())


def some_points(document_id: DocumentId, size: int, *, seed: int = 1) -> list[Point]:
    vectors = np.random.default_rng(seed).normal(size=(size, WIDE)).astype(np.float32)
    return [
        Point(
            document_id=document_id,
            ordinal=ordinal,
            vector=vector / np.linalg.norm(vector),
            harmless=True,
            categories=frozenset(),
            groups=frozenset({EVERYONE}),
        )
        for ordinal, vector in enumerate(vectors)
    ]


def everything(tenant_id: TenantId) -> Scope:
    return Scope.of(Principal(tenant_id=tenant_id, key_id=KeyId(uuid4()), role=Role.ADMIN))


def wire(points: Sequence[Point]) -> list[WirePoint]:
    return [
        WirePoint(ordinal=point.ordinal, vector=point.vector.tobytes(), harmless=True, categories=[], groups=[EVERYONE])
        for point in points
    ]
