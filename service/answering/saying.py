"""Stands between a model and the asker: restores values, stops watched spans, makes strange links text (R14, R19).

Everything a backend says passes here, streamed or whole; citations and the audit see what the asker saw.
"""

import hashlib
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ingestion.labelling.normalising import Views
from ingestion.labelling.patterns.credentials import CREDENTIALS
from ingestion.labelling.patterns.detector import PatternDetector, TooManyMatchesError
from service.auditing import entry
from service.canaries import Canaries
from service.metrics import ANSWERS_STOPPED
from service.policy import redaction
from service.policy.access import Principal, TenantId
from service.policy.output import CredentialWatch, ForeignWatch, LinkGuard, OutputFilter, Stop, shingles
from service.policy.prompt import Origin, Prompt
from service.policy.routing import Route
from service.ports import AuditEntry, Generation

NOTICE = "[The answer was stopped here: what follows held something that its sources do not show you.]"
STOPPED = "stopped"
"""How a generation ended that was not heard to its end. Streamed, its token counts are 0: nobody knows them."""
_PROMPTS = 64
_SECONDS = 300.0
_NOT_SHOWN_NOW = frozenset({Origin.INSTRUCTIONS, Origin.EARLIER_ANSWER})


class RecentlyShown:
    """Which words, three in a row, the last prompts of this process showed to models.

    Hashes under a key that this process made and never stores; each prompt's are forgotten after five minutes. They
    are never shown, only asked whether they hold some words. An erasure leaves them: what they keep from being said
    is just what was erased.
    """

    def __init__(
        self, *, prompts: int = _PROMPTS, seconds: float = _SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._key = secrets.token_bytes(32)
        self._seconds = seconds
        self._now = now
        self._shown: deque[tuple[float, frozenset[bytes]]] = deque(maxlen=prompts)
        self._lock = threading.Lock()

    def add(self, texts: Iterable[str]) -> None:
        """Remember what a model is about to be shown."""
        hashes = frozenset(self._hash(shingle) for text in texts for shingle in shingles(text))
        with self._lock:
            self._forget()
            self._shown.append((self._now() + self._seconds, hashes))

    def knows(self, shingle: str) -> bool:
        """Whether any of the last prompts showed these words."""
        hashed = self._hash(shingle)
        with self._lock:
            self._forget()
            return any(hashed in hashes for _, hashes in self._shown)

    def _forget(self) -> None:
        now = self._now()
        while self._shown and self._shown[0][0] <= now:
            self._shown.popleft()

    def _hash(self, shingle: str) -> bytes:
        return hashlib.blake2b(shingle.encode(), key=self._key, digest_size=8).digest()


class Saying:
    """One answer on its way to the asker."""

    def __init__(
        self,
        guard: OutputFilter,
        links: LinkGuard,
        restorer: redaction.Restorer | None,
        *,
        anew: Callable[[], tuple[OutputFilter, LinkGuard]],
    ) -> None:
        self._restorer = restorer
        self._filter = guard
        self._links = links
        self._anew = anew
        self._neutralised_again = 0

    @property
    def stopped(self) -> Stop | None:
        """Why the answer was stopped, if it was."""
        return self._filter.stopped

    @property
    def neutralised(self) -> int:
        """How many links were turned into text."""
        return self._links.neutralised + self._neutralised_again

    def of_stream(self, pieces: Generator[str, None, Generation], *, model: str) -> Generator[str, None, Generation]:
        """Yield what may be said of the pieces as soon as it may; after a stop the model is not heard any more."""
        with closing(pieces):
            while self.stopped is None:
                try:
                    said = self._fed(next(pieces))
                except StopIteration as end:
                    generation: Generation = end.value
                    yield from filter(None, (self._finished(),))
                    return generation if self.stopped is None else replace(generation, finish=STOPPED)
                yield from filter(None, (said,))
        yield self._finished()
        return Generation(model=model, input_tokens=0, output_tokens=0, finish=STOPPED)

    def of_whole(self, heard: tuple[str, Generation]) -> tuple[str, Generation]:
        """Return what may be said of an answer that came at once."""
        text, generation = heard
        said = self.of_text(text)
        return said, generation if self.stopped is None else replace(generation, finish=STOPPED)

    def of_text(self, text: str) -> str:
        """Return what may be said of a whole text."""
        return self._fed(text) + self._finished()

    def again(self, text: str) -> str:
        """Return what may be told of a text that passed and was changed: what stood apart may be joined now."""
        guard, links = self._anew()
        said = links.feed(guard.feed(text) + guard.finish()) + links.finish()
        self._neutralised_again += links.neutralised
        if guard.stopped is None:
            return said
        if self.stopped is None:
            self._filter = guard
            ANSWERS_STOPPED.labels(cause=guard.stopped.cause.value).inc()
        return f"{said}\n\n{NOTICE}"

    def _fed(self, piece: str) -> str:
        restored = piece if self._restorer is None else self._restorer.feed(piece)
        return self._links.feed(self._filter.feed(restored))

    def _finished(self) -> str:
        """Return what was held back and may be said, and the notice where it may not."""
        rest = "" if self._restorer is None else self._restorer.finish()
        said = self._links.feed(self._filter.feed(rest) + self._filter.finish()) + self._links.finish()
        if self.stopped is None:
            return said
        ANSWERS_STOPPED.labels(cause=self.stopped.cause.value).inc()
        return f"{said}\n\n{NOTICE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sayings:
    """Makes a `Saying` for every answer, before its model is asked: what cannot be watched is not said."""

    canaries: Canaries
    recent: RecentlyShown

    def of(self, prompt: Prompt, *, tenant_id: TenantId, values: redaction.Mapping | None = None) -> Saying:
        """Return what an answer to this prompt, as the asker's sources hold it, must pass. Raises PartUnavailableError.

        `values` are those of a redacted prompt.
        """
        shown = tuple(part.text for part in prompt.parts if part.origin not in _NOT_SHOWN_NOW)
        every = [part.text for part in prompt.parts]

        def anew() -> tuple[OutputFilter, LinkGuard]:
            canaries = self.canaries.watch(tenant_id, shown=shown)
            watches = (
                canaries,
                CredentialWatch(credentials_in, shown=shown),
                ForeignWatch(self.recent.knows, shown=every),
            )
            return OutputFilter(watches), LinkGuard(shown)

        guard, links = anew()
        self.recent.add(part.text for part in prompt.parts if part.origin is Origin.CHUNK)
        restorer = None if values is None else redaction.Restorer(values)
        return Saying(guard, links, restorer, anew=anew)


def stopping(stop: Stop, who: Principal, answer_id: UUID, *, route: Route, at: datetime) -> AuditEntry:
    """Return the entry of a stop: why, and which canary or kind of credential it was; never what was said."""
    facts = {"cause": stop.cause.value, "reference": stop.reference or None, "route": route.value}
    return entry(who.tenant_id, "answer_stopped", at=at, actor=who.key_id, subject=answer_id, facts=facts)


_DETECTOR = PatternDetector("credentials", CREDENTIALS)


def credentials_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the kind and span of every credential that the labeller's patterns find; all of it where they give up."""
    try:
        for finding in _DETECTOR.findings(Views.of(text)):
            yield finding.kind, finding.start, finding.end
    except TooManyMatchesError:
        yield "too_many_to_tell", 0, len(text)
