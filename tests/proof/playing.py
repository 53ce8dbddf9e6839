"""Plays conversations on the stage and has every question judged."""

from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from ingestion.sensitivity import Category
from service.answering import Answer, Question, Restart, Turn
from service.errors import RingfenceError
from service.policy.access import ConversationId
from service.policy.routing import Route
from tests.proof.company import REDACTING
from tests.proof.faults import Effect
from tests.proof.judging import Outcome, Record, judge
from tests.proof.stage import Stage
from tests.proof.talking import Asked, Talk, talks

_PIECES_HEARD = 2
_NOTHING: frozenset[Category] = frozenset()


@dataclass(slots=True)
class _Memory:
    """What a conversation has come to: its id, or what the caller remembers; and what each answer was made of."""

    conversation: ConversationId | None = None
    history: tuple[Turn, ...] = ()
    carried: dict[UUID, frozenset[Category]] = field(default_factory=dict)


def play(
    stage: Stage, random: Random, *, count: int, only: tuple[str, ...] = (), until_violated: bool = False
) -> Record:
    """Have `count` conversations; return what was counted. `until_violated` ends at the first violation."""
    record = Record()
    for talk in talks(stage, random, count=count, only=only):
        memory = _Memory()
        for asked in talk.questions:
            _ask(stage, talk, asked, memory, random, record)
            if until_violated and record.violations:
                return record
    return record


def _ask(stage: Stage, talk: Talk, asked: Asked, memory: _Memory, random: Random, record: Record) -> None:
    before = stage.received()
    with asked.fault(stage, talk.tenant, random) as effect:
        answer, said, reason = _answered(stage, talk, _question(talk, asked, memory), asked)
    carried = _carried(stage, asked, answer, memory)
    outcome = Outcome(
        tenant=talk.tenant,
        fault=asked.fault_name,
        text=said,
        route=answer.route if answer else None,
        reason=reason,
        must_stay=_must_stay(talk, answer, effect, carried, memory),
        sees_board=talk.who == stage.board[talk.tenant],
        shown=frozenset(str(source.hit.document_id) for source in answer.sources) if answer else frozenset(),
    )
    judge(stage, outcome, [received.whole for received in stage.stand_in.received[before:]], record)
    _remember(talk, asked, answer, said, carried, memory)


def _question(talk: Talk, asked: Asked, memory: _Memory) -> Question:
    return Question(
        text=asked.text,
        harmless_only=asked.harmless_only,
        history=memory.history,
        conversation=memory.conversation,
        opens=talk.kept and memory.conversation is None,
    )


def _answered(stage: Stage, talk: Talk, question: Question, asked: Asked) -> tuple[Answer | None, str, str]:
    answering = stage.world.product.answering
    try:
        if not asked.stream:
            answer = answering.ask(talk.who, question)
            return answer, answer.text, answer.reasons[0].cause.value
        return _heard(answering.stream(talk.who, question), asked)
    except RingfenceError as error:
        return None, "", error.code


def _heard(pieces: Generator[str, None, Answer], asked: Asked) -> tuple[Answer | None, str, str]:
    said: list[str] = []
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            answer: Answer = end.value
            return answer, "".join(said) + answer.text, answer.reasons[0].cause.value
        except RingfenceError as error:
            return None, "".join(said), error.code
        said.append("" if isinstance(piece, Restart) else piece)
        if asked.hangs_up and len(said) == _PIECES_HEARD:
            pieces.close()
            return None, "".join(said), "client_gone"


def _carried(stage: Stage, asked: Asked, answer: Answer | None, memory: _Memory) -> frozenset[Category]:
    """Return what the prompt carried, by what its parts are by construction.

    Where the asker got no answer it is not known which sources the prompt held; the bytes tell then.
    """
    found = {asked.tells} if asked.tells else set[Category]()
    if answer is not None:
        sources = (stage.truth[source.hit.document_id].category for source in answer.sources)
        found |= {category for category in sources if category is not None}
        for turn in answer.context:
            found |= memory.carried.get(turn.id, _NOTHING)
    return frozenset(found)


def _must_stay(
    talk: Talk, answer: Answer | None, effect: Effect, carried: frozenset[Category], memory: _Memory
) -> bool:
    """Whether the prompt had to stay inside. What is hidden may leave where the tenant's policy says so.

    Where such a prompt was sent and answered locally in the end, or not at all, the bytes alone can tell.
    """
    hidden = talk.tenant == REDACTING and (answer is None or answer.redacted > 0 or answer.route is Route.LOCAL)
    left = carried - {Category.PII} if hidden else carried
    told_by_caller = any(turn.role == "assistant" for turn in memory.history)
    return effect.all_local or told_by_caller or bool(left)


def _remember(
    talk: Talk, asked: Asked, answer: Answer | None, said: str, carried: frozenset[Category], memory: _Memory
) -> None:
    if answer is None:
        return
    memory.carried[answer.id] = carried
    if talk.kept:
        memory.conversation = answer.conversation
    elif len(memory.history) < _PIECES_HEARD:
        memory.history = (Turn(role="user", text=asked.text), Turn(role="assistant", text=said or "…"))
