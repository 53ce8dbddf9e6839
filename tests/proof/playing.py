"""Plays conversations on the stage and has every question judged."""

from collections.abc import Generator
from random import Random

from service.answering import Answer, Question, Turn
from service.errors import RingfenceError
from service.policy.routing import Route
from tests.proof.company import canaries
from tests.proof.faults import Effect
from tests.proof.judging import Outcome, Record, judge
from tests.proof.stage import Stage
from tests.proof.talking import Asked, Talk, talks

_PIECES_HEARD = 2


def play(
    stage: Stage, random: Random, *, count: int, only: tuple[str, ...] = (), until_violated: bool = False
) -> Record:
    """Have `count` conversations; return what was counted. `until_violated` ends at the first violation."""
    record = Record()
    for talk in talks(stage, random, count=count, only=only):
        history: list[Turn] = []
        for asked in talk.questions:
            _ask(stage, talk, asked, history, random, record)
            if until_violated and record.violations:
                return record
    return record


def _ask(
    stage: Stage, talk: Talk, asked: Asked, history: list[Turn], random: Random, record: Record
) -> None:  # fmt: skip
    before = stage.received()
    with asked.fault(stage, talk.tenant, random) as effect:
        answer, said, reason = _answered(stage, talk, asked, tuple(history))
    sent = [received.whole for received in stage.stand_in.received[before:]]
    judge(
        stage,
        Outcome(
            tenant=talk.tenant,
            fault=asked.fault_name,
            text=said,
            route=answer.route if answer else None,
            reason=reason,
            must_stay=_must_stay(stage, asked, answer, effect, history),
            sees_board=talk.who == stage.board[talk.tenant],
            shown=frozenset(str(source.hit.document_id) for source in answer.sources) if answer else frozenset(),
        ),
        sent,
        record,
    )
    if answer is not None and random.random() < 0.5:
        history += [Turn(role="user", text=asked.text), Turn(role="assistant", text=said or "…")]


def _answered(stage: Stage, talk: Talk, asked: Asked, history: tuple[Turn, ...]) -> tuple[Answer | None, str, str]:
    question = Question(text=asked.text, history=history, harmless_only=asked.harmless_only)
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
            said.append(next(pieces))
        except StopIteration as end:
            answer: Answer = end.value
            return answer, "".join(said) + answer.text, answer.reasons[0].cause.value
        except RingfenceError as error:
            return None, "".join(said), error.code
        if asked.hangs_up and len(said) == _PIECES_HEARD:
            pieces.close()
            return None, "".join(said), "client_gone"


def _must_stay(stage: Stage, asked: Asked, answer: Answer | None, effect: Effect, history: list[Turn]) -> bool:
    """Whether the prompt had to stay inside, by what its parts are by construction.

    Where the asker got no answer it is not known which sources the prompt held; the bytes tell then.
    """
    if asked.tells or effect.all_local or any(turn.role == "assistant" for turn in history):
        return True
    if any(word in turn.text for turn in history for word in canaries(tuple(stage.truth.values()))):
        return True
    if answer is None or answer.route is Route.LOCAL:
        return False
    return any(stage.truth[source.hit.document_id].sensitive for source in answer.sources)
