"""What the product is made of, what may be set about it, and the product as one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from service.amending import Amending
from service.answering import Answering
from service.auditing import Auditing
from service.backup import Rebuilding, Replaying
from service.canaries import Canaries
from service.conversations import Conversations
from service.counting import Counting
from service.documents import Documents
from service.erasure import Erasure
from service.erasure.requests import Erasures
from service.errors import RestorePendingError
from service.exporting import Exports
from service.governing import Governing
from service.holding import Holds
from service.ingesting import Ingestion, Nesting
from service.jobs import Jobs, Overview, Steering
from service.locating import Locating
from service.pacing import PaceRules
from service.policy.quotas import Quota
from service.ports import (
    ChunkIndex,
    Clock,
    CloudModel,
    Database,
    Embedder,
    ErasureLedger,
    JobQueue,
    KeyStore,
    Labeller,
    LocalModel,
    Parser,
    ProviderRegister,
    Signer,
    SourceOpener,
    Tokenizer,
    Vault,
)
from service.ports.inspecting import Inspector
from service.ports.spaces import Embedders
from service.principals import Principals
from service.receipts import Receipts
from service.reembedding import Reembedding
from service.refusing import Refusals
from service.relabelling import Relabelling
from service.releasing import Releasing
from service.reporting import EvidencePacks, Reporting
from service.retaining import Expiry, Retention
from service.reviewing import Reviewing
from service.searching import Searching
from service.sources import Sources, Syncing
from service.verifying import Verifier
from service.watching import Watch
from service.withholding import Withholding


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """One implementation of every port. Without a local model answers are quotes; without a cloud, all is local.

    `inspectors` look into the same stores, one into each, and share no code with the rest (R42).
    `fast` is a smaller local model that answers before `local` (R18). `restore_pending` says whether a restored backup
    is not held to the erasure ledger yet: nobody is served meanwhile. `stopping`: whether this worker process is
    asked to stop. `workers` counts the live workers, None where nothing of them is seen from here. `disks` says what an
    operator should do about the disks under the stores, a sentence each. `embedder` is the labeller's; `embedders` are
    all that are on this machine, None where it is the only one.
    """

    database: Database
    index: ChunkIndex
    keys: KeyStore
    vault: Vault
    signer: Signer
    ledger: ErasureLedger
    queue: JobQueue
    clock: Clock
    parser: Parser
    tokenizer: Tokenizer
    embedder: Embedder
    labeller: Labeller
    register: ProviderRegister
    opener: SourceOpener
    inspectors: tuple[Inspector, ...]
    restore_pending: Callable[[], bool] = lambda: False
    disks: Callable[[], tuple[str, ...]] = tuple
    workers: Callable[[], int | None] = lambda: None
    stopping: Callable[[], bool] = lambda: False
    local: LocalModel | None = None
    fast: LocalModel | None = None
    cloud: CloudModel | None = None
    embedders: Embedders | None = None


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
    vector_cache_size: int = 20_000
    overlapping: bool = True
    context_tokens: int = 600
    nesting: Nesting = field(default_factory=Nesting)
    sync_seconds: float = 10.0
    grace_seconds: float = 15.0
    backlog: int = 1_000_000
    shared_worker: bool = False
    quota: Quota = field(default_factory=Quota)
    pace: PaceRules = field(default_factory=PaceRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringfence:
    """What can be done, and whether the parts that it needs answer."""

    principals: Principals
    documents: Documents
    ingestion: Ingestion
    jobs: Jobs
    steering: Steering
    overview: Overview
    searching: Searching
    answering: Answering
    conversations: Conversations
    erasure: Erasure
    erasures: Erasures
    verifier: Verifier
    receipts: Receipts
    locating: Locating
    amending: Amending
    relabelling: Relabelling
    reviewing: Reviewing
    auditing: Auditing
    governing: Governing
    releasing: Releasing
    withholding: Withholding
    watch: Watch
    counting: Counting
    canaries: Canaries
    refusals: Refusals
    holds: Holds
    retention: Retention
    expiry: Expiry
    exports: Exports
    sources: Sources
    syncing: Syncing
    reporting: Reporting
    evidence: EvidencePacks
    rebuilding: Rebuilding
    reembedding: Reembedding
    replaying: Replaying
    restore_pending: Callable[[], bool]
    parts: Mapping[str, Callable[[], bool]]
    disks: Callable[[], tuple[str, ...]]

    def readiness(self) -> dict[str, bool]:
        """Ask every part whether it answers."""
        return {name: ready() for name, ready in self.parts.items()}

    def check_restored(self) -> None:
        """Raise RestorePendingError while a restored backup is not held to the erasure ledger yet."""
        if self.restore_pending():
            raise RestorePendingError

    def warnings(self) -> tuple[str, ...]:
        """Say what needs an operator soon, though every part answers."""
        return (*self.disks(), *self.governing.warnings(), *self.erasures.deadlines.warnings())
