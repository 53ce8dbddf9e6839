"""The product as one value: every use case around one set of adapters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.answering import Answering, Planner
from service.documents import Documents
from service.erasure import Erasure
from service.ingesting import Ingestion
from service.jobs import Jobs
from service.labels import Labels
from service.lease import Lease
from service.ports import (
    ChunkIndex,
    Clock,
    CloudModel,
    Database,
    Embedder,
    JobQueue,
    KeyStore,
    Labeller,
    LocalModel,
    Parser,
    Tokenizer,
    Vault,
)
from service.principals import Principals
from service.relabelling import Relabelling
from service.remembering import LabelCache, RememberingLabellers
from service.reporting import Reporting
from service.retrieval import Retriever
from service.reviewing import Reviewing
from service.searching import Searching


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """One implementation of every port. Without a local model answers are quotes; without a cloud, all is local."""

    database: Database
    index: ChunkIndex
    keys: KeyStore
    vault: Vault
    queue: JobQueue
    clock: Clock
    parser: Parser
    tokenizer: Tokenizer
    embedder: Embedder
    labeller: Labeller
    local: LocalModel | None = None
    cloud: CloudModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCaseLimits:
    """What an operator may set about the use cases."""

    max_upload_bytes: int
    answer_tokens: int
    lease_seconds: float
    max_attempts: int
    label_cache_size: int = 50_000
    label_cache_seconds: float = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringfence:
    """What can be done, and whether the parts that it needs answer."""

    principals: Principals
    documents: Documents
    ingestion: Ingestion
    jobs: Jobs
    searching: Searching
    answering: Answering
    erasure: Erasure
    relabelling: Relabelling
    reviewing: Reviewing
    reporting: Reporting
    parts: Mapping[str, Callable[[], bool]]

    def readiness(self) -> dict[str, bool]:
        """Ask every part whether it answers."""
        return {name: ready() for name, ready in self.parts.items()}


def assemble(adapters: Adapters, limits: UseCaseLimits) -> Ringfence:
    """Return the use cases around these adapters."""
    cache = LabelCache(size=limits.label_cache_size, seconds=limits.label_cache_seconds)
    labellers = RememberingLabellers(labeller=adapters.labeller, keys=adapters.keys, cache=cache)
    labels = Labels(embedder=adapters.embedder, tokenizer=adapters.tokenizer, labellers=labellers)
    retriever = Retriever(index=adapters.index, database=adapters.database, keys=adapters.keys)
    lease = Lease(database=adapters.database, clock=adapters.clock, seconds=limits.lease_seconds)
    erasure = _erasure(adapters, lease)
    relabelling = _relabelling(adapters, limits, lease, labellers)
    return Ringfence(
        principals=Principals(database=adapters.database, clock=adapters.clock),
        documents=_documents(adapters, limits, erasure),
        ingestion=_ingestion(adapters, limits, lease, labellers),
        jobs=Jobs(
            database=adapters.database,
            queue=adapters.queue,
            clock=adapters.clock,
            erasure=erasure,
            relabelling=relabelling,
        ),
        searching=Searching(retriever=retriever, labels=labels),
        answering=_answering(adapters, limits, retriever, labels),
        erasure=erasure,
        relabelling=relabelling,
        reviewing=Reviewing(
            database=adapters.database,
            keys=adapters.keys,
            queue=adapters.queue,
            clock=adapters.clock,
            relabelling=relabelling,
        ),
        reporting=Reporting(database=adapters.database),
        parts={"database": adapters.database.ready, "index": adapters.index.ready, "broker": adapters.queue.ready},
    )


def _erasure(adapters: Adapters, lease: Lease) -> Erasure:
    return Erasure(
        database=adapters.database,
        index=adapters.index,
        keys=adapters.keys,
        vault=adapters.vault,
        queue=adapters.queue,
        clock=adapters.clock,
        lease=lease,
    )


def _documents(adapters: Adapters, limits: UseCaseLimits, erasure: Erasure) -> Documents:
    return Documents(
        database=adapters.database,
        keys=adapters.keys,
        vault=adapters.vault,
        queue=adapters.queue,
        clock=adapters.clock,
        erasure=erasure,
        max_upload_bytes=limits.max_upload_bytes,
    )


def _ingestion(adapters: Adapters, limits: UseCaseLimits, lease: Lease, labellers: RememberingLabellers) -> Ingestion:
    return Ingestion(
        database=adapters.database,
        index=adapters.index,
        keys=adapters.keys,
        vault=adapters.vault,
        parser=adapters.parser,
        tokenizer=adapters.tokenizer,
        embedder=adapters.embedder,
        labellers=labellers,
        clock=adapters.clock,
        lease=lease,
        max_attempts=limits.max_attempts,
    )


def _relabelling(
    adapters: Adapters, limits: UseCaseLimits, lease: Lease, labellers: RememberingLabellers
) -> Relabelling:
    return Relabelling(
        database=adapters.database,
        index=adapters.index,
        keys=adapters.keys,
        queue=adapters.queue,
        tokenizer=adapters.tokenizer,
        embedder=adapters.embedder,
        labellers=labellers,
        clock=adapters.clock,
        lease=lease,
        max_attempts=limits.max_attempts,
    )


def _answering(adapters: Adapters, limits: UseCaseLimits, retriever: Retriever, labels: Labels) -> Answering:
    planner = Planner(
        retriever=retriever,
        labels=labels,
        local=adapters.local,
        cloud=adapters.cloud,
        answer_tokens=limits.answer_tokens,
    )
    return Answering(
        planner=planner,
        database=adapters.database,
        clock=adapters.clock,
        local=adapters.local,
        cloud=adapters.cloud,
    )
