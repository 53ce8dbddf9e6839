"""Labels that were worked out before, under keyed hashes: per tenant, per labeller version, never a text."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingestion.passage import Passage
from ingestion.sensitivity import Label
from service.metrics import LABEL_CACHE
from service.policy.access import TenantId
from service.ports import KeyStore, Labeller, Vectors
from service.sealing import Key

_PURPOSE = "label-cache"
_FAILED = ("detector_failed:", "detector_timed_out:", "no_vector")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Which label is meant: HMAC-SHA-256 with the tenant's key over a text and all that its label depends on.

    The tenant stands in it by itself as well, so that not even two tenants with one key share an entry.
    """

    tenant_id: TenantId
    labeller_version: str
    digest: str


class LabelCache:
    """The most recently used labels of one process, each for a while. Holds no text and outlives no restart.

    `size` bounds labels and their findings together, so that labels with many findings push out more.
    """

    def __init__(self, *, size: int, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._seconds = seconds
        self._now = now
        self._known: OrderedDict[Fingerprint, tuple[float, Label]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def get(self, fingerprint: Fingerprint) -> Label | None:
        """Return the label, None where it is unknown or too old."""
        with self._lock:
            until, label = self._known.get(fingerprint, (0.0, None))
            if label is not None and until <= self._now():
                self._drop(fingerprint)
                label = None
            if label is not None:
                self._known.move_to_end(fingerprint)
        return label

    def put(self, fingerprint: Fingerprint, label: Label) -> None:
        """Remember a label, unless it is one of another version or only says that something failed."""
        if label.labeller_version != fingerprint.labeller_version or owes_to_failure(label):
            return
        with self._lock:
            self._drop(fingerprint)
            self._known[fingerprint] = (self._now() + self._seconds, label)
            self._held += _weight(label)
            while self._held > self._size:
                self._drop(next(iter(self._known)))

    def __len__(self) -> int:
        return len(self._known)

    def _drop(self, fingerprint: Fingerprint) -> None:
        _, label = self._known.pop(fingerprint, (0.0, None))
        self._held -= _weight(label) if label is not None else 0


def _weight(label: Label) -> int:
    return 1 + len(label.findings)


def owes_to_failure(label: Label) -> bool:
    """Whether something failed when the label was made, so that it may be another the next time."""
    return any(reason.startswith(_FAILED) for reason in label.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantLabeller:
    """A labeller that remembers, for one tenant. It labels what it does not know and answers like the one inside."""

    tenant_id: TenantId
    key: Key = field(repr=False)
    inner: Labeller
    cache: LabelCache

    @property
    def version(self) -> str:
        """The version of the labeller inside."""
        return self.inner.version

    def label(self, texts: Sequence[str], vectors: Vectors | None) -> tuple[Label, ...]:
        """Label each text by itself, without remembering: the twin of a passage without surroundings."""
        return self.inner.label(texts, vectors)

    def known(self, passages: Sequence[Passage]) -> tuple[Label, ...]:
        """Return the labels of all passages of one text, or nothing where one of them is not remembered."""
        labels = tuple(label for one in self._fingerprints(passages) if (label := self.cache.get(one)) is not None)
        if len(labels) < len(passages):
            return ()
        LABEL_CACHE.labels(outcome="hit").inc(len(labels))
        return labels

    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        """Label the passages of one document; those that are remembered are not examined again."""
        fingerprints = self._fingerprints(passages)
        places = range(len(passages)) if wanted is None else wanted
        found = {place: self.cache.get(fingerprints[place]) for place in places}
        missing = [place for place, label in found.items() if label is None]
        LABEL_CACHE.labels(outcome="hit").inc(len(found) - len(missing))
        LABEL_CACHE.labels(outcome="miss").inc(len(missing))
        fresh = self.inner.label_passages(passages, vectors, wanted=missing) if missing else ()
        labels = found | dict(zip(missing, fresh, strict=True))
        for place in missing:
            label = labels[place]
            if label is not None:
                self.cache.put(fingerprints[place], label)
        return tuple(label for place in places if (label := labels[place]) is not None)

    def _fingerprints(self, passages: Sequence[Passage]) -> list[Fingerprint]:
        around = ["", *(passage.text for passage in passages), ""]
        return [
            Fingerprint(self.tenant_id, self.version, self.key.fingerprint(_spelled(passage, beside), purpose=_PURPOSE))
            for passage, *beside in zip(passages, around, around[2:], strict=False)
        ]


def _spelled(passage: Passage, beside: Sequence[str]) -> bytes:
    """Return everything that a label depends on, so that no two different passages are spelled alike."""
    parts = (
        *(passage.text, passage.before, passage.after, *beside),
        *(str(len(passage.name)), *passage.name, str(len(passage.over)), *passage.over),
        *(f"{cell.start} {cell.end} {cell.inline} {cell.column}" for cell in passage.cells),
    )
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(8) + part for part in encoded)


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberingLabellers:
    """Gives every tenant a labeller that remembers under that tenant's key."""

    labeller: Labeller
    keys: KeyStore
    cache: LabelCache

    @property
    def version(self) -> str:
        """The version of the labeller in force, whoever's labels are remembered."""
        return self.labeller.version

    def of(self, tenant_id: TenantId) -> TenantLabeller:
        """Return the tenant's labeller."""
        return TenantLabeller(
            tenant_id=tenant_id, key=self.keys.tenant_key(tenant_id), inner=self.labeller, cache=self.cache
        )
