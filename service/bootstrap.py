"""Settings become adapters, adapters become use cases: the one composition root, for API, workers and CLI."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from ingestion.labelling import RingfenceLabeller
from ingestion.labelling.guarding import Guard
from ingestion.parsing.limits import Limits
from service import metrics
from service.adapters import storage
from service.adapters.celery import QUEUES, CeleryJobQueue
from service.adapters.database import SqlDatabase
from service.adapters.erasure_ledger import FileErasureLedger, HeadNote
from service.adapters.inspecting.broker import BrokerInspector
from service.adapters.inspecting.database import SqlInspector
from service.adapters.inspecting.edge import EdgeInspector
from service.adapters.inspecting.folder import REWRITTEN, SEALED, FolderInspector
from service.adapters.inspecting.keystore import SqliteKeyInspector
from service.adapters.inspecting.vault import DirectoryInspector, ObstoreInspector
from service.adapters.keystore import SqliteKeyStore, load_master_key
from service.adapters.pin_file import PinFile
from service.adapters.provider_file import TomlProviderRegister
from service.adapters.qdrant_edge import QdrantEdgeChunkIndex
from service.adapters.sandbox import SandboxedParser
from service.adapters.sentence_transformers import (
    PackagedTokenizer,
    SentenceTransformersEmbedder,
    SentenceTransformersEmbedders,
)
from service.adapters.signing import Ed25519Signer
from service.adapters.sources import AllowedSources, TomlSourceRegister
from service.adapters.vault import vault_at
from service.backends import BreakerRules, GuardedCloudModel, ReplicatedLocalModel, Watch
from service.errors import RestorePendingError
from service.folder import DataFolder
from service.ingesting import Nesting
from service.labels import LabellerParts
from service.pacing import PaceRules
from service.policy.quotas import Quota
from service.ports import ChunkIndex, CloudModel, Embedder, LocalModel
from service.ports.inspecting import Inspector
from service.ports.spaces import Embedders
from service.product import Adapters, Ringfence, UseCaseLimits, assemble
from service.settings import Settings, addresses

if TYPE_CHECKING:
    from service.adapters.vllm import VllmLocalModel


GIVEN_BACK = 0.6
"""Of a worker's grace: then it gives back what it holds, so that there is time left to end."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)


def build(settings: Settings, *, stopping: Callable[[], bool] = lambda: False) -> Ringfence:
    """Return the product on the stores that the settings name. Connects to nothing yet.

    `stopping` says whether this process, a worker, is asked to stop.

    Raises RestorePendingError while a restored backup is not held to the erasure ledger yet.
    """
    if DataFolder(settings.data_dir).restore_pending.exists():
        raise RestorePendingError
    return assemble(replace(adapters(settings), stopping=stopping), limits(settings))


@contextmanager
def opened(settings: Settings) -> Iterator[Adapters]:
    """Yield the adapters for a command, and close their connections when it ends."""
    made = adapters(settings)
    with ExitStack() as stack:
        for part in (made.database, made.index):
            if isinstance(part, SqlDatabase | QdrantEdgeChunkIndex):
                stack.callback(part.close)
        yield made


def limits(settings: Settings) -> UseCaseLimits:
    """Return what an operator set about the use cases."""
    return UseCaseLimits(
        max_upload_bytes=settings.max_upload_bytes,
        answer_tokens=settings.answer_tokens,
        local_context_tokens=settings.local_context_tokens,
        cloud_context_tokens=settings.cloud_context_tokens,
        lease_seconds=settings.lease_seconds,
        max_attempts=settings.max_attempts,
        quarantine_score=settings.quarantine_score,
        label_cache_size=settings.label_cache_size,
        label_cache_seconds=settings.label_cache_seconds,
        vector_cache_size=settings.vector_cache_size,
        context_tokens=settings.context_tokens,
        nesting=Nesting(
            depth=settings.nesting_depth,
            documents=settings.nested_documents,
            size=settings.nested_bytes,
        ),
        grace_seconds=GIVEN_BACK * settings.worker_grace_seconds,
        shared_worker=settings.worker_processes == 1,
        backlog=settings.backlog,
        quota=quota(settings),
        pace=PaceRules(largest=settings.batch_documents, slow_seconds=settings.slow_seconds),
    )


def quota(settings: Settings) -> Quota:
    """Return what every tenant may have at most."""
    return Quota(
        documents=settings.tenant_documents,
        stored_bytes=settings.tenant_bytes,
        waiting_jobs=settings.tenant_waiting_jobs,
        running_jobs=settings.tenant_running_jobs,
    )


def adapters(settings: Settings) -> Adapters:
    """Return the real adapters: servers where settings name them, else the embedded parts of the data folder."""
    folder = DataFolder(settings.data_dir)
    known = labeller_parts(settings)
    keys = SqliteKeyStore(folder.keys, load_master_key(folder.master_key))
    database_url = _secret(settings.database_url) or folder.database_url
    broker_url = _secret(settings.broker_url) or folder.broker_url
    return Adapters(
        database=SqlDatabase(database_url, keys=keys),
        index=chunk_index(settings, folder, space=known.embedder.name),
        keys=keys,
        vault=vault_at(settings.vault_url, folder.vault),
        signer=Ed25519Signer(folder.audit_key),
        ledger=erasure_ledger(settings),
        restore_pending=folder.restore_pending.exists,
        disks=storage.disks(own_folders(settings, folder)),
        workers=folder.live_workers,
        queue=CeleryJobQueue(broker_url),
        clock=SystemClock(),
        parser=parser(settings),
        tokenizer=known.tokenizer,
        embedder=known.embedder,
        embedders=_embedders(settings, known.embedder),
        labeller=known.labeller,
        register=TomlProviderRegister(settings.providers or folder.providers),
        opener=AllowedSources(
            TomlSourceRegister(settings.sources or folder.source_register), largest=settings.max_upload_bytes
        ),
        inspectors=inspectors(settings, folder, database_url=database_url, broker_url=broker_url),
        local=local_model(settings),
        fast=fast_model(settings),
        cloud=cloud_model(settings),
    )


def own_folders(settings: Settings, folder: DataFolder) -> Mapping[str, Path]:
    """Return the folder of every store that lies on a disk of this machine, by store."""
    elsewhere = {
        "database": settings.database_url,
        "index": settings.qdrant_url,
        "vault": settings.vault_url,
    }
    ledger = settings.ledger or folder.ledger
    own = {"database": folder.postgres, "index": folder.edge, "keys": folder.keys, "ledger": ledger}
    return {store: path for store, path in (own | {"vault": folder.vault}).items() if elsewhere.get(store) is None}


def erasure_ledger(settings: Settings) -> FileErasureLedger:
    """Return the ledger in its folder, with its note beside the keys."""
    folder = DataFolder(settings.data_dir)
    return FileErasureLedger(
        settings.ledger or folder.ledger, note=HeadNote(folder.ledger_note), signer=Ed25519Signer(folder.audit_key)
    )


def inspectors(settings: Settings, folder: DataFolder, *, database_url: str, broker_url: str) -> tuple[Inspector, ...]:
    """Return one inspector for each store, with connections of their own; byte scans where the files are ours."""
    vault: Inspector = DirectoryInspector(folder.vault)
    files: list[Inspector] = []
    if settings.vault_url is None:
        files.append(FolderInspector(store="vault_files", folder=folder.vault, covered_by=SEALED))
    else:
        vault = ObstoreInspector(settings.vault_url)
    if settings.qdrant_url is None:
        files.append(FolderInspector(store="index_files", folder=folder.edge, covered_by=REWRITTEN))
    return (
        SqlInspector(database_url),
        SqliteKeyInspector(folder.keys / "keys.sqlite"),
        vault,
        index_inspector(settings, folder),
        BrokerInspector(broker_url, tuple(dict.fromkeys(QUEUES.values()))),
        *files,
    )


def index_inspector(settings: Settings, folder: DataFolder) -> Inspector:
    """Return the inspector of the Qdrant server where one is named, else of the embedded engine."""
    if settings.qdrant_url is None:
        return EdgeInspector(folder.edge_socket)
    from service.adapters.inspecting.server import QdrantServerInspector  # noqa: PLC0415 - a second of imports

    return QdrantServerInspector.at(settings.qdrant_url, api_key=_secret(settings.qdrant_api_key))


def labeller_parts(settings: Settings) -> LabellerParts:
    """Return the labeller with its embedder and tokenizer: all that labelling needs, and no store or secret."""
    embedder = SentenceTransformersEmbedder(settings.embedder)
    guard = Guard(seconds=settings.label_seconds, observer=metrics.detector_failed)
    return LabellerParts(
        embedder=embedder,
        tokenizer=PackagedTokenizer(settings.embedder),
        labeller=RingfenceLabeller.shipped(embedder=embedder.name, guard=guard),
    )


def chunk_index(settings: Settings, folder: DataFolder, *, space: str) -> ChunkIndex:
    """Return the Qdrant server where one is named, else the embedded engine; `space` is the embedder's name."""
    if settings.qdrant_url is None:
        return QdrantEdgeChunkIndex(folder.edge_socket, collection=space, dimensions=settings.embedder_dimensions)
    from service.adapters.qdrant_server import QdrantServerChunkIndex  # noqa: PLC0415 - a second of imports

    return QdrantServerChunkIndex.at(
        settings.qdrant_url,
        api_key=_secret(settings.qdrant_api_key),
        collection=space,
        dimensions=settings.embedder_dimensions,
    )


def local_model(settings: Settings) -> LocalModel | None:
    """Return the model inside the building, if one is configured: all its replicas as one."""
    return _one(replicas(settings), "local", settings)


def fast_model(settings: Settings) -> LocalModel | None:
    """Return the smaller model that answers before it, if one is configured."""
    return _one(fast_replicas(settings), "fast", settings)


def replicas(settings: Settings) -> "tuple[VllmLocalModel, ...]":
    """Return every server of the local model, each held to its pin in the data folder."""
    return _servers(settings, settings.local_model_url, settings.local_model, settings.local_model_quantisation)


def fast_replicas(settings: Settings) -> "tuple[VllmLocalModel, ...]":
    """Return every server of the smaller model, likewise."""
    return _servers(settings, settings.fast_model_url, settings.fast_model, settings.fast_model_quantisation)


def _servers(
    settings: Settings, urls: str | None, name: str | None, quantisation: str | None
) -> "tuple[VllmLocalModel, ...]":
    if urls is None or name is None:
        return ()
    from service.adapters.vllm import VllmLocalModel  # noqa: PLC0415 - only where one is configured

    pin = PinFile(DataFolder(settings.data_dir).model_pins).read().get(name)
    return tuple(
        VllmLocalModel(
            url,
            name,
            max_tokens=settings.answer_tokens,
            timeout=settings.local_model_seconds,
            silence=settings.local_model_silence,
            pin=pin,
            quantisation=quantisation,
            probe_seconds=settings.local_model_probe_seconds,
        )
        for url in addresses(urls)
    )


def _one(servers: Sequence[LocalModel], backend: str, settings: Settings) -> LocalModel | None:
    if not servers:
        return None
    watches = [Watch(f"{backend}-{number}", rules=_rules(settings)) for number in range(1, len(servers) + 1)]
    return ReplicatedLocalModel(servers, watches)


def _rules(settings: Settings) -> BreakerRules:
    return BreakerRules(failures=settings.breaker_failures, seconds=settings.breaker_seconds)


def cloud_model(settings: Settings) -> CloudModel | None:
    """Return the model outside, if there is a key for it."""
    if settings.anthropic_api_key is None:
        return None
    from service.adapters.anthropic import AnthropicCloudModel  # noqa: PLC0415 - a second of imports

    model = AnthropicCloudModel(settings.anthropic_api_key, model=settings.cloud_model, base_url=settings.cloud_url)
    return GuardedCloudModel(model, Watch("cloud", rules=_rules(settings)))


def parser(settings: Settings) -> SandboxedParser:
    """Return the sandboxed parser with the configured limits."""
    bounds = Limits(
        max_bytes=settings.max_upload_bytes,
        max_pages=settings.max_pages,
        max_text=settings.max_text,
        max_attachments=settings.max_attachments,
        max_attached_bytes=settings.max_attached_bytes,
        max_scans=settings.ocr_pages,
        ocr_page_seconds=settings.ocr_page_seconds,
        ocr_languages=settings.ocr_languages,
    )
    return SandboxedParser(limits=bounds, seconds=settings.parse_seconds, memory_bytes=settings.parse_memory_bytes)


def _embedders(settings: Settings, known: Embedder) -> Embedders | None:
    """Return every embedder on this machine, the labeller's among them."""
    if not isinstance(known, SentenceTransformersEmbedder):
        return None
    default = settings.search_embedder or settings.embedder
    return SentenceTransformersEmbedders(default, model=settings.embedder, known=known)


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value is not None else None
