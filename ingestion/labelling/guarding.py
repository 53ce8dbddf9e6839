"""Runs what may fail or hang under a deadline, so that neither a text nor a detector can stop the labeller."""

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Generic, TypeVar

import structlog

_LOG = structlog.get_logger()
_GRACE = 0.5
"""A process that was stopped finds its deadline passed when it goes on, and needs a moment to finish."""
_HANGS_BEFORE_OFF = 3

T = TypeVar("T")
Observer = Callable[[str, str], None]
"""Is told which detector did not answer, and how: `failed`, `timed_out`, `missing`."""


def unobserved(_: str, __: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[T]):
    """One thing to do for a text, under the name of who does it. After a `vital` one fails the rest is not tried."""

    name: str
    call: Callable[[], T]
    vital: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A step that gave nothing: `failed` when it raised, `timed_out` when it was left behind."""

    name: str
    how: str
    error: str | None = None

    @property
    def reason(self) -> str:
        """The code with which a label says so."""
        return f"detector_{self.how}:{self.name}"


@dataclass(slots=True, kw_only=True)
class _Errand(Generic[T]):
    """Steps on their way through a helper. Once abandoned, what still comes of them is nobody's business."""

    steps: Sequence[Step[T]]
    outcomes: list[T | Failure] = field(default_factory=list)
    done: threading.Lock = field(default_factory=threading.Lock)
    abandoned: bool = False
    back: threading.Event = field(default_factory=threading.Event)
    """Set once no thread is busy with it any more."""

    def run(self) -> None:
        for step in self.steps:
            outcome = _attempted(step)
            if self.abandoned:
                self.back.set()
                return
            self.outcomes.append(outcome)
            if step.vital and isinstance(outcome, Failure):
                break
        self.done.release()


class Guard:
    """Runs steps in a thread of its own, at most `seconds` for all steps of one text.

    A thread that does not come back is left behind and replaced. A detector three of whose threads still hang is not
    asked again: each of them may hold a core for ever. One that came back late, as all do where many callers load
    the lists at once, holds none. Threads are started when they are
    needed, in the process that needs them, so that a worker may fork after the labeller was made.
    """

    def __init__(self, *, seconds: float = 20.0, grace: float = _GRACE, observer: Observer = unobserved) -> None:
        self._seconds = seconds
        self._grace = grace
        self._observer = observer
        self._hangs: dict[str, tuple[threading.Event, ...]] = {}
        self._idle: deque[SimpleQueue[_Errand[object]]] = deque()
        self._process = os.getpid()

    def run(self, steps: Sequence[Step[T]]) -> list[T | Failure]:
        """Return, for each step that was tried, what it gave or how it failed; never raises for a step."""
        outcomes: list[T | Failure] = [
            Failure(name=step.name, how="timed_out", error="SwitchedOff") for step in steps if self._off(step)
        ]
        vital_off = any(step.vital for step in steps if self._off(step))
        waiting = [] if vital_off else [step for step in steps if not self._off(step)]
        while waiting:
            came = self._awaited(waiting)
            outcomes += came
            stopped = bool(came) and isinstance(came[-1], Failure) and waiting[len(came) - 1].vital
            waiting = [] if stopped else waiting[len(came) :]
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                self.report(outcome)
        return outcomes

    def report(self, failure: Failure) -> None:
        """Log a failure, with the kind of error but never its words, and count it."""
        _LOG.warning(f"detector_{failure.how}", detector=failure.name, error=failure.error)
        self._observer(failure.name, failure.how)

    def _off(self, step: Step[T]) -> bool:
        return len(self._hanging(step.name)) >= _HANGS_BEFORE_OFF

    def _hanging(self, name: str) -> tuple[threading.Event, ...]:
        return tuple(back for back in self._hangs.get(name, ()) if not back.is_set())

    def _awaited(self, steps: Sequence[Step[T]]) -> list[T | Failure]:
        """Return the outcomes up to the last step or the one that hangs, whose outcome is its failure."""
        errand = _Errand(steps=steps)
        errand.done.acquire()
        helper = self._helper()
        helper.put(errand)  # type: ignore[arg-type] # a helper asks nothing of what the steps give
        try:
            finished = errand.done.acquire(timeout=self._seconds) or errand.done.acquire(timeout=self._grace)
        except BaseException:  # the caller is being stopped: let the helper end by itself
            errand.abandoned = True
            helper.put(_LAST)
            raise
        if finished:
            self._idle.append(helper)
            return errand.outcomes
        errand.abandoned = True
        helper.put(_LAST)
        came = list(errand.outcomes)
        if len(came) == len(steps):
            return came
        hung = steps[len(came)].name
        self._hangs[hung] = (*self._hanging(hung), errand.back)
        if len(self._hangs[hung]) == _HANGS_BEFORE_OFF:
            _LOG.error("detector_switched_off", detector=hung)
        return [*came, Failure(name=hung, how="timed_out", error="DeadlinePassed")]

    def _helper(self) -> "SimpleQueue[_Errand[object]]":
        if self._process != os.getpid():
            self._idle, self._process = deque(), os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            inbox: SimpleQueue[_Errand[object]] = SimpleQueue()
            threading.Thread(target=_serve, args=(inbox,), name="labelling", daemon=True).start()
            return inbox


_LAST: _Errand[object] = _Errand(steps=())


def _serve(inbox: "SimpleQueue[_Errand[object]]") -> None:
    """Run errands until one tells that it is the last."""
    while (errand := inbox.get()) is not _LAST:
        errand.run()


def _attempted(step: Step[T]) -> T | Failure:
    try:
        return step.call()
    except BaseException as error:  # noqa: BLE001 - whatever it does, the text becomes unknown and the thread lives
        return Failure(name=step.name, how="failed", error=type(error).__name__)
