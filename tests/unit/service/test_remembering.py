"""Labels are remembered per tenant and labeller version, by keyed hash, for a while (R7)."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from typing_extensions import override

from ingestion.passage import Cell, Passage
from ingestion.sensitivity import Category, Finding, Label, Verdict
from service.adapters.memory.embedding import InMemoryEmbedder, InMemoryTokenizer
from service.adapters.memory.keeping import InMemoryKeyStore
from service.adapters.memory.labelling import InMemoryLabeller
from service.labels import Labels
from service.metrics import LABEL_CACHE
from service.policy.access import TenantId
from service.ports import KeyStore, Vectors
from service.remembering import Fingerprint, LabelCache, RememberingLabellers
from service.sealing import Key

ONE, OTHER = TenantId(UUID(int=1)), TenantId(UUID(int=2))
QUESTION = "When does the cafeteria open?"


@dataclass(slots=True)
class Clock:
    """A monotonic clock that moves only when told."""

    time: float = 0.0

    def __call__(self) -> float:
        return self.time


class CountingLabeller(InMemoryLabeller):
    """Notes which texts it was asked to label, and says that it failed where it is told to."""

    def __init__(self, version: str = "memory-1", *, reason: str | None = None) -> None:
        super().__init__(version)
        self.reason = reason
        self.asked: list[str] = []

    @override
    def label_passages(
        self, passages: Sequence[Passage], vectors: Vectors | None, *, wanted: Sequence[int] | None = None
    ) -> tuple[Label, ...]:
        self.asked += [passages[place].text for place in (range(len(passages)) if wanted is None else wanted)]
        if self.reason is not None:
            return tuple(Label.unknown(self.reason, version=self.version) for _ in (wanted or passages))
        return super().label_passages(passages, vectors, wanted=wanted)


class CountingEmbedder(InMemoryEmbedder):
    """Notes what it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    @override
    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return super().embed(texts)


class OneKeyForAll(InMemoryKeyStore):
    """A key store in which two tenants have the same key, as after a mistake in a restored backup."""

    _key = Key.fresh()

    @override
    def tenant_key(self, tenant_id: TenantId) -> Key:
        return self._key


@dataclass(slots=True)
class Bench:
    """Labels around parts that count."""

    keys: KeyStore = field(default_factory=InMemoryKeyStore)
    labeller: CountingLabeller = field(default_factory=CountingLabeller)
    embedder: CountingEmbedder = field(default_factory=CountingEmbedder)
    clock: Clock = field(default_factory=Clock)
    size: int = 100
    cache: LabelCache = field(init=False)
    labels: Labels = field(init=False)

    def __post_init__(self) -> None:
        self.cache = LabelCache(size=self.size, seconds=60, now=self.clock)
        self.labels = Labels(
            embedder=self.embedder,
            tokenizer=InMemoryTokenizer(),
            labellers=RememberingLabellers(labeller=self.labeller, keys=self.keys, cache=self.cache),
        )

    def asked_again(self, *, tenant_id: TenantId = ONE) -> int:
        """Ask for the label of the question and return how often the labeller was asked for it by then."""
        self.labels.of((QUESTION,), tenant_id=tenant_id)
        return len(self.labeller.asked)


def a_fingerprint(number: int = 0, *, tenant_id: TenantId = ONE) -> Fingerprint:
    """Return a fingerprint like no other number's."""
    return Fingerprint(tenant_id, "memory-1", str(number))


def a_label(*, findings: int = 0) -> Label:
    """Return a label with so many findings."""
    found = Finding(category=Category.PII, kind="email", start=0, end=1, confidence=1.0, detector="memory")
    verdict = Verdict.SENSITIVE if findings else Verdict.HARMLESS
    categories = frozenset({Category.PII}) if findings else frozenset[Category]()
    return Label(verdict=verdict, labeller_version="memory-1", categories=categories, findings=(found,) * findings)


def test_a_text_that_comes_back_is_neither_labelled_nor_embedded_again() -> None:
    """R7: the scan at the egress of a question that was asked before costs nothing."""
    bench = Bench()

    first = bench.labels.of((QUESTION, "SECRET-PII"), tenant_id=ONE)
    again = bench.labels.of((QUESTION, "SECRET-PII"), tenant_id=ONE)

    assert first == again
    assert first.categories == {Category.PII}
    assert bench.labeller.asked == [QUESTION, "SECRET-PII"]
    assert bench.embedder.texts == [QUESTION, "SECRET-PII"]


def test_a_question_is_embedded_for_retrieval_but_labelled_once() -> None:
    bench = Bench()
    for _ in range(2):
        label, vector = bench.labels.of_question(QUESTION, tenant_id=ONE)
        assert label.harmless
        assert len(vector) == bench.embedder.dimensions

    assert bench.labeller.asked == [QUESTION]


@pytest.mark.parametrize("keys", [InMemoryKeyStore(), OneKeyForAll()], ids=["two keys", "the same key by mistake"])
def test_two_tenants_never_share_a_label(keys: KeyStore) -> None:
    """R7: the same text of two tenants is worked out twice, whatever happened to their keys."""
    bench = Bench(keys=keys)

    assert bench.asked_again(tenant_id=ONE) == 1
    assert bench.asked_again(tenant_id=OTHER) == 2
    assert bench.asked_again(tenant_id=ONE) == 2


def test_what_is_kept_of_a_text_differs_between_tenants() -> None:
    """R7: a hash without a key would tell one tenant's texts to who knows another's."""
    bench = Bench()
    bench.asked_again(tenant_id=ONE)
    bench.asked_again(tenant_id=OTHER)
    one, other = bench.cache._known  # noqa: SLF001 - what is kept is what is tested

    assert one.digest != other.digest
    assert QUESTION not in repr(bench.cache._known)  # noqa: SLF001 - see above


def test_another_labeller_version_knows_nothing() -> None:
    """R7: a new release labels everything anew."""
    bench = Bench()
    bench.asked_again()
    bench.labeller._version = "memory-2"  # noqa: SLF001 - a new release of the labeller

    assert bench.asked_again() == 2


@pytest.mark.parametrize("reason", ["detector_failed:names", "detector_timed_out:heads", "no_vector"])
def test_a_label_that_came_from_a_failure_is_not_remembered(reason: str) -> None:
    """R5, R7: what failed once may not keep a text local for an hour, nor hide that it fails still."""
    bench = Bench(labeller=CountingLabeller(reason=reason))

    assert [bench.asked_again(), bench.asked_again()] == [1, 2]
    assert len(bench.cache) == 0


def test_a_doubt_of_a_labeller_that_works_is_remembered() -> None:
    bench = Bench(labeller=CountingLabeller(reason="uncertain:clinical"))

    assert [bench.asked_again(), bench.asked_again()] == [1, 1]


def test_the_instructions_label_is_remembered_unless_it_came_from_a_failure() -> None:
    broken = Bench(labeller=CountingLabeller(reason="detector_failed:names"))
    sound = Bench()
    for bench in (broken, sound):
        bench.labels.of_constant("Answer from the sources.")
        bench.labels.of_constant("Answer from the sources.")

    assert len(broken.labeller.asked) == 2
    assert len(sound.labeller.asked) == 1


def test_a_label_is_forgotten_after_a_while() -> None:
    bench = Bench()
    bench.asked_again()
    bench.clock.time = 59.9
    assert bench.asked_again() == 1
    bench.clock.time = 60.1
    assert bench.asked_again() == 2
    assert len(bench.cache) == 1


def test_the_least_recently_used_makes_room() -> None:
    cache = LabelCache(size=2, seconds=60)
    for number in (0, 1):
        cache.put(a_fingerprint(number), a_label())
    assert cache.get(a_fingerprint(0))
    cache.put(a_fingerprint(2), a_label())

    assert [cache.get(a_fingerprint(number)) is not None for number in range(3)] == [True, False, True]


def test_findings_take_room_too() -> None:
    cache = LabelCache(size=10, seconds=60)
    cache.put(a_fingerprint(0), a_label())
    cache.put(a_fingerprint(1), a_label(findings=9))
    assert len(cache) == 1
    cache.put(a_fingerprint(2), a_label(findings=10))

    assert len(cache) == 0


def test_a_cache_of_no_size_remembers_nothing() -> None:
    bench = Bench(size=0)

    assert [bench.asked_again(), bench.asked_again()] == [1, 2]


def test_threads_leave_the_cache_within_its_bounds() -> None:
    cache = LabelCache(size=50, seconds=60)

    def use(offset: int) -> None:
        for number in range(2_000):
            cache.put(a_fingerprint((number * 7 + offset) % 120), a_label(findings=number % 3))
            cache.get(a_fingerprint(number % 120))

    threads = [threading.Thread(target=use, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    held = sum(1 + len(label.findings) for _, label in cache._known.values())  # noqa: SLF001 - the bound itself
    assert held == cache._held <= 50  # noqa: SLF001 - see above


CONTEXTS = [
    Passage(text="some words", before="a "),
    Passage(text="some words", after=" a"),
    Passage(text="some words", name=("a",)),
    Passage(text="some words", over=("a",)),
    Passage(text="some words", over=("a", "b")),
    Passage(text="some words", cells=(Cell(start=0, end=4, column="a"),)),
    Passage(text="some words", cells=(Cell(start=0, end=4, column="a", inline=True),)),
]


@pytest.mark.parametrize("passage", CONTEXTS)
def test_a_text_in_another_context_is_another_text(passage: Passage) -> None:
    """R7: what a label depends on is part of what it is remembered under."""
    bench = Bench()
    labeller = bench.labels.labellers.of(ONE)
    others = [one for one in (Passage(text="some words"), *CONTEXTS) if one != passage]
    for other in others:
        labeller.label_passages([other], None)
    before = len(bench.labeller.asked)
    labeller.label_passages([passage], None)

    assert len(bench.labeller.asked) == before + 1


def test_a_chunk_beside_another_neighbour_is_labelled_anew_and_its_own_neighbours_are_not() -> None:
    """R7: at a repeated ingestion only what was changed, and what lies beside it, is examined."""
    bench = Bench()
    labeller = bench.labels.labellers.of(ONE)
    passages = [Passage(text=text) for text in ("one", "two", "three", "four", "five")]
    vectors = bench.embedder.embed([passage.text for passage in passages])
    labeller.label_passages(passages, vectors)
    bench.labeller.asked.clear()
    labeller.label_passages([Passage(text="ONE"), *passages[1:]], vectors)

    assert bench.labeller.asked == ["ONE", "two"]


def test_hits_and_misses_are_counted() -> None:
    def counted(outcome: str) -> float:
        samples = next(iter(LABEL_CACHE.collect())).samples
        return sum(one.value for one in samples if one.name.endswith("_total") and one.labels["outcome"] == outcome)

    bench, hits, misses = Bench(), counted("hit"), counted("miss")
    for _ in range(3):
        bench.asked_again()

    assert (counted("hit") - hits, counted("miss") - misses) == (2, 1)
