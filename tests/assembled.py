"""A whole product on twins, and people who use it: for tests that need no server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from typing_extensions import override

from ingestion.sensitivity import Category, Label
from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryParser, InMemoryTokenizer
from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.memory.keeping import InMemoryKeyStore, InMemoryVault
from service.adapters.memory.labelling import InMemoryLabeller
from service.adapters.memory.models import InMemoryCloudModel, InMemoryLocalModel
from service.adapters.memory.queue import InMemoryJobQueue
from service.documents import DocumentView, Upload
from service.policy.access import Principal, Role, TenantId
from service.ports import CloudModel, Database, Embedder, JobKind, Tokenizer, Vectors
from service.product import Adapters, Ringfence, UseCaseLimits, assemble


@dataclass(slots=True)
class StoppedClock:
    """A clock that moves only when told."""

    time: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


class LearningLabeller(InMemoryLabeller):
    """The twin, until `learn` makes it another version that finds one more word sensitive."""

    def __init__(self) -> None:
        super().__init__()
        self._learnt: dict[str, Category] = {}

    def learn(self, word: str = "", category: Category = Category.PII) -> None:
        """Become the next version; without a word it finds what it found before."""
        self._version += "+"
        if word:
            self._learnt[word] = category

    @override
    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        return tuple(
            label.raised_to({category for word, category in self._learnt.items() if word in text})
            for text, label in zip(texts, super().label(texts, vectors), strict=True)
        )


@dataclass(slots=True)
class World:
    """The product, its twins, and its first tenants."""

    product: Ringfence
    database: Database
    index: InMemoryChunkIndex
    keys: InMemoryKeyStore
    vault: InMemoryVault
    queue: InMemoryJobQueue
    clock: StoppedClock
    labeller: InMemoryLabeller
    local: InMemoryLocalModel | None
    cloud: InMemoryCloudModel | None

    def person(self, tenant: str, role: Role = Role.ADMIN, *groups: str) -> tuple[Principal, str]:
        """Return a principal of the tenant, made now if it is new, and their API key."""
        principals = self.product.principals
        known = {one.slug: one for one in self.database.tenants()}
        owner = known.get(tenant) or principals.add_tenant(tenant)
        _, token = principals.issue(owner.id, name="test", role=role, groups=groups)
        return principals.authenticate(token), token

    def uploaded(self, who: Principal, text: str, **fields: Any) -> DocumentView:  # noqa: ANN401 - of Upload
        """Hand in a text and ingest it."""
        upload = Upload(**({"content": text.encode(), "file_name": "note.txt"} | fields))
        view, _ = self.product.documents.register(who, upload)
        self.work()
        return self.product.documents.get(who, view.id)

    def work(self) -> None:
        """Do what a worker does until nobody rings."""
        while self.queue.rings:
            ring = self.queue.rings.pop(0)
            run = {
                JobKind.INGEST: self.product.ingestion.run,
                JobKind.ERASE: self.product.erasure.run,
                JobKind.RELABEL: self.product.relabelling.run,
            }
            run[ring.kind](ring.tenant_id, ring.job_id)

    def audited(self, tenant_id: TenantId, action: str) -> list[dict[str, object]]:
        """Return the facts of every audit entry of this action, oldest first."""
        with self.database.transaction(tenant_id) as transaction:
            return [dict(entry.facts) for entry in reversed(transaction.audit.page(limit=1000, action=action))]


def a_world(  # noqa: PLR0913 - one for each part that a test may bring
    *,
    local: bool | InMemoryLocalModel = True,
    cloud: bool | CloudModel = True,
    index: InMemoryChunkIndex | None = None,
    labeller: InMemoryLabeller | None = None,
    database: Database | None = None,
    embedder: Embedder | None = None,
    tokenizer: Tokenizer | None = None,
) -> World:
    """Return a fresh product on twins; `index` may misbehave, `labeller` learn, and any other part be a real one."""
    database, index, keys = database or InMemoryDatabase(), index or InMemoryChunkIndex(), InMemoryKeyStore()
    vault, queue, clock, labeller = InMemoryVault(), InMemoryJobQueue(), StoppedClock(), labeller or InMemoryLabeller()
    local_model = InMemoryLocalModel() if local is True else local or None
    cloud_model = InMemoryCloudModel() if cloud is True else None
    adapters = Adapters(
        database=database,
        index=index,
        keys=keys,
        vault=vault,
        queue=queue,
        clock=clock,
        parser=InMemoryParser(),
        tokenizer=tokenizer or InMemoryTokenizer(),
        embedder=embedder or InMemoryEmbedder(),
        labeller=labeller,
        local=local_model,
        cloud=cloud_model if isinstance(cloud, bool) else cloud,
    )
    limits = UseCaseLimits(max_upload_bytes=100_000, answer_tokens=64, lease_seconds=30, max_attempts=3)
    return World(
        product=assemble(adapters, limits),
        database=database,
        index=index,
        keys=keys,
        vault=vault,
        queue=queue,
        clock=clock,
        labeller=labeller,
        local=local_model,
        cloud=cloud_model,
    )
