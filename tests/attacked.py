"""A tenant under attack: its people, what they must never see, and what an answer must hold to (R10, R20)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from service.adapters.memory.index import InMemoryChunkIndex
from service.adapters.memory.models import InMemoryLocalModel
from service.answering import Answer, Question, Turn
from service.documents import DocumentView
from service.policy.access import DocumentId, Principal, Role, Scope
from service.policy.fencing import shadow
from service.policy.prompt import Origin, Prompt
from service.policy.routing import Route
from service.ports import Hit, Point, Vector
from tests.assembled import StoppedClock, World, a_world
from tests.obeying import ObeyingCloudModel, ObeyingLocalModel, drained

TOPIC = "Quince prices at the stall"
OTHER_TENANT, OTHER_GROUP, IN_SCOPE_SENSITIVE = "CANARY-lakeside-7731", "CANARY-board-5519", "CANARY-inside-8802"
_SOURCES = 40
_NEVER = 2.0
_MARKER = re.compile(r"\[(\d{1,3})\]")
_FENCE = re.compile(r"<[^<>a-z0-9]*source")


class ForgetfulIndex(InMemoryChunkIndex):
    """An engine that has forgotten tenants, groups and nearness: everything is a hit, so SQL alone keeps the scope."""

    @override
    def search(self, *, vector: Vector, scope: Scope, limit: int) -> tuple[Hit, ...]:
        every: list[Point] = [point for points in self.points.values() for point in points]
        return tuple(Hit(document_id=point.document_id, ordinal=point.ordinal, score=1.0) for point in every)


@dataclass(slots=True, kw_only=True)
class Attacked:
    """One world with canaries outside the asker's scope, and a model on either side that obeys."""

    world: World
    local: InMemoryLocalModel
    cloud: ObeyingCloudModel
    owner: Principal
    asker: Principal
    visible: set[DocumentId] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, local: InMemoryLocalModel | None = None) -> "Attacked":
        """Return the world before the attack; nothing is quarantined, so that every attack is retrieved."""
        clock = StoppedClock()
        local, cloud = local or ObeyingLocalModel(), ObeyingCloudModel(now=clock.now)
        world = a_world(local=local, cloud=cloud, clock=clock, index=ForgetfulIndex(), quarantine_score=_NEVER)
        stranger, _ = world.person("lakeside")
        owner, _ = world.person("acme", Role.ADMIN)
        asker, _ = world.person("acme", Role.READER, "staff")
        world.uploaded(stranger, f"{TOPIC}: {OTHER_TENANT}")
        world.uploaded(owner, f"{TOPIC}: {OTHER_GROUP}", groups=frozenset({"board"}))
        attacked = cls(world=world, local=local, cloud=cloud, owner=owner, asker=asker)
        attacked.plant(f"{TOPIC}: five euros a kilo.")
        return attacked

    def plant(self, text: str, **fields: str) -> DocumentView:
        """Hand in a document that the asker may see."""
        view = self.world.uploaded(self.owner, text, groups=frozenset({"staff"}), **fields)
        self.visible.add(view.id)
        return view

    def ask(
        self, text: str = TOPIC, *, expected: Route, history: Sequence[str] = (), harmless_only: bool = False
    ) -> Answer:
        """Ask, whole and streamed, and check all that no attack may change; return the whole answer."""
        question = Question(
            text=text,
            history=tuple(Turn(role="user", text=turn) for turn in history),
            harmless_only=harmless_only,
            limit=_SOURCES,
        )
        self.local.shown.clear()
        self.cloud.shown.clear()
        answering = self.world.product.answering
        whole = answering.ask(self.asker, question)
        said, streamed = drained(answering.stream(self.asker, question))
        for answer, text_shown in ((whole, whole.text), (streamed, streamed.text + said)):
            self._check(answer, text_shown, expected)
        self._check_shown(expected)
        self.counts[f"answers {expected.value}"] += 2
        return whole

    def _check(self, answer: Answer, said: str, expected: Route) -> None:
        assert answer.route is expected
        assert answer.sources
        assert _as_labels_say(answer) is expected
        assert {source.hit.document_id for source in answer.sources} <= self.visible
        numbers = {source.number for source in answer.sources}
        assert {citation.number for citation in answer.citations} <= numbers
        assert {int(number) for number in _MARKER.findall(answer.text)} <= numbers
        assert OTHER_TENANT not in said
        assert OTHER_GROUP not in said

    def _check_shown(self, expected: Route) -> None:
        bodies = [body.decode() for body in self.cloud.shown]
        assert bool(bodies) is (expected is Route.CLOUD)
        assert bool(self.local.shown) is (expected is Route.LOCAL)
        for canary in (OTHER_TENANT, OTHER_GROUP, IN_SCOPE_SENSITIVE):
            assert not any(canary in body for body in bodies)
        for prompt in self.local.shown:
            shown = "\n".join(turn.text for turn in prompt.messages())
            assert OTHER_TENANT not in shown
            assert OTHER_GROUP not in shown
            assert len(_FENCE.findall(shadow(shown))) == 2 * _sources(prompt)
        routed = self.world.audited(self.asker.tenant_id, "prompt_routed")[-2:]
        assert {facts["route"] for facts in routed} == {expected.value}


def _as_labels_say(answer: Answer) -> Route:
    """Return the route that the sources' labels ask for; every question and earlier turn here is harmless.

    A source that keeps a prompt inside may be too long for the local model; it is in the reasons alone then.
    """
    left_out = any(reason.origin is Origin.CHUNK for reason in answer.reasons)
    harmless = all(source.hit.label.harmless for source in answer.sources)
    return Route.CLOUD if harmless and not left_out else Route.LOCAL


def _sources(prompt: Prompt) -> int:
    return sum(part.origin.value == "chunk" for part in prompt.parts)


def attack(text: str, *, counts: Counter[str]) -> None:
    """Plant one attack in every place that a text can come from, and ask in every state of the labels."""
    attacked = Attacked.of()
    attacked.counts = counts
    question, turn, name = text[:2_000].strip(), text[:3_900], text[:900].strip()
    attacked.ask(question, expected=Route.CLOUD)
    attacked.ask(history=[turn], expected=Route.CLOUD)
    document = attacked.plant(f"{TOPIC}.\n{text}\n{TOPIC}.")
    titled = attacked.plant(f"{TOPIC}: four euros.", title=name, file_name=f"{name}.txt")
    answer = attacked.ask(expected=Route.CLOUD)
    assert {document.id, titled.id} <= {source.hit.document_id for source in answer.sources}
    attacked.plant(f"{TOPIC}: SECRET-PII {IN_SCOPE_SENSITIVE}")
    attacked.ask(expected=Route.LOCAL)
    attacked.ask(question, history=[turn], expected=Route.LOCAL)
    attacked.ask(expected=Route.CLOUD, harmless_only=True)
    counts["attacks"] += 1
