"""The product as one value: every use case around one set of adapters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from service.answering import Answering, Budget, Planner
from service.answering.redacting import Redactor
from service.answering.saying import RecentlyShown, Sayings
from service.auditing import Auditing
from service.canaries import Canaries
from service.conversations import Conversations, Forgetting, Keeping, Recollection
from service.documents import Documents
from service.erasure import Erasure
from service.governing import Governing
from service.ingesting import Ingestion
from service.jobs import Jobs
from service.labels import Labels, UnfailingLabeller
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
    ProviderRegister,
    Signer,
    Tokenizer,
    Vault,
)
from service.principals import Principals
from service.quarantine import Quarantine
from service.relabelling import Relabelling
from service.releasing import Releasing
from service.remembering import LabelCache, RememberingLabellers
from service.reporting import EvidencePacks, Reporting
from service.retrieval import Retriever
from service.reviewing import Reviewing
from service.searching import Searching
from service.terms import TermsInForce
from service.watching import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """One implementation of every port. Without a local model answers are quotes; without a cloud, all is local.

    `fast` is a smaller local model that answers before `local` (R18).
    """

    database: Database
    index: ChunkIndex
    keys: KeyStore
    vault: Vault
    signer: Signer
    queue: JobQueue
    clock: Clock
    parser: Parser
    tokenizer: Tokenizer
    embedder: Embedder
    labeller: Labeller
    register: ProviderRegister
    local: LocalModel | None = None
    fast: LocalModel | None = None
    cloud: CloudModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCaseLimits:
    """What an operator may set about the use cases."""

    max_upload_bytes: int
    answer_tokens: int
    lease_seconds: float
    max_attempts: int
    quarantine_score: float = 0.7
    local_context_tokens: int = 2_048
    cloud_context_tokens: int = 200_000
    label_cache_size: int = 50_000
    label_cache_seconds: float = 3_600.0
    context_tokens: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringfence:
    """What can be done, and whether the parts that it needs answer."""

    principals: Principals
    documents: Documents
    ingestion: Ingestion
    jobs: Jobs
    searching: Searching
    answering: Answering
    conversations: Conversations
    erasure: Erasure
    relabelling: Relabelling
    reviewing: Reviewing
    auditing: Auditing
    governing: Governing
    releasing: Releasing
    watch: Watch
    canaries: Canaries
    reporting: Reporting
    evidence: EvidencePacks
    parts: Mapping[str, Callable[[], bool]]

    def readiness(self) -> dict[str, bool]:
        """Ask every part whether it answers."""
        return {name: ready() for name, ready in self.parts.items()}

    def warnings(self) -> tuple[str, ...]:
        """Say what needs an operator soon, though every part answers."""
        return self.governing.warnings()


def assemble(adapters: Adapters, limits: UseCaseLimits) -> Ringfence:
    """Return the use cases around these adapters."""
    cache = LabelCache(size=limits.label_cache_size, seconds=limits.label_cache_seconds)
    labellers = RememberingLabellers(labeller=adapters.labeller, keys=adapters.keys, cache=cache)
    unfailing = replace(labellers, labeller=UnfailingLabeller(inner=adapters.labeller))
    labels = Labels(embedder=adapters.embedder, tokenizer=adapters.tokenizer, labellers=unfailing)
    retriever = Retriever(index=adapters.index, database=adapters.database, keys=adapters.keys)
    terms = _terms(adapters)
    lease = Lease(database=adapters.database, clock=adapters.clock, seconds=limits.lease_seconds)
    forgetting = Forgetting(database=adapters.database, keys=adapters.keys)
    erasure = _erasure(adapters, lease, forgetting)
    relabelling = _relabelling(adapters, limits, lease, labellers)
    watch = Watch()
    reporting = Reporting(database=adapters.database, keys=adapters.keys)
    auditing = Auditing(database=adapters.database, keys=adapters.keys, signer=adapters.signer, clock=adapters.clock)
    governing = Governing(database=adapters.database, clock=adapters.clock, terms=terms)
    canaries = Canaries(database=adapters.database, keys=adapters.keys, clock=adapters.clock)
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
            forgetting=forgetting,
        ),
        searching=Searching(retriever=retriever, labels=labels),
        erasure=erasure,
        relabelling=relabelling,
        reviewing=Reviewing(
            database=adapters.database,
            keys=adapters.keys,
            queue=adapters.queue,
            clock=adapters.clock,
            relabelling=relabelling,
        ),
        watch=watch,
        canaries=canaries,
        answering=_answering(
            adapters,
            limits,
            _Shared(retriever=retriever, labels=labels, terms=terms, watch=watch, canaries=canaries),
        ),
        conversations=Conversations(
            database=adapters.database, keys=adapters.keys, clock=adapters.clock, forgetting=forgetting
        ),
        auditing=auditing,
        governing=governing,
        releasing=Releasing(
            database=adapters.database,
            keys=adapters.keys,
            queue=adapters.queue,
            clock=adapters.clock,
            relabelling=relabelling,
        ),
        reporting=reporting,
        evidence=EvidencePacks(reporting=reporting, auditing=auditing, governing=governing),
        parts={"database": adapters.database.ready, "index": adapters.index.ready, "broker": adapters.queue.ready},
    )


def _erasure(adapters: Adapters, lease: Lease, forgetting: Forgetting) -> Erasure:
    return Erasure(
        database=adapters.database,
        index=adapters.index,
        keys=adapters.keys,
        vault=adapters.vault,
        queue=adapters.queue,
        clock=adapters.clock,
        lease=lease,
        forgetting=forgetting,
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
        quarantine=Quarantine(score=limits.quarantine_score),
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
        quarantine=Quarantine(score=limits.quarantine_score),
        max_attempts=limits.max_attempts,
    )


def _terms(adapters: Adapters) -> TermsInForce:
    return TermsInForce(
        database=adapters.database,
        register=adapters.register,
        clock=adapters.clock,
        model=adapters.cloud.name if adapters.cloud else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What answering shares with other use cases."""

    retriever: Retriever
    labels: Labels
    terms: TermsInForce
    watch: Watch
    canaries: Canaries


def _answering(adapters: Adapters, limits: UseCaseLimits, shared: _Shared) -> Answering:
    recollection = Recollection(
        database=adapters.database,
        keys=adapters.keys,
        labels=shared.labels,
        tokenizer=adapters.tokenizer,
        tokens=limits.context_tokens,
    )
    planner = Planner(
        retriever=shared.retriever,
        labels=shared.labels,
        recollection=recollection,
        clock=adapters.clock,
        terms=shared.terms,
        local=adapters.local,
        fast=adapters.fast,
        cloud=adapters.cloud,
        answer_tokens=limits.answer_tokens,
        budget=Budget(
            tokenizer=adapters.tokenizer,
            answer_tokens=limits.answer_tokens,
            local_context=limits.local_context_tokens,
            cloud_context=limits.cloud_context_tokens,
        ),
        redactor=Redactor(labels=shared.labels, database=adapters.database),
    )
    return Answering(
        planner=planner,
        keeping=Keeping(database=adapters.database, keys=adapters.keys, clock=adapters.clock),
        sayings=Sayings(canaries=shared.canaries, recent=RecentlyShown()),
        database=adapters.database,
        clock=adapters.clock,
        local=adapters.local,
        fast=adapters.fast,
        cloud=adapters.cloud,
        watch=shared.watch,
    )
