"""What can go wrong while a question is asked. Each fault is entered before the question and left after it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from ingestion.sensitivity import Label, Verdict
from service.answering.asking import Answering
from service.answering.planning import Planner
from service.policy.access import DocumentId, TenantId
from service.policy.providers import Attestation
from service.ports import ChunkRecord, Point
from service.retrieval import Retriever
from tests.proof.stage import Stage
from tests.standin.faults import Fault as CloudFault
from tests.terms import expiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a fault means for the truth: after some, nothing can be proved harmless, so all must stay local."""

    all_local: bool = False


Fault = Callable[[Stage, str, Random], AbstractContextManager[Effect]]


@contextmanager
def none(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Let nothing go wrong."""
    del stage, tenant, random
    yield Effect()


@contextmanager
def labeller_down(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Know nothing of any text."""
    del tenant, random
    # A version of its own, so that nothing remembered from better days is believed to be said now.
    stage.labeller.knows_nothing = True
    stage.labeller.become("down")
    try:
        yield Effect(all_local=True)
    finally:
        stage.labeller.knows_nothing = False
        stage.labeller.become()


@contextmanager
def stale_labels(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have every stored label come from another version than the one in force."""
    del tenant, random
    stage.labeller.become("next")
    try:
        yield Effect(all_local=True)
    finally:
        stage.labeller.become()


@contextmanager
def payload_edited(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have somebody write into the index, in every space, that chunks are harmless and for everyone, and whose."""
    del random
    before = {space: dict(space.points) for space in stage.world.index.spaces.values()}
    for space, stored in before.items():
        space.points = {
            (stage.staff[tenant].tenant_id, document): tuple(map(_for_everyone, points))
            for (_, document), points in stored.items()
        }
    try:
        yield Effect()
    finally:
        for space, stored in before.items():
            space.points = stored


@contextmanager
def label_forged(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have somebody write into SQL that a sensitive chunk is harmless: only the scan of what leaves can know."""
    document = _one(stage, tenant, random, sensitive=True)
    forge = partial(_harmless, version=stage.labeller.version)
    with _rewritten(stage, stage.staff[tenant].tenant_id, document, forge):
        yield Effect()


@contextmanager
def row_missing(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have a document's chunks vanish from SQL while their points stay in the index."""
    document = _one(stage, tenant, random)
    home = stage.staff[tenant].tenant_id
    before = _chunks(stage, home, document)
    _write(stage, home, document, ())
    try:
        yield Effect()
    finally:
        _write(stage, home, document, before)


@contextmanager
def raised_meanwhile(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have a reviewer raise every harmless chunk after it was retrieved and before the prompt leaves."""
    del random
    home = stage.staff[tenant].tenant_id
    documents = [one for one, planted in stage.planted(tenant) if not planted.sensitive]
    before = {one: _chunks(stage, home, one) for one in documents}

    def happen() -> None:
        for one in documents:
            _write(stage, home, one, _raised(before[one]))

    with _after_retrieval(happen):
        yield Effect(all_local=True)
    for one in documents:
        _write(stage, home, one, before[one])


@contextmanager
def erased_meanwhile(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have every document vanish after it was retrieved and before the prompt leaves."""
    del random
    home = stage.staff[tenant].tenant_id
    documents = [one for one, _ in stage.planted(tenant)]
    before = {one: _chunks(stage, home, one) for one in documents}

    def happen() -> None:
        for one in documents:
            _write(stage, home, one, ())

    with _after_retrieval(happen):
        yield Effect(all_local=True)
    for one in documents:
        _write(stage, home, one, before[one])


@contextmanager
def local_fails(stage: Stage, tenant: str, random: Random, *, how: str, to: bool) -> Iterator[Effect]:
    """Have the local model be down, break off in the middle, or repeat what it was shown for somebody else."""
    del tenant, random
    setattr(stage.local, how, to)
    try:
        yield Effect()
    finally:
        setattr(stage.local, how, not to)


@contextmanager
def attestation_expired(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have an attestation that all data needs be past its last day."""
    del tenant, random
    before = stage.world.register.rules.register
    yesterday = stage.world.clock.now().date() - timedelta(days=1)
    stage.world.register.hold(
        replace(before, providers=tuple(expiring(one, Attestation.DPA, yesterday) for one in before.providers))
    )
    try:
        yield Effect(all_local=True)
    finally:
        stage.world.register.hold(before)


@contextmanager
def terms_end_meanwhile(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have an operator withdraw the provider after retrieval and the decision, before the prompt leaves."""
    del tenant, random
    before = stage.world.register.rules.register
    with _after_the_decision(lambda: stage.world.register.hold(replace(before, providers=()))):
        yield Effect(all_local=True)
    stage.world.register.hold(before)


@contextmanager
def permit_grows_old(stage: Stage, tenant: str, random: Random) -> Iterator[Effect]:
    """Have a minute pass between the record of the decision and the moment of sending."""
    del tenant, random
    with _after_the_record(lambda: stage.world.clock.advance(60)):
        yield Effect(all_local=True)


@contextmanager
def cloud_fails(stage: Stage, tenant: str, random: Random, *, how: CloudFault) -> Iterator[Effect]:
    """Have the provider misbehave."""
    del tenant, random
    stage.stand_in.fault = how
    try:
        yield Effect()
    finally:
        stage.stand_in.fault = None


FAULTS: dict[str, Fault] = {
    "labeller down": labeller_down,
    "stale labels": stale_labels,
    "payload edited by hand": payload_edited,
    "label forged in SQL": label_forged,
    "SQL row missing": row_missing,
    "raised while planning": raised_meanwhile,
    "erased while planning": erased_meanwhile,
    "local model down": partial(local_fails, how="available", to=False),
    "local model breaks off": partial(local_fails, how="breaks_off", to=True),
    "local model babbles": partial(local_fails, how="babbles", to=True),
    "attestation expired": attestation_expired,
    "terms end while planning": terms_end_meanwhile,
    "permit grows old": permit_grows_old,
    **{f"cloud {how.value}": partial(cloud_fails, how=how) for how in CloudFault},
}


def _for_everyone(point: Point) -> Point:
    return replace(point, harmless=True, categories=frozenset(), groups=frozenset({"*"}))


def _harmless(chunk: ChunkRecord, *, version: str) -> ChunkRecord:
    return replace(chunk, label=Label(verdict=Verdict.HARMLESS, labeller_version=version, language="en"))


def _raised(chunks: tuple[ChunkRecord, ...]) -> tuple[ChunkRecord, ...]:
    return tuple(
        replace(chunk, label=Label.unknown("raised", version=chunk.label.labeller_version)) for chunk in chunks
    )


def _one(stage: Stage, tenant: str, random: Random, *, sensitive: bool | None = None) -> DocumentId:
    return random.choice([one for one, planted in stage.planted(tenant) if sensitive in {None, planted.sensitive}])


def _chunks(stage: Stage, home: TenantId, document: DocumentId) -> tuple[ChunkRecord, ...]:
    with stage.world.database.transaction(home) as transaction:
        return transaction.chunks.of(document)


def _write(stage: Stage, home: TenantId, document: DocumentId, chunks: tuple[ChunkRecord, ...]) -> None:
    with stage.world.database.transaction(home) as transaction:
        transaction.chunks.replace(document, chunks)


@contextmanager
def _rewritten(
    stage: Stage, home: TenantId, document: DocumentId, change: Callable[[ChunkRecord], ChunkRecord]
) -> Iterator[None]:
    before = _chunks(stage, home, document)
    _write(stage, home, document, tuple(map(change, before)))
    try:
        yield
    finally:
        _write(stage, home, document, before)


def _after_retrieval(happen: Callable[[], None]) -> AbstractContextManager[None]:
    return _after(Retriever, "retrieve", happen)


def _after_the_decision(happen: Callable[[], None]) -> AbstractContextManager[None]:
    return _after(Planner, "plan", happen)


def _after_the_record(happen: Callable[[], None]) -> AbstractContextManager[None]:
    return _after(Answering, "_recorded", happen)


@contextmanager
def _after(owner: type, method: str, happen: Callable[[], None]) -> Iterator[None]:
    """Have something happen as soon as the method has returned: a moment that a race may pick."""
    sound = getattr(owner, method)

    def then(self: object, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they came
        result = sound(self, *arguments, **named)
        happen()
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, method, then)
        yield
