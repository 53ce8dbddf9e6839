"""Several servers of one local model as one: the least busy healthy one answers, and another if it does not begin."""

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from threading import Lock

from service.backends.choosing import Candidate, chosen
from service.backends.watching import Watch
from service.errors import BLAMELESS, Failure, LocalModelUnavailableError
from service.policy.prompt import Prompt
from service.ports.models import Generation, LocalModel

_LEFT_ALONE = "The local model failed a moment ago and is left alone for now. Nothing was sent elsewhere."


@dataclass(slots=True)
class _Attempt:
    """How far an answer came: which replicas failed, how many were sent the prompt, whether a piece was shown."""

    failed: set[int]
    sent: int = 0
    begun: bool = False


class ReplicatedLocalModel:
    """A local model on several servers, each with its breaker; all serve the same pinned model.

    A replica that fails before its first piece is replaced once by the next; after it the failure is the
    caller's to see: what was shown is never silently begun anew.
    """

    def __init__(self, replicas: Sequence[LocalModel], watches: Sequence[Watch]) -> None:
        if not replicas or len(replicas) != len(watches):
            message = "a local model has at least one replica, and each its watch"
            raise ValueError(message)
        self._replicas = tuple(replicas)
        self._watches = tuple(watches)
        self._lock = Lock()

    @property
    def name(self) -> str:
        """The pinned name that every replica must answer under."""
        return self._replicas[0].name

    def ready(self) -> bool:
        """Whether any replica may be asked and is what it should be."""
        return self.outage() is None

    def outage(self) -> LocalModelUnavailableError | None:
        """Return why no replica can be asked, with the shortest wait among them; None where one can."""
        found: list[LocalModelUnavailableError] = []
        for replica, watch in zip(self._replicas, self._watches, strict=True):
            if not watch.allows():
                continue
            why = replica.outage()
            if why is None:
                return None
            # Health says nothing good about answers, so it never closes a breaker; but it may open one.
            watch.seen_away(why)
            found.append(why)
        return found[0] if found else self._left_alone()

    def stream(self, prompt: Prompt) -> Generator[str, None, Generation]:
        """Yield pieces of the answer; return how it ended. Raises LocalModelUnavailableError."""
        attempt = _Attempt(failed=set())
        while True:
            place = self._take(attempt.failed)
            try:
                with self._watches[place].answering():
                    self._check(place)
                    attempt.sent += 1
                    return (yield from _noted(self._replicas[place].stream(prompt), attempt))
            except LocalModelUnavailableError as error:
                self._give_up_or_go_on(attempt, place, error)

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Return the whole answer at once. Raises LocalModelUnavailableError."""
        attempt = _Attempt(failed=set())
        while True:
            place = self._take(attempt.failed)
            try:
                with self._watches[place].answering():
                    self._check(place)
                    attempt.sent += 1
                    return self._replicas[place].generate(prompt)
            except LocalModelUnavailableError as error:
                self._give_up_or_go_on(attempt, place, error)

    def _take(self, without: Collection[int]) -> int:
        """Choose a replica and begin an answer on it, in one step. Raises LocalModelUnavailableError."""
        with self._lock:
            candidates = [Candidate(outstanding=watch.outstanding, alive=watch.allows()) for watch in self._watches]
            place = chosen(candidates, without=without)
            if place is None or not self._watches[place].enter():
                raise self._left_alone()
            return place

    def _check(self, place: int) -> None:
        why = self._replicas[place].outage()
        if why is not None:
            raise why

    def _give_up_or_go_on(self, attempt: _Attempt, place: int, error: LocalModelUnavailableError) -> None:
        """Return where another replica may try, else raise the error. A prompt is sent twice at most."""
        attempt.failed.add(place)
        others = any(watch.allows() for other, watch in enumerate(self._watches) if other not in attempt.failed)
        if attempt.begun or attempt.sent > 1 or error.how in BLAMELESS or not others:
            raise error

    def _left_alone(self) -> LocalModelUnavailableError:
        wait = min(watch.wait() for watch in self._watches)
        return LocalModelUnavailableError(_LEFT_ALONE, how=Failure.CIRCUIT_OPEN, retry_after=wait)


def _noted(pieces: Generator[str, None, Generation], attempt: _Attempt) -> Generator[str, None, Generation]:
    """Pass the pieces on, noting that the answer began."""
    try:
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                generation: Generation = end.value
                return generation
            attempt.begun = True
            yield piece
    finally:
        pieces.close()
