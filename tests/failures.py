"""Everything that can be wrong while a question is answered, how it is played, and what must come of it.

`python -m tests.failures > docs/failures.md` writes the page that people read.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from typing_extensions import override

from ingestion.labelling.labeller import RingfenceLabeller
from ingestion.labelling.normalising import Views
from ingestion.passage import Passage
from ingestion.sensitivity import Finding, Label
from service.adapters.memory.embedding import InMemoryEmbedder
from service.adapters.memory.index import InMemoryChunkIndex
from service.backends import BreakerRules, GuardedCloudModel, ReplicatedLocalModel, Watch
from service.documents import DocumentView
from service.errors import CloudModelError, Failure, PartUnavailableError
from service.policy.access import DocumentId, Role, Scope
from service.ports import Hit, Labeller, Point, Vector, Vectors
from service.product import Adapters
from tests.assembled import LearningLabeller, World, a_world
from tests.played import Moments, PlayedCloudModel, PlayedLocalModel
from tests.unit.ingestion.labelling.doubles import Calm, a_guard

PARKING = "Visitors park in the garage."
SALARY = "Salary of Quint: SECRET-PII."
ABOUT_PARKING = "Where do visitors park?"
ABOUT_SALARY = "Salary of Quint"
CANARY = b"SECRET"
LEFT_ALONE_SECONDS = 15
_RULES = BreakerRules(failures=3, seconds=LEFT_ALONE_SECONDS)


class Outcome(StrEnum):
    """What the asker gets. In none of them does a cloud answer for a local model."""

    LOCAL = "answered locally"
    UNAVAILABLE = "503 with Retry-After"
    BROKEN_OFF = "the stream ends with `error`"
    NOTHING = "nothing is found, no model is asked"


class FaultyLabeller(LearningLabeller):
    """The twin, until it crashes at texts that hold some words, or another labeller speaks in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.crashes_at: str | None = None
        self.instead: Labeller | None = None

    @override
    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        if self.crashes_at is not None and any(self.crashes_at in passage.text for passage in passages):
            raise RuntimeError
        if self.instead is not None:
            return self.instead.label_passages(passages, vectors, wanted=wanted)
        return super().label_passages(passages, vectors, wanted=wanted)


class HangingDetector:
    """A detector that does not come back in time."""

    name = "names"

    def findings(self, views: Views) -> tuple[Finding, ...]:
        """Wait for longer than anybody has patience."""
        assert views.original
        threading.Event().wait(1)
        return ()


class FaultyEmbedder(InMemoryEmbedder):
    """The twin, until it is broken."""

    broken = False

    @override
    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.broken:
            raise RuntimeError
        return super().embed(texts)


class EditableIndex(InMemoryChunkIndex):
    """The twin, whose payload anybody may edit by hand, and which may be down."""

    down = False

    @override
    def search(self, *, vector: Vector, scope: Scope, limit: int) -> tuple[Hit, ...]:
        if self.down:
            raise PartUnavailableError
        return super().search(vector=vector, scope=scope, limit=limit)

    def edit(self, document_id: DocumentId, change: Callable[[Point], Point]) -> None:
        """Change every point of a document, as whoever reaches the engine can."""
        for place, points in self.points.items():
            if place[1] == document_id:
                self.points[place] = tuple(map(change, points))

    def give(self, document_id: DocumentId, world: World, tenant: str) -> None:
        """Move a document's points to another tenant."""
        (owner,) = (one.id for one in world.database.tenants() if one.slug == tenant)
        (place,) = (place for place in self.points if place[1] == document_id)
        self.points[owner, document_id] = self.points.pop(place)


@dataclass(slots=True, kw_only=True)
class Stage:
    """A product with two documents, an asker, and everything that can be broken."""

    world: World
    labeller: FaultyLabeller
    embedder: FaultyEmbedder
    index: EditableIndex
    local: tuple[PlayedLocalModel, ...]
    cloud: PlayedCloudModel
    moments: Moments
    watches: tuple[Watch, ...]
    token: str
    parking: DocumentView
    salary: DocumentView
    before: list[str] = field(default_factory=list)
    """Questions asked before the one that counts."""


def a_stage() -> Stage:
    """Return a stage on which everything works: two local replicas, a cloud, an admin of tenant acme."""
    labeller, embedder, index, moments = FaultyLabeller(), FaultyEmbedder(), EditableIndex(), Moments()
    local, cloud = (PlayedLocalModel(), PlayedLocalModel()), PlayedCloudModel()
    watches = [Watch(f"played-{name}", rules=_RULES, now=moments) for name in ("1", "2", "cloud")]

    def adapted(twins: Adapters) -> Adapters:
        return replace(
            twins,
            embedder=embedder,
            local=ReplicatedLocalModel(local, watches[:2]),
            cloud=GuardedCloudModel(cloud, watches[2]),
        )

    world = a_world(labeller=labeller, index=index, adapted=adapted)
    who, token = world.person("acme")
    return Stage(
        world=world,
        labeller=labeller,
        embedder=embedder,
        index=index,
        local=local,
        cloud=cloud,
        moments=moments,
        watches=tuple(watches),
        token=token,
        parking=world.uploaded(who, PARKING),
        salary=world.uploaded(who, SALARY),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that is wrong, and what comes of it. `streamed` is the outcome of a stream where it differs.

    `reason` is the code that the answer's reasons, or the problem document, carry. `leaves` says that the cloud
    was sent a permitted prompt before it failed; everywhere else not one byte reaches it.
    """

    part: str
    broken: str
    why: str
    play: Callable[[Stage], None]
    outcome: Outcome
    streamed: Outcome | None = None
    reason: str = ""
    question: str = ABOUT_SALARY
    scope: str = "all"
    leaves: bool = False
    retry_after: int = 10

    @property
    def name(self) -> str:
        """A name for the test."""
        return f"{self.part}: {self.broken}"

    def expected(self, *, stream: bool) -> tuple[Outcome, str]:
        """Return the outcome and its reason."""
        if stream and self.streamed is not None:
            return self.streamed, self.reason
        if self.streamed is not None and self.outcome is Outcome.LOCAL:
            return self.outcome, "cloud_failed"
        return self.outcome, self.reason


def _local(failure: Failure, *, after: int = 0, retry_after: float | None = None) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        for model in stage.local:
            model.failure, model.pieces_first, model.retry_after = failure, after, retry_after

    return play


def _away(failure: Failure) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        for model in stage.local:
            model.away = failure

    return play


def _cloud(failure: Failure, *, after: int = 0, retry_after: float | None = None) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.cloud.failure, stage.cloud.pieces_first, stage.cloud.retry_after = failure, after, retry_after

    return play


def _both(*plays: Callable[[Stage], None]) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        for one in plays:
            one(stage)

    return play


def _asked_before(times: int, question: str) -> Callable[[Stage], None]:
    return lambda stage: stage.before.extend([question] * times)


def _labeller_crashes(words: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.labeller.crashes_at = words

    return play


def _labeller_hangs(stage: Stage) -> None:
    stage.labeller.instead = RingfenceLabeller(
        (HangingDetector(),), Calm(), version=stage.labeller.version, guard=a_guard()
    )


def _embedder_breaks(stage: Stage) -> None:
    stage.embedder.broken = True


def _index_down(stage: Stage) -> None:
    stage.index.down = True


def _labels_edited(stage: Stage) -> None:
    stage.index.edit(stage.salary.id, lambda point: replace(point, harmless=True, categories=frozenset()))


def _groups_edited(stage: Stage) -> None:
    who, _ = stage.world.person("acme")
    board = stage.world.uploaded(who, "The board meets in Lyon.", groups=frozenset({"board"}))
    _, stage.token = stage.world.person("acme", Role.READER)
    stage.index.edit(board.id, lambda point: replace(point, groups=frozenset()))


def _tenant_edited(stage: Stage) -> None:
    _, stage.token = stage.world.person("lakeside")
    stage.index.give(stage.parking.id, stage.world, "lakeside")


def _document_edited(stage: Stage) -> None:
    stage.index.edit(stage.parking.id, lambda point: replace(point, document_id=stage.salary.id))


def _ordinal_edited(stage: Stage) -> None:
    stage.index.edit(stage.parking.id, lambda point: replace(point, ordinal=7))


def _row_missing(stage: Stage) -> None:
    who, _ = stage.world.person("acme")
    with stage.world.database.transaction(who.tenant_id) as transaction:
        transaction.chunks.replace(stage.parking.id, ())


def _one_replica(failure: Failure | None, away: Failure | None) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.local[0].failure, stage.local[0].away = failure, away

    return play


def _cloud_failed_before(times: int, *, retry_after: float | None = None) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        for _ in range(times):
            stage.watches[2].failed(CloudModelError(how=Failure.RATE_LIMITED, retry_after=retry_after))

    return play


_LABELLER = (
    Row(
        part="labeller",
        broken="down",
        why="A question that nobody could examine is unknown, and unknown is sensitive.",
        play=_labeller_crashes(""),
        outcome=Outcome.LOCAL,
        reason="unknown",
        question=ABOUT_PARKING,
    ),
    Row(
        part="labeller",
        broken="slow",
        why="A detector that misses its deadline has examined nothing; nobody waits for it in vain.",
        play=_labeller_hangs,
        outcome=Outcome.LOCAL,
        reason="unknown",
        question=ABOUT_PARKING,
    ),
    Row(
        part="labeller",
        broken="crashes after the question, before the second scan",
        why="The bytes about to leave are scanned once more; without that scan there is no permit.",
        play=_labeller_crashes("<source"),
        outcome=Outcome.LOCAL,
        reason="egress_scan",
        question=ABOUT_PARKING,
    ),
    Row(
        part="labeller",
        broken="of a newer version than the labels",
        why="A label that another version gave vouches for nothing until it is renewed.",
        play=lambda stage: stage.labeller.learn(),
        outcome=Outcome.LOCAL,
        reason="stale_label",
        question=ABOUT_PARKING,
    ),
    Row(
        part="embedder",
        broken="down",
        why="Without a vector nothing can be found, so there is nothing to answer from.",
        play=_embedder_breaks,
        outcome=Outcome.UNAVAILABLE,
        reason="part_unavailable",
        question=ABOUT_PARKING,
    ),
)
_STORES = (
    Row(
        part="Qdrant",
        broken="down",
        why="Nothing can be found; the asker is told to come back.",
        play=_index_down,
        outcome=Outcome.UNAVAILABLE,
        reason="part_unavailable",
        question=ABOUT_PARKING,
    ),
    Row(
        part="Qdrant",
        broken="labels of a sensitive chunk edited to harmless",
        why="The route follows the labels in SQL; those in the index only narrow the search.",
        play=_labels_edited,
        outcome=Outcome.LOCAL,
        reason="sensitive",
    ),
    Row(
        part="Qdrant",
        broken="the same, asked for harmless chunks only",
        why="SQL says once more that the chunk is not harmless, and it is dropped.",
        play=_labels_edited,
        outcome=Outcome.NOTHING,
        reason="no_sources",
        scope="non_sensitive",
    ),
    Row(
        part="Qdrant",
        broken="groups of a document edited away",
        why="Who may see a document is asked in SQL again.",
        play=_groups_edited,
        outcome=Outcome.NOTHING,
        reason="no_sources",
        question="Lyon board",
    ),
    Row(
        part="Qdrant",
        broken="points moved to another tenant",
        why="SQL has no such row for that tenant, so the hit is dropped.",
        play=_tenant_edited,
        outcome=Outcome.NOTHING,
        reason="no_sources",
        question=ABOUT_PARKING,
    ),
    Row(
        part="Qdrant",
        broken="document id edited to that of a sensitive document",
        why="The text that is shown and the label that counts come from the same row.",
        play=_document_edited,
        outcome=Outcome.LOCAL,
        reason="sensitive",
        question=ABOUT_PARKING,
    ),
    Row(
        part="Qdrant",
        broken="ordinal edited to one that does not exist",
        why="A hit without a row is dropped.",
        play=_ordinal_edited,
        outcome=Outcome.NOTHING,
        reason="no_sources",
        question=ABOUT_PARKING,
    ),
    Row(
        part="SQL",
        broken="row of a chunk missing",
        why="SQL is the truth: what has no row does not exist, whatever the index holds.",
        play=_row_missing,
        outcome=Outcome.NOTHING,
        reason="no_sources",
        question=ABOUT_PARKING,
    ),
)
_LOCAL = (
    *(
        Row(
            part="local model",
            broken=broken,
            why=why,
            play=_away(failure),
            outcome=Outcome.UNAVAILABLE,
            reason=failure.value,
        )
        for failure, broken, why in (
            (Failure.UNREACHABLE, "down", "A sensitive prompt has nowhere else to go."),
            (Failure.WRONG_MODEL, "another model behind the address", "Its name is checked before anything is sent."),
            (
                Failure.WRONG_CONFIGURATION,
                "another quantisation, data type or version",
                "The server's fingerprint is not the pinned one.",
            ),
            (Failure.DRIFTED, "other weights under the pinned name", "It answers the fixed question differently."),
            (Failure.NOT_PINNED, "declared but never pinned", "A declaration alone proves nothing."),
        )
    ),
    Row(
        part="local model",
        broken="slow",
        why="Nobody waits longer than the limit, and being late is no reason to leave the building.",
        play=_local(Failure.TIMED_OUT),
        outcome=Outcome.UNAVAILABLE,
        reason="timed_out",
    ),
    Row(
        part="local model",
        broken="overloaded, and says for how long",
        why="Its own wait is passed on to the asker.",
        play=_local(Failure.OVERLOADED, retry_after=40),
        outcome=Outcome.UNAVAILABLE,
        reason="overloaded",
        retry_after=40,
    ),
    Row(
        part="local model",
        broken="answers cannot be understood",
        why="Half-understood is not answered.",
        play=_local(Failure.MALFORMED),
        outcome=Outcome.UNAVAILABLE,
        reason="malformed",
    ),
    Row(
        part="local model",
        broken="dies in the middle of an answer",
        why="What was shown is not begun anew in silence; the stream says that it broke.",
        play=_local(Failure.BROKE_OFF, after=1),
        outcome=Outcome.UNAVAILABLE,
        streamed=Outcome.BROKEN_OFF,
        reason="broke_off",
    ),
    Row(
        part="local model",
        broken="changed its configuration since it was checked",
        why="Every answer carries the fingerprint of who made it; a stream carries it at its end.",
        play=_local(Failure.WRONG_CONFIGURATION, after=3),
        outcome=Outcome.UNAVAILABLE,
        streamed=Outcome.BROKEN_OFF,
        reason="wrong_configuration",
    ),
    Row(
        part="local model",
        broken="failed several times in a row",
        why="It is left alone, and the asker is told how long that lasts.",
        play=_both(_local(Failure.TIMED_OUT), _asked_before(3, ABOUT_SALARY)),
        outcome=Outcome.UNAVAILABLE,
        reason="circuit_open",
        retry_after=LEFT_ALONE_SECONDS,
    ),
    Row(
        part="local model",
        broken="one replica down",
        why="Another replica answers.",
        play=_one_replica(None, Failure.UNREACHABLE),
        outcome=Outcome.LOCAL,
        reason="sensitive",
    ),
    Row(
        part="local model",
        broken="one replica fails before its first token",
        why="The next replica is tried, once.",
        play=_one_replica(Failure.BROKE_OFF, None),
        outcome=Outcome.LOCAL,
        reason="sensitive",
    ),
)
_CLOUD = (
    *(
        Row(
            part="cloud model",
            broken=broken,
            why=why,
            play=_cloud(failure),
            outcome=Outcome.LOCAL,
            reason="cloud_failed",
            question=ABOUT_PARKING,
            leaves=True,
        )
        for failure, broken, why in (
            (Failure.UNREACHABLE, "down", "The local model answers instead; that way round is always allowed."),
            (Failure.TIMED_OUT, "slow", "Nobody waits longer than the limit."),
            (Failure.RATE_LIMITED, "rate-limited", "The local model has no such limit."),
            (Failure.OVERLOADED, "overloaded", "The local model answers instead."),
            (Failure.ANSWER_REFUSED, "refuses to answer", "A refusal is no answer."),
            (Failure.MALFORMED, "answers cannot be understood", "Half-understood is not answered."),
            (Failure.HTTP_STATUS, "redirects", "Permitted bytes go to one address and follow nobody."),
            (Failure.WRONG_MODEL, "another model than the pinned one answers", "What it says is not shown."),
        )
    ),
    *(
        Row(
            part="cloud model",
            broken=broken,
            why=why,
            play=_cloud(failure, after=after),
            outcome=Outcome.LOCAL,
            streamed=Outcome.BROKEN_OFF,
            reason=failure.value,
            question=ABOUT_PARKING,
            leaves=True,
        )
        for failure, after, broken, why in (
            (Failure.TRUNCATED, 3, "cuts its answer short", "A stream says so; otherwise the local model answers."),
            (Failure.MALFORMED, 1, "sends malformed events", "A stream says so; otherwise the local model answers."),
            (Failure.UNREACHABLE, 1, "cut in mid-stream", "What was shown is not begun anew in silence."),
        )
    ),
    Row(
        part="cloud model",
        broken="failed several times in a row",
        why="It is left alone: nothing is sent to it, and nobody waits for it.",
        play=_cloud_failed_before(3),
        outcome=Outcome.LOCAL,
        reason="cloud_unavailable",
        question=ABOUT_PARKING,
    ),
    Row(
        part="cloud model",
        broken="rate-limited a moment ago",
        why="It asked for a wait and gets it, from the first time on.",
        play=_cloud_failed_before(1, retry_after=30),
        outcome=Outcome.LOCAL,
        reason="cloud_unavailable",
        question=ABOUT_PARKING,
    ),
    Row(
        part="cloud model",
        broken="down, and the local model too",
        why="Nothing is left that may answer.",
        play=_both(_cloud(Failure.UNREACHABLE), _away(Failure.UNREACHABLE)),
        outcome=Outcome.UNAVAILABLE,
        reason="unreachable",
        question=ABOUT_PARKING,
        leaves=True,
    ),
)
ROWS = (*_LABELLER, *_STORES, *_LOCAL, *_CLOUD)
_PAGE = """# What happens when something fails

Every row is a test: `tests/privacy/test_failure_table.py` plays it and checks the outcome, whole and streamed. In
every row, also where it is not said: not one byte of a sensitive, unknown or stale text reaches the cloud, and the
cloud never answers in place of a local model. This page is written by `python -m tests.failures`.

"Answered locally" carries the reason among the answer's `reasons`. A 503 is a problem document with `Retry-After`,
`reason` and `retry_after`; a stream that has begun says the same in its last event, `error`.

| part | what is wrong | what the asker gets | reason | why |
|---|---|---|---|---|
{rows}

## Who goes away, who comes back

- A caller who disconnects closes the connection to the model; the model's count of answers under way goes down.
- A replica that failed before its first token is replaced once by the next; a prompt is sent to two at most.
- A model that failed three times in a row (`RINGFENCE_BREAKER_FAILURES`) is left alone for 15 seconds
  (`RINGFENCE_BREAKER_SECONDS`), or for as long as it asked; then one question is the trial. Each process counts for
  itself. `ringfence_breaker_state` and `ringfence_backend_failures_total` show it.
- A request may be sent again without harm: an answer changes nothing but the record of what was asked.

## What a local model is held to

Its name, always: in `/v1/models` and with every answer. With `RINGFENCE_LOCAL_MODEL_QUANTISATION` also the pin that
`ringfence models pin` recorded: the server's fingerprint, and the tokens and probabilities of its answer to a fixed
question. The fingerprint (vLLM's `system_fingerprint`) covers quantisation, data type, revision, path and version
and comes with every answer; the question is asked at the first look, every ten minutes
(`RINGFENCE_LOCAL_MODEL_PROBE_SECONDS`) and after each failure. Measured with SmolLM2-135M on vLLM 0.32: alone on the
server, bfloat16 repeats its 24 tokens and probabilities exactly, also after a restart and from another folder; beside
four other answers the mean difference is 0.014; float32 says another seventh token and has another fingerprint.
`ringfence models check` asks every server now.
"""


def page() -> str:
    """Return the table as a page."""
    return _PAGE.format(rows="\n".join(map(_line, ROWS)))


def _line(row: Row) -> str:
    gets = row.outcome.value if row.streamed is None else f"{row.outcome.value}; {row.streamed.value}"
    return f"| {row.part} | {row.broken} | {gets} | `{row.reason}` | {row.why} |"


if __name__ == "__main__":
    sys.stdout.write(page())
