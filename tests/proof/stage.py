"""Where the proof plays: the product with the real labeller and the real SDK, and a stand-in that keeps every byte."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from random import Random

from pydantic import SecretStr
from typing_extensions import override

from ingestion.passage import Passage
from ingestion.sensitivity import Category, Label
from service.adapters.anthropic import AnthropicCloudModel
from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.adapters.memory.labelling import InMemoryLabeller
from service.adapters.memory.models import InMemoryLocalModel
from service.errors import LocalModelUnavailableError
from service.labels import LabellerParts
from service.policy.access import DocumentId, Principal, Role, TenantId
from service.policy.prompt import Prompt
from service.policy.tightening import TenantPolicy
from service.ports import Database, Generation, KeyStore, Labeller, Vectors
from service.product import Adapters
from tests.assembled import World, a_world
from tests.proof.company import REDACTING, TENANTS, Planted, documents
from tests.records import a_policy
from tests.standin import StandIn
from tests.terms import a_provider, some_rules

_MODEL = "claude-sonnet-4-5-20250929"
BOARD = "board"
_REMEMBERED = 20
"""Prompts that a babbling model still knows; the filter remembers more."""


class DoubtfulLabeller(InMemoryLabeller):
    """The real labeller, until it is told to know nothing or to be another version."""

    def __init__(self, real: Labeller) -> None:
        super().__init__(real.version)
        self._real = real
        self.knows_nothing = False

    def become(self, version: str | None = None) -> None:
        """Be another version from now on; without one, the real one again."""
        self._version = version or self._real.version

    @override
    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        return self._said(self._real.label(texts, vectors))

    @override
    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        return self._said(self._real.label_passages(passages, vectors, wanted=wanted))

    def _said(self, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        if self.knows_nothing:
            return tuple(Label.unknown("labeller_down", version=self._version) for _ in labels)
        return tuple(replace(label, labeller_version=self._version) for label in labels)


class MortalLocalModel(InMemoryLocalModel):
    """A local model that can be told to break off in the middle of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.breaks_off = False
        self.babbles = False

    @override
    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        earlier = [text for shown in self.shown[-_REMEMBERED:] for text in (part.text for part in shown.sources())]
        text, generation = super().generate(prompt)
        return (" ".join(earlier) if self.babbles else text), generation

    @override
    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        pieces = super().stream(prompt)
        if self.breaks_off:
            yield next(pieces)
            raise LocalModelUnavailableError
        return (yield from pieces)


@dataclass(slots=True)
class Stage:
    """The product, the stand-in, and what every document is by construction."""

    world: World
    stand_in: StandIn
    labeller: DoubtfulLabeller
    local: MortalLocalModel
    truth: dict[DocumentId, Planted] = field(default_factory=dict)
    staff: dict[str, Principal] = field(default_factory=dict)
    board: dict[str, Principal] = field(default_factory=dict)

    def planted(self, tenant: str) -> tuple[tuple[DocumentId, Planted], ...]:
        """Return the tenant's documents."""
        home = self.staff[tenant].tenant_id
        with self.world.database.transaction(home) as transaction:
            return tuple((one, planted) for one, planted in self.truth.items() if transaction.documents.get(one))

    def received(self) -> int:
        """Return how many requests have arrived at the stand-in."""
        return len(self.stand_in.received)


@contextmanager
def a_stage(random: Random, parts: LabellerParts, database_url: str | None = None) -> Iterator[Stage]:
    """Set the stage: three tenants, their documents ingested and labelled; in PostgreSQL where there is one."""
    keys = InMemoryKeyStore()
    with StandIn(slow_seconds=0.01) as stand_in, ExitStack() as closing:
        labeller = DoubtfulLabeller(parts.labeller)
        local = MortalLocalModel()

        def with_real_parts(twins: Adapters) -> Adapters:
            cloud = AnthropicCloudModel(
                SecretStr("sk-made-up"),
                model=_MODEL,
                base_url=stand_in.url,
                timeout=5,
                max_retries=0,
                now=twins.clock.now,
            )
            closing.callback(cloud.close)
            return replace(twins, embedder=parts.embedder, tokenizer=parts.tokenizer, cloud=cloud)

        world = a_world(
            local=local,
            labeller=labeller,
            database=closing.enter_context(_opened(database_url, keys)) if database_url else None,
            keys=keys,
            rules=some_rules(a_provider(_MODEL)),
            adapted=with_real_parts,
        )
        stage = Stage(world=world, stand_in=stand_in, labeller=labeller, local=local)
        for tenant in TENANTS:
            _settle(stage, tenant, random)
        yield stage


@contextmanager
def _opened(url: str, keys: KeyStore) -> Iterator[Database]:
    database = SqlDatabase(url, keys=keys)
    yield database
    database.close()


def _settle(stage: Stage, tenant: str, random: Random) -> None:
    owner, _ = stage.world.person(tenant)
    if tenant == REDACTING:
        _hide_values(stage.world, owner.tenant_id)
    stage.staff[tenant], _ = stage.world.person(tenant, Role.READER)
    stage.board[tenant], _ = stage.world.person(tenant, Role.READER, BOARD)
    for planted in documents(tenant, random):
        groups = frozenset({planted.group}) if planted.group else frozenset[str]()
        view = stage.world.uploaded(owner, planted.text, groups=groups)
        stage.truth[view.id] = planted


def _hide_values(world: World, tenant_id: TenantId) -> None:
    """Have the tenant's policy let values of PII be hidden (R14)."""
    with world.database.transaction(tenant_id) as transaction:
        transaction.policies.add(a_policy(tenant_id, policy=TenantPolicy(redact=frozenset({Category.PII}))))
