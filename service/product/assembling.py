"""Puts the use cases together around one set of adapters."""

from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

import migrations
from service.admitting import Admission, Backlog
from service.amending import Amending
from service.answering import Answering, Budget, Planner
from service.answering.redacting import Redactor
from service.answering.saying import RecentlyShown, Sayings
from service.auditing import Auditing
from service.backup import Rebuilding, Replaying
from service.canaries import Canaries
from service.conversations import Conversations, Forgetting, Keeping, Recollection
from service.counting import Counting
from service.discarding import Discarding
from service.documents import Documents
from service.erasure import Erasure
from service.erasure.requests import Erasures
from service.exporting import Exports, Gathering
from service.governing import Governing
from service.holding import Holds
from service.ingesting import Ingestion, KnownVectors
from service.jobs import Jobs, Overview, Steering
from service.labels import Labels, UnfailingLabeller
from service.lease import Lease
from service.locating import Locating
from service.pacing import Pace
from service.principals import Principals
from service.product.parts import Adapters, Ringfence, UseCaseLimits
from service.quarantine import Quarantine
from service.receipts import Receipts, Versions
from service.reembedding import Reembedding
from service.refusing import Refusals
from service.relabelling import Relabelling
from service.releasing import Releasing
from service.remembering import LabelCache, RememberingLabellers
from service.reporting import EvidencePacks, Reporting
from service.retaining import Expiry, Retention
from service.retrieval import Retriever
from service.reviewing import Reviewing
from service.searching import Searching
from service.settling import Settling
from service.sources import Sources, Syncing
from service.sources.clearing import Clearing
from service.sources.placing import Places
from service.sources.sealed import SealedSources
from service.sources.walking import Walking
from service.spaces import OnlyEmbedder, Spaces
from service.terms import TermsInForce
from service.turns import Turns
from service.verifying import Verifier
from service.watching import Watch
from service.withholding import Withholding


def _product() -> str:
    try:
        return f"ringfence-{version('ringfence')}"
    except PackageNotFoundError:  # run from a folder that was never installed
        return "ringfence-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What several use cases need of one another."""

    labellers: RememberingLabellers
    labels: Labels
    spaces: Spaces
    retriever: Retriever
    terms: TermsInForce
    lease: Lease
    forgetting: Forgetting
    verifier: Verifier
    receipts: Receipts
    erasure: Erasure
    locating: Locating
    relabelling: Relabelling
    watch: Watch
    canaries: Canaries
    refusals: Refusals
    admission: Admission
    reporting: Reporting
    auditing: Auditing
    governing: Governing

    @classmethod
    def of(cls, adapters: Adapters, limits: UseCaseLimits) -> "_Shared":
        """Make each of them once."""
        database, keys, clock = adapters.database, adapters.keys, adapters.clock
        cache = LabelCache(size=limits.label_cache_size, seconds=limits.label_cache_seconds)
        labellers = RememberingLabellers(labeller=adapters.labeller, keys=keys, cache=cache)
        unfailing = replace(labellers, labeller=UnfailingLabeller(inner=adapters.labeller))
        lease = _lease(adapters, limits)
        forgetting = Forgetting(database=database, keys=keys, ledger=adapters.ledger, clock=clock)
        verifier = Verifier(inspectors=adapters.inspectors, clock=clock)
        versions = Versions(
            labeller=lambda: labellers.version, product=_product(), schema=lambda: f"step_{migrations.head()}"
        )
        receipts = Receipts(database=database, signer=adapters.signer, clock=clock, versions=versions)
        backlog = Backlog(database=database, clock=clock, bound=limits.backlog)
        admission = Admission(clock=clock, backlog=backlog, operator=limits.quota)
        terms = _terms(adapters)
        spaces = _spaces(adapters)
        return cls(
            labellers=labellers,
            labels=Labels(embedder=adapters.embedder, tokenizer=adapters.tokenizer, labellers=unfailing),
            spaces=spaces,
            retriever=Retriever(spaces=spaces, database=database, keys=keys),
            terms=terms,
            lease=lease,
            forgetting=forgetting,
            verifier=verifier,
            receipts=receipts,
            erasure=_erasure(adapters, lease, forgetting, verifier, receipts),
            locating=Locating(database=database, spaces=spaces, keys=keys, clock=clock),
            relabelling=_relabelling(adapters, limits, lease, labellers, spaces),
            watch=Watch(),
            canaries=Canaries(database=database, keys=keys, clock=clock),
            refusals=Refusals(database=database, clock=clock),
            admission=admission,
            reporting=Reporting(database=database, keys=keys),
            auditing=Auditing(
                database=database, keys=keys, signer=adapters.signer, clock=clock, ledger=adapters.ledger
            ),
            governing=Governing(database=database, clock=clock, terms=terms, admission=admission),
        )


def assemble(adapters: Adapters, limits: UseCaseLimits) -> Ringfence:
    """Return the use cases around these adapters."""
    shared = _Shared.of(adapters, limits)
    database, keys, clock = adapters.database, adapters.keys, adapters.clock
    amending = _amending(adapters, shared)
    documents = _documents(adapters, limits, shared)
    return Ringfence(
        principals=Principals(database=database, clock=clock),
        documents=documents,
        ingestion=_ingestion(adapters, limits, shared),
        jobs=_jobs(adapters, limits, shared),
        steering=Steering(database=database, index=adapters.index, queue=adapters.queue, clock=clock),
        overview=Overview(
            database=database,
            queue=adapters.queue,
            clock=clock,
            workers=adapters.workers,
            max_attempts=limits.max_attempts,
        ),
        searching=Searching(retriever=shared.retriever, labels=shared.labels),
        answering=_answering(adapters, limits, shared),
        conversations=Conversations(database=database, keys=keys, clock=clock, forgetting=shared.forgetting),
        erasure=shared.erasure,
        erasures=_erasures(adapters, shared, amending),
        verifier=shared.verifier,
        receipts=shared.receipts,
        locating=shared.locating,
        amending=amending,
        relabelling=shared.relabelling,
        reviewing=Reviewing(
            database=database, keys=keys, queue=adapters.queue, clock=clock, relabelling=shared.relabelling
        ),
        withholding=Withholding(database=database, spaces=shared.spaces, clock=clock),
        releasing=Releasing(
            database=database, keys=keys, queue=adapters.queue, clock=clock, relabelling=shared.relabelling
        ),
        auditing=shared.auditing,
        governing=shared.governing,
        watch=shared.watch,
        counting=Counting(database=database, clock=clock),
        canaries=shared.canaries,
        refusals=shared.refusals,
        holds=Holds(database=database, keys=keys, clock=clock),
        retention=Retention(database=database, keys=keys, clock=clock),
        expiry=Expiry(database=database, queue=adapters.queue, clock=clock, erasure=shared.erasure),
        exports=_exports(adapters, shared),
        sources=Sources(database=database, clock=clock, opener=adapters.opener, sealed=SealedSources(keys=keys)),
        syncing=_syncing(adapters, limits, shared, documents),
        reporting=shared.reporting,
        evidence=EvidencePacks(reporting=shared.reporting, auditing=shared.auditing, governing=shared.governing),
        rebuilding=Rebuilding(database=database, spaces=shared.spaces, keys=keys),
        reembedding=Reembedding.of(
            database=database, spaces=shared.spaces, keys=keys, clock=clock, lease_seconds=limits.lease_seconds
        ),
        replaying=_replaying(adapters, shared),
        restore_pending=adapters.restore_pending,
        disks=adapters.disks,
        parts={
            "database": database.ready,
            "index": adapters.index.ready,
            "broker": adapters.queue.ready,
            "restore": lambda: not adapters.restore_pending(),
        },
    )


def _syncing(adapters: Adapters, limits: UseCaseLimits, shared: _Shared, documents: Documents) -> Syncing:
    database, clock, sealed = adapters.database, adapters.clock, SealedSources(keys=adapters.keys)
    places = Places(database=database, keys=adapters.keys, queue=adapters.queue, erasure=shared.erasure, sealed=sealed)
    return Syncing(
        database=database,
        clock=clock,
        opener=adapters.opener,
        sealed=sealed,
        walking=Walking(database=database, clock=clock, documents=documents, places=places, sealed=sealed),
        clearing=Clearing(database=database, clock=clock, places=places),
        slice_seconds=limits.sync_seconds,
        lease_seconds=max(limits.lease_seconds * 4, limits.sync_seconds * 4),
    )


def _lease(adapters: Adapters, limits: UseCaseLimits) -> Lease:
    pace = Pace(clock=adapters.clock, answers=adapters.index.ready, rules=limits.pace)
    turns = Turns(
        database=adapters.database,
        clock=adapters.clock,
        pace=pace,
        operator=limits.quota,
        shared=limits.shared_worker,
    )
    return Lease(
        database=adapters.database,
        clock=adapters.clock,
        seconds=limits.lease_seconds,
        turns=turns,
        stopping=adapters.stopping,
        grace_seconds=limits.grace_seconds,
    )


def _replaying(adapters: Adapters, shared: _Shared) -> Replaying:
    return Replaying(
        database=adapters.database,
        index=adapters.index,
        keys=adapters.keys,
        vault=adapters.vault,
        ledger=adapters.ledger,
        forgetting=shared.forgetting,
        verifier=Verifier(inspectors=adapters.inspectors, clock=adapters.clock),
        clock=adapters.clock,
    )


def _erasures(adapters: Adapters, shared: _Shared, amending: Amending) -> Erasures:
    return Erasures.of(
        database=adapters.database,
        keys=adapters.keys,
        queue=adapters.queue,
        clock=adapters.clock,
        erasure=shared.erasure,
        forgetting=shared.forgetting,
        verifier=shared.verifier,
        receipts=shared.receipts,
        locating=shared.locating,
        amending=amending,
    )


def _discarding(adapters: Adapters) -> Discarding:
    return Discarding(database=adapters.database, keys=adapters.keys, vault=adapters.vault, clock=adapters.clock)


def _exports(adapters: Adapters, shared: _Shared) -> Exports:
    gathering = Gathering(
        database=adapters.database,
        keys=adapters.keys,
        clock=adapters.clock,
        labels=shared.labels,
        locating=shared.locating,
        reporting=shared.reporting,
    )
    return Exports(
        database=adapters.database,
        keys=adapters.keys,
        vault=adapters.vault,
        clock=adapters.clock,
        gathering=gathering,
        discarding=_discarding(adapters),
    )


def _jobs(adapters: Adapters, limits: UseCaseLimits, shared: _Shared) -> Jobs:
    return Jobs(
        database=adapters.database,
        queue=adapters.queue,
        clock=adapters.clock,
        erasure=shared.erasure,
        relabelling=shared.relabelling,
        forgetting=shared.forgetting,
        discarding=_discarding(adapters),
        settling=Settling(database=adapters.database, keys=adapters.keys, vault=adapters.vault, clock=adapters.clock),
        max_attempts=limits.max_attempts,
    )


def _erasure(
    adapters: Adapters, lease: Lease, forgetting: Forgetting, verifier: Verifier, receipts: Receipts
) -> Erasure:
    return Erasure(
        database=adapters.database,
        index=adapters.index,
        keys=adapters.keys,
        vault=adapters.vault,
        queue=adapters.queue,
        clock=adapters.clock,
        lease=lease,
        forgetting=forgetting,
        discarding=_discarding(adapters),
        ledger=adapters.ledger,
        verifier=verifier,
        receipts=receipts,
    )


def _amending(adapters: Adapters, shared: _Shared) -> Amending:
    return Amending(
        database=adapters.database,
        keys=adapters.keys,
        vault=adapters.vault,
        parser=adapters.parser,
        queue=adapters.queue,
        clock=adapters.clock,
        erasure=shared.erasure,
        refusals=shared.refusals,
    )


def _documents(adapters: Adapters, limits: UseCaseLimits, shared: _Shared) -> Documents:
    return Documents(
        database=adapters.database,
        keys=adapters.keys,
        vault=adapters.vault,
        queue=adapters.queue,
        clock=adapters.clock,
        erasure=shared.erasure,
        refusals=shared.refusals,
        admission=shared.admission,
        max_upload_bytes=limits.max_upload_bytes,
    )


def _spaces(adapters: Adapters) -> Spaces:
    return Spaces(
        database=adapters.database,
        index=adapters.index,
        embedders=adapters.embedders or OnlyEmbedder(embedder=adapters.embedder),
        embedder=adapters.embedder,
        clock=adapters.clock,
    )


def _ingestion(adapters: Adapters, limits: UseCaseLimits, shared: _Shared) -> Ingestion:
    return Ingestion.of(
        database=adapters.database,
        index=adapters.index,
        spaces=shared.spaces,
        keys=adapters.keys,
        vault=adapters.vault,
        parser=adapters.parser,
        tokenizer=adapters.tokenizer,
        embedder=adapters.embedder,
        labellers=shared.labellers,
        clock=adapters.clock,
        lease=shared.lease,
        quarantine=Quarantine(score=limits.quarantine_score),
        max_attempts=limits.max_attempts,
        known=KnownVectors(size=limits.vector_cache_size),
        overlapping=limits.overlapping,
        queue=adapters.queue,
        nesting=limits.nesting,
    )


def _relabelling(
    adapters: Adapters, limits: UseCaseLimits, lease: Lease, labellers: RememberingLabellers, spaces: Spaces
) -> Relabelling:
    return Relabelling(
        database=adapters.database,
        index=adapters.index,
        spaces=spaces,
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


def _answering(adapters: Adapters, limits: UseCaseLimits, shared: _Shared) -> Answering:
    return Answering(
        planner=_planner(adapters, limits, shared),
        keeping=Keeping(database=adapters.database, keys=adapters.keys, clock=adapters.clock),
        sayings=Sayings(canaries=shared.canaries, recent=RecentlyShown()),
        database=adapters.database,
        clock=adapters.clock,
        local=adapters.local,
        fast=adapters.fast,
        cloud=adapters.cloud,
        watch=shared.watch,
    )


def _planner(adapters: Adapters, limits: UseCaseLimits, shared: _Shared) -> Planner:
    recollection = Recollection(
        database=adapters.database,
        keys=adapters.keys,
        labels=shared.labels,
        tokenizer=adapters.tokenizer,
        tokens=limits.context_tokens,
    )
    budget = Budget(
        tokenizer=adapters.tokenizer,
        answer_tokens=limits.answer_tokens,
        local_context=limits.local_context_tokens,
        cloud_context=limits.cloud_context_tokens,
    )
    return Planner(
        retriever=shared.retriever,
        labels=shared.labels,
        recollection=recollection,
        clock=adapters.clock,
        terms=shared.terms,
        local=adapters.local,
        fast=adapters.fast,
        cloud=adapters.cloud,
        answer_tokens=limits.answer_tokens,
        budget=budget,
        redactor=Redactor(labels=shared.labels, database=adapters.database),
    )
