"""A whole product on twins, and people who use it: for tests that need no server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from typing_extensions import override

from ingestion.sensitivity import Category, Label
from service.adapters.database import SqlDatabase
from service.adapters.inspecting.database import SqlInspector
from service.adapters.inspecting.keystore import SqliteKeyInspector
from service.adapters.inspecting.memory import (
    InMemoryBrokerInspector,
    InMemoryDatabaseInspector,
    InMemoryKeyInspector,
    InMemoryPlacesInspector,
)
from service.adapters.keystore import SqliteKeyStore
from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryParser, InMemoryTokenizer
from service.adapters.memory.erasure_ledger import InMemoryErasureLedger
from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.memory.keeping import InMemoryKeyStore, InMemorySigner, InMemoryVault
from service.adapters.memory.labelling import InMemoryLabeller
from service.adapters.memory.models import InMemoryCloudModel, InMemoryLocalModel
from service.adapters.memory.policies import InMemoryProviderRegister
from service.adapters.memory.queue import InMemoryJobQueue
from service.adapters.memory.sources import InMemorySourceOpener
from service.documents import DocumentView, Upload
from service.policy.access import Principal, Role, TenantId
from service.policy.terms import Rules
from service.policy.tightening import TenantPolicy
from service.ports import (
    CloudModel,
    Database,
    Embedder,
    ErasureLedger,
    JobKind,
    KeyStore,
    Labeller,
    LocalModel,
    Tenant,
    Tokenizer,
    Vectors,
)
from service.ports.inspecting import Inspector
from service.product import Adapters, Ringfence, UseCaseLimits, assemble
from tests.records import a_policy
from tests.terms import some_rules

LIMITS = UseCaseLimits(
    max_upload_bytes=100_000,
    answer_tokens=64,
    lease_seconds=30,
    max_attempts=3,
    overlapping=False,  # the steps of an ingestion come in the same order each time, so that each can be killed
)


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
    keys: KeyStore
    vault: InMemoryVault
    queue: InMemoryJobQueue
    ledger: ErasureLedger
    clock: StoppedClock
    labeller: InMemoryLabeller
    register: InMemoryProviderRegister
    opener: InMemorySourceOpener
    local: InMemoryLocalModel | None
    cloud: InMemoryCloudModel | None
    redact: frozenset[Category] = frozenset()

    def person(self, tenant: str, role: Role = Role.ADMIN, *groups: str) -> tuple[Principal, str]:
        """Return a principal of the tenant, made now if it is new, and their API key."""
        principals = self.product.principals
        known = {one.slug: one for one in self.database.tenants()}
        owner = known.get(tenant) or self._settled(principals.add_tenant(tenant))
        _, token = principals.issue(owner.id, name="test", role=role, groups=groups)
        return principals.authenticate(token), token

    def _settled(self, tenant: Tenant) -> Tenant:
        if self.redact:
            self.set_policy(tenant.id)
        return tenant

    def set_policy(self, tenant_id: TenantId) -> None:
        """Have the tenant's policy ask for the redaction of this world's categories."""
        with self.database.transaction(tenant_id) as transaction:
            transaction.policies.add(a_policy(tenant_id, policy=TenantPolicy(redact=self.redact)))

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


def redacting(world: World, *categories: Category) -> World:
    """Let every tenant of this world, present and to come, have these categories redacted (R14)."""
    policy = replace(world.register.rules.policy, redactable=frozenset(categories))
    world.register.rules = replace(world.register.rules, policy=policy)
    world.redact = frozenset(categories)
    for tenant in world.database.tenants():
        world.set_policy(tenant.id)
    return world


def exchanged(
    world: World,
    *,
    labelling: tuple[Embedder, Tokenizer, Labeller] | None = None,
    local: LocalModel | None = None,
    cloud: CloudModel | None = None,
) -> World:
    """Put real parts, or other twins, in the place of some; what is stored stays."""
    adapters = adapters_of(world)
    if labelling:
        embedder, tokenizer, labeller = labelling
        adapters = replace(adapters, embedder=embedder, tokenizer=tokenizer, labeller=labeller)
    world.product = assemble(replace(adapters, local=local or world.local, cloud=cloud or world.cloud), LIMITS)
    return world


def adapters_of(world: World) -> Adapters:
    """Return the twins of this world, for another process that works on the same stores."""
    return Adapters(
        database=world.database,
        index=world.index,
        keys=world.keys,
        vault=world.vault,
        signer=InMemorySigner(),
        ledger=world.ledger,
        queue=world.queue,
        clock=world.clock,
        parser=InMemoryParser(),
        tokenizer=InMemoryTokenizer(),
        embedder=InMemoryEmbedder(),
        labeller=world.labeller,
        register=world.register,
        opener=world.opener,
        inspectors=world.product.verifier.inspectors,
        local=world.local,
        cloud=world.cloud,
    )


def inspectors_of(
    database: Database, keys: KeyStore, vault: InMemoryVault, index: InMemoryChunkIndex, queue: InMemoryJobQueue
) -> tuple[Inspector, ...]:
    """Return one inspector for each store: of its own kind where the store is a real one."""
    return (
        _inspector_of_database(database),
        _inspector_of_keys(keys),
        InMemoryPlacesInspector(store="vault", thing="originals", kept=lambda: vault.originals),
        InMemoryPlacesInspector(store="index", thing="points", kept=index.kept),
        InMemoryBrokerInspector(rings=queue.rings),
    )


def _inspector_of_database(database: Database) -> Inspector:
    if isinstance(database, InMemoryDatabase):
        return InMemoryDatabaseInspector(rows=database.rows)
    assert isinstance(database, SqlDatabase)
    return SqlInspector(database.url)


def _inspector_of_keys(keys: KeyStore) -> Inspector:
    if isinstance(keys, InMemoryKeyStore):
        return InMemoryKeyInspector(documents=keys.documents, turns=keys.turns)
    assert isinstance(keys, SqliteKeyStore)
    return SqliteKeyInspector(keys.path)


def a_world(  # noqa: PLR0913 - one for each part that a test may bring
    *,
    local: bool | InMemoryLocalModel = True,
    cloud: bool | InMemoryCloudModel = True,
    index: InMemoryChunkIndex | None = None,
    labeller: InMemoryLabeller | None = None,
    database: Database | None = None,
    keys: KeyStore | None = None,
    vault: InMemoryVault | None = None,
    ledger: ErasureLedger | None = None,
    rules: Rules | None = None,
    clock: StoppedClock | None = None,
    quarantine_score: float = 0.7,
    overlapping: bool = False,
    adapted: Callable[[Adapters], Adapters] = lambda twins: twins,
) -> World:
    """Return a fresh product on twins; any part may misbehave, learn, obey, or be a real one.

    Unless other `rules` are given, the provider has promised everything. `adapted` may put other adapters in the
    place of some twins. A cloud model that is brought tells the time by the `clock` that is brought with it.
    """
    index, clock = index or InMemoryChunkIndex(), clock or StoppedClock()
    keys = keys or InMemoryKeyStore(now=clock.now)
    database = database or InMemoryDatabase(keys=keys)
    ledger = ledger or InMemoryErasureLedger()
    vault, queue = vault or InMemoryVault(), InMemoryJobQueue()
    labeller = labeller or InMemoryLabeller()
    register, opener = InMemoryProviderRegister(rules or some_rules()), InMemorySourceOpener()
    local_model = local if isinstance(local, InMemoryLocalModel) else InMemoryLocalModel() if local else None
    cloud_model = (
        cloud if isinstance(cloud, InMemoryCloudModel) else InMemoryCloudModel(now=clock.now) if cloud else None
    )
    adapters = Adapters(
        database=database,
        index=index,
        keys=keys,
        vault=vault,
        signer=InMemorySigner(),
        ledger=ledger,
        queue=queue,
        clock=clock,
        parser=InMemoryParser(),
        tokenizer=InMemoryTokenizer(),
        embedder=InMemoryEmbedder(),
        labeller=labeller,
        register=register,
        opener=opener,
        inspectors=inspectors_of(database, keys, vault, index, queue),
        local=local_model,
        cloud=cloud_model,
    )
    limits = replace(LIMITS, quarantine_score=quarantine_score, overlapping=overlapping)
    return World(
        product=assemble(adapted(adapters), limits),
        database=database,
        index=index,
        keys=keys,
        vault=vault,
        queue=queue,
        ledger=ledger,
        clock=clock,
        labeller=labeller,
        register=register,
        opener=opener,
        local=local_model,
        cloud=cloud_model,
    )
