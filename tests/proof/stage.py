"""Where the proof plays: the product with the real labeller and the real SDK, and a stand-in that keeps every byte."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random

from pydantic import SecretStr
from typing_extensions import override

from ingestion.passage import Passage
from ingestion.sensitivity import Label
from service.adapters.anthropic import AnthropicCloudModel
from service.adapters.memory.labelling import InMemoryLabeller
from service.adapters.memory.models import InMemoryLocalModel
from service.errors import LocalModelUnavailableError
from service.labels import LabellerParts
from service.policy.access import DocumentId, Principal, Role
from service.policy.prompt import Prompt
from service.ports import Database, Generation, Labeller, Vectors
from tests.assembled import World, a_world
from tests.proof.company import TENANTS, Planted, documents
from tests.standin import StandIn

_MODEL = "claude-sonnet-4-5-20250929"
BOARD = "board"


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
def a_stage(random: Random, parts: LabellerParts, database: Database | None = None) -> Iterator[Stage]:
    """Set the stage: three tenants, their documents ingested and labelled."""
    with StandIn(slow_seconds=0.01) as stand_in:
        cloud = AnthropicCloudModel(
            SecretStr("sk-made-up"), model=_MODEL, base_url=stand_in.url, timeout=5, max_retries=0
        )
        labeller = DoubtfulLabeller(parts.labeller)
        local = MortalLocalModel()
        world = a_world(
            local=local,
            cloud=cloud,
            labeller=labeller,
            database=database,
            embedder=parts.embedder,
            tokenizer=parts.tokenizer,
        )
        stage = Stage(world=world, stand_in=stand_in, labeller=labeller, local=local)
        for tenant in TENANTS:
            _settle(stage, tenant, random)
        yield stage
        cloud.close()


def _settle(stage: Stage, tenant: str, random: Random) -> None:
    owner, _ = stage.world.person(tenant)
    stage.staff[tenant], _ = stage.world.person(tenant, Role.READER)
    stage.board[tenant], _ = stage.world.person(tenant, Role.READER, BOARD)
    for planted in documents(tenant, random):
        groups = frozenset({planted.group}) if planted.group else frozenset[str]()
        view = stage.world.uploaded(owner, planted.text, groups=groups)
        stage.truth[view.id] = planted
