"""How fast the embedded index is through its socket: at rest, while documents arrive, while some are erased.

Run it from the repository: `python -m bench.search_under_load`. It starts an owner of its own and ends by itself.
"""

import argparse
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np

from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.policy.access import EVERYONE, DocumentId, KeyId, Principal, Role, Scope, TenantId
from service.ports import Point
from tests.servers.edge import EdgeOwner

DIMENSIONS = 384
CHUNKS = 50
"""Points per document."""
TENANTS = [TenantId(UUID(int=number)) for number in range(1, 11)]
QUESTIONS = 300
ERASED_AT_ONCE = 20

_rng = np.random.default_rng(0)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    points = parser.parse_args().points
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    owner = EdgeOwner(folder=home / "index", socket=home / "socket", dimensions=DIMENSIONS)
    try:
        owner.start()
        _measure(owner, points)
    finally:
        owner.end()
        shutil.rmtree(home)


def _measure(owner: EdgeOwner, points: int) -> None:
    index = owner.index(collection="bench")
    documents = [DocumentId(uuid4()) for _ in range(points // CHUNKS)]
    seconds = _timed(lambda: _fill(index, documents))
    print(f"{points} points of {DIMENSIONS} dimensions, {len(TENANTS)} tenants, {CHUNKS} points per document\n")
    _row("points stored and flushed per second", f"{points / seconds:,.0f}")
    _row("search, at rest", _percentiles([_search(index) for _ in range(QUESTIONS)]))
    _row("search, while documents arrive", _percentiles(_while_documents_arrive(owner, index)))
    _row("erase one document", f"{_timed(lambda: _erase(index, documents[:1])) * 1000:,.0f} ms")
    with ThreadPoolExecutor(1) as background:
        some = documents[len(TENANTS) :: len(TENANTS)][:ERASED_AT_ONCE]
        erasing = background.submit(_timed, lambda: _erase(index, some))
        latencies = _until(erasing, index)
        _row(f"erase {len(some)} documents at once", f"{erasing.result() * 1000:,.0f} ms")
    _row("search, while that runs", _percentiles(latencies))
    index.close()
    _row("start again after a stop", f"{_timed(owner.restart):,.2f} s")
    owner.kill()
    _row("start again after a kill", f"{_timed(owner.start):,.2f} s")


def _fill(index: QdrantEdgeChunkIndex, documents: list[DocumentId]) -> None:
    for number, document in enumerate(documents):
        _replace(index, number, document)


def _replace(index: QdrantEdgeChunkIndex, number: int, document: DocumentId) -> None:
    points = [
        Point(
            document_id=document,
            ordinal=ordinal,
            vector=vector,
            harmless=True,
            categories=frozenset(),
            groups=frozenset({EVERYONE}),
        )
        for ordinal, vector in enumerate(_vectors(CHUNKS))
    ]
    index.replace(tenant_id=TENANTS[number % len(TENANTS)], document_id=document, points=points)


def _erase(index: QdrantEdgeChunkIndex, documents: list[DocumentId]) -> None:
    index.erase(tenant_id=TENANTS[0], document_ids=documents)


def _search(index: QdrantEdgeChunkIndex) -> float:
    principal = Principal(tenant_id=TENANTS[0], key_id=KeyId(uuid4()), role=Role.READER)
    vector = _vectors(1)[0]
    return _timed(lambda: index.search(vector=vector, scope=Scope.of(principal), limit=10))


def _while_documents_arrive(owner: EdgeOwner, index: QdrantEdgeChunkIndex) -> list[float]:
    context = multiprocessing.get_context("spawn")
    started, stop = context.Event(), context.Event()
    writer = context.Process(target=_write, args=(owner.socket, started, stop))
    writer.start()
    started.wait()
    latencies = [_search(index) for _ in range(QUESTIONS)]
    stop.set()
    writer.join()
    return latencies


def _write(path: Path, started: Event, stop: Event) -> None:
    """Replace documents as fast as one worker can, until told to stop."""
    index = QdrantEdgeChunkIndex(path, collection="bench", dimensions=DIMENSIONS)
    documents = [DocumentId(uuid4()) for _ in range(10)]
    number = 0
    while not stop.is_set():
        _replace(index, number, documents[number % len(documents)])
        started.set()
        number += 1


def _until(erasing: Future[float], index: QdrantEdgeChunkIndex) -> list[float]:
    latencies = []
    while not erasing.done():
        latencies.append(_search(index))
    return latencies


def _vectors(size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    vectors = _rng.normal(size=(size, DIMENSIONS)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _percentiles(seconds: list[float]) -> str:
    middle, most = np.quantile(seconds, [0.5, 0.95]) * 1000
    return f"p50 {middle:.1f} ms, p95 {most:.1f} ms, longest {max(seconds) * 1000:,.0f} ms"


def _row(what: str, value: str) -> None:
    print(f"  {what:<40} {value}", flush=True)


if __name__ == "__main__":
    main()
