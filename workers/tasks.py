"""Ids in, one use case, done: nothing is returned, nothing but ids is logged, and twice does no harm."""

import sys
from collections.abc import Callable
from functools import cache
from uuid import UUID

import structlog

from service import settings
from service.adapters.celery import (
    BULK,
    CHECK_DEADLINES,
    CHECK_PROVIDERS,
    ERASURES,
    REEMBED,
    REEMBED_SECONDS,
    RETAIN,
    SEQUENCE,
    SWEEP,
    SYNC,
)
from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.ports import JobKind
from service.product import Ringfence
from workers import draining

_log = structlog.get_logger()
SWITCH_SECONDS = 0.0002
"""The encoder asks for the interpreter after each of its kernels; at 5 ms it would mostly wait for the labeller."""


def ingest(tenant: str, job: str) -> None:
    """Parse, split, label, embed and index a document."""
    _work(lambda ringfence: ringfence.ingestion.run(TenantId(UUID(tenant)), JobId(UUID(job))), job=job)


def erase(tenant: str, job: str) -> None:
    """Destroy a document everywhere, and tell the request that asked for it."""
    _work(lambda ringfence: ringfence.erasure.run(TenantId(UUID(tenant)), JobId(UUID(job))), job=job)
    _work(lambda ringfence: ringfence.erasures.executing.advance_tenant(TenantId(UUID(tenant))), job=job)


def relabel(tenant: str, job: str) -> None:
    """Label a document anew from its stored chunks."""
    _work(lambda ringfence: ringfence.relabelling.run(TenantId(UUID(tenant)), JobId(UUID(job))), job=job)


def reembed() -> None:
    """Take every tenant's re-embedding a little further, for a share of the time until this is asked for again."""
    share = settings.load().reembed_share
    _work(lambda ringfence: ringfence.reembedding.advance(seconds=REEMBED_SECONDS * share))


def sweep() -> None:
    """Ring again for every job that nobody works on."""
    _work(lambda ringfence: ringfence.jobs.sweep())


def sequence() -> None:
    """Give every audit entry its leaf, and sign."""
    _work(lambda ringfence: ringfence.auditing.sequence_all())


def advance_erasures() -> None:
    """Take every erasure request as far as it gets."""
    _work(lambda ringfence: ringfence.erasures.executing.advance_all())


def check_deadlines() -> None:
    """Warn of erasure requests that are due soon or overdue."""
    _work(lambda ringfence: ringfence.erasures.deadlines.warn())


def check_providers() -> None:
    """Warn of attestations that expire soon or have expired."""
    _work(lambda ringfence: ringfence.governing.warn())


def retain() -> None:
    """Erase what is due by the retention rules."""
    _work(lambda ringfence: ringfence.expiry.run())


def sync() -> None:
    """Take the runs of sources forward."""
    _work(lambda ringfence: ringfence.syncing.tick())


TASKS: dict[str, Callable[..., None]] = {
    JobKind.INGEST.value: ingest,
    BULK: ingest,
    JobKind.ERASE.value: erase,
    JobKind.RELABEL.value: relabel,
    SWEEP: sweep,
    SEQUENCE: sequence,
    ERASURES: advance_erasures,
    CHECK_DEADLINES: check_deadlines,
    CHECK_PROVIDERS: check_providers,
    RETAIN: retain,
    REEMBED: reembed,
    SYNC: sync,
}
"""Every task by the name that rings for it."""


@cache
def _ringfence() -> Ringfence:
    """Return the product, built once in every child process: models and connections do not survive a fork."""
    from service import bootstrap  # noqa: PLC0415 - beat and the workers' parent need none of the models

    sys.setswitchinterval(SWITCH_SECONDS)
    return bootstrap.build(settings.load(), stopping=draining.asked)


def carried_out(ringfence: Ringfence, use_case: Callable[[Ringfence], object]) -> None:
    """Run a use case, unless a restored backup is not held to the erasure ledger yet (RestorePendingError)."""
    ringfence.check_restored()
    use_case(ringfence)


def _work(use_case: Callable[[Ringfence], object], **ids: str) -> None:
    """Run a use case. Whatever it raises ends here: the ledger, not the broker, says what runs again."""
    try:
        carried_out(_ringfence(), use_case)
    except PartUnavailableError as error:
        _log.warning("task_interrupted", error=error.code, **ids)
    except Exception:  # noqa: BLE001 - told by its kind and its place in the code; its text may quote a document
        _log.exception("task_failed", **ids)
