"""The doorbell over Celery: ids by task name to RabbitMQ, Redis or Valkey."""

import os
from dataclasses import dataclass, field
from typing import Any

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import KombuError

from service.errors import PartUnavailableError
from service.policy.access import JobId, TenantId
from service.ports import JobKind, Priority

SWEEP = "jobs.sweep"
"""The task that rings again for what stands still."""
SWEEP_SECONDS = 5.0
SEQUENCE = "audit.sequence"
"""The task that gives audit entries their leaves; until it ran, nothing but the database protects them."""
SEQUENCE_SECONDS = 5.0
ERASURES = "erasures.advance"
"""The task that takes erasure requests as far as they get."""
ERASURES_SECONDS = 5.0
CHECK_DEADLINES = "erasures.check"
"""The task that warns of erasure requests which are due soon or overdue."""
CHECK_DEADLINES_SECONDS = 86_400.0
CHECK_PROVIDERS = "providers.check"
"""The task that warns of attestations which expire soon."""
CHECK_PROVIDERS_SECONDS = 86_400.0
REEMBED = "index.reembed"
"""The task that takes re-embedding a little further."""
REEMBED_SECONDS = 5.0
BULK = "documents.ingest_bulk"
"""The task that ingests what nobody waits for: the same as for an upload, in a queue of its own."""
RETAIN = "documents.retain"
"""The task that erases what is due by the rules of its tenant."""
RETAIN_SECONDS = 86_400.0
SYNC = "sources.sync"
"""The task that takes runs of sources forward, a slice at a time."""
SYNC_SECONDS = 5.0

QUEUES = {
    JobKind.ERASE.value: "erase",
    SWEEP: "sweep",
    SEQUENCE: "audit",
    CHECK_PROVIDERS: "sweep",
    CHECK_DEADLINES: "sweep",
    ERASURES: "requests",
    RETAIN: "erase",
    JobKind.INGEST.value: "ingest",
    REEMBED: "reembed",
    BULK: "bulk",
    JobKind.RELABEL.value: "relabel",
    SYNC: "sources",
}
"""Task → queue. Each kind of job has its own, so that an erasure never waits behind a thousand uploads.

A worker that hears several reads them in this order (Redis, Valkey); RabbitMQ hands it at most one message for each of
its processes from every queue at a time, so that none waits behind another's thousands there either.
"""

PATIENT = (QUEUES[BULK], QUEUES[JobKind.RELABEL.value])
"""The queues of work that may take long. Where there are several worker processes, one is kept for all the others."""

_LIFETIMES = {
    QUEUES[SWEEP]: 2 * SWEEP_SECONDS,
    QUEUES[SEQUENCE]: 2 * SEQUENCE_SECONDS,
    QUEUES[ERASURES]: 2 * ERASURES_SECONDS,
    QUEUES[REEMBED]: 2 * REEMBED_SECONDS,
    QUEUES[SYNC]: 2 * SYNC_SECONDS,
}
_TASK_SECONDS = 3_000
"""A task that runs longer is ended; its job comes back when the lease runs out."""
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 5.0
_ONCE_MORE = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1}


def configured(broker_url: str, *, visibility_seconds: float = 3_600) -> Celery:
    """Return the Celery application that senders and workers share.

    `visibility_seconds` (Redis and Valkey only): after that a message that nobody acknowledged is given to
    another worker. It must be longer than the longest task, or tasks run twice.
    """
    amqp = broker_url.startswith("amqp")
    app = Celery("ringfence", broker=broker_url, set_as_current=False, fixups=[])
    app.conf.update(_CONFIGURATION)
    app.conf.update(
        task_queues=[_queue(name, amqp=amqp) for name in dict.fromkeys(QUEUES.values())],
        broker_transport_options=_AMQP_OPTIONS if amqp else _REDIS_OPTIONS | {"visibility_timeout": visibility_seconds},
    )
    return app


@dataclass(frozen=True, slots=True)
class CeleryJobQueue:
    """Rings over a broker. Safe in threads, and in a process that was forked after it was made."""

    broker_url: str = field(repr=False)
    _apps: dict[int, Celery] = field(default_factory=dict, init=False, repr=False, compare=False)

    def ring(
        self, *, kind: JobKind, tenant_id: TenantId, job_id: JobId, priority: Priority = Priority.INTERACTIVE
    ) -> None:
        """Send the ids; with RabbitMQ, return only when its queue has them."""
        task = BULK if kind is JobKind.INGEST and priority is Priority.BULK else kind.value
        try:
            self._app().send_task(
                task,
                args=(str(tenant_id), str(job_id)),
                queue=QUEUES[task],
                retry=True,
                retry_policy=_ONCE_MORE,
                ignore_result=True,
            )
        except self._failures() as error:
            raise PartUnavailableError from error

    def ready(self) -> bool:
        """Whether a connection can be made now."""
        try:
            with self._app().connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=_CONNECT_SECONDS)
        except self._failures():
            return False
        return True

    def _app(self) -> Celery:
        """Return this process's application: a connection shared with a parent process breaks both."""
        here = os.getpid()
        if here not in self._apps:
            self._apps.setdefault(here, configured(self.broker_url))  # two threads may make it; one is kept
        return self._apps[here]

    def _failures(self) -> tuple[type[Exception], ...]:
        """Return what is raised when the broker is away: kombu's own errors and those of the client under it."""
        transport = self._app().connection_for_write().transport
        errors: tuple[type[Exception], ...] = (KombuError, OSError, *transport.connection_errors)
        return (*errors, *transport.channel_errors)


def _queue(name: str, *, amqp: bool) -> Queue:
    """Return a queue that survives the broker; with RabbitMQ a quorum queue, which lost nothing when measured."""
    arguments = {"x-queue-type": "quorum"} if amqp else {}
    # A sweep that nobody took is worth nothing when the next one is due, nor is a sequencing.
    lifetime = _LIFETIMES.get(name)
    return Queue(name, routing_key=name, queue_arguments=arguments, message_ttl=lifetime)  # type: ignore[no-untyped-call]  # kombu has no types here


_CONFIGURATION: dict[str, Any] = {
    # What crosses the broker: ids as JSON, nothing back.
    "accept_content": ["json"],
    "task_serializer": "json",
    "task_ignore_result": True,
    "task_create_missing_queues": False,
    "task_default_queue": QUEUES[SWEEP],
    "task_default_exchange": "ringfence",
    "task_routes": {task: {"queue": queue} for task, queue in QUEUES.items()},
    # A task counts as done when it is done: killed workers and children give theirs back.
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_time_limit": _TASK_SECONDS,
    # A task outlives a short loss of the broker; the second delivery finds its job done.
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    # Nobody outside can see or steer the worker through the broker.
    "task_send_sent_event": False,
    "worker_send_task_events": False,
    "worker_enable_remote_control": False,
    # The product's own logging stays.
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    # Senders learn soon that the broker is away; workers wait for it for ever.
    "broker_connection_timeout": _CONNECT_SECONDS,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_heartbeat": 30,
    "enable_utc": True,
}

_AMQP_OPTIONS: dict[str, Any] = {
    "confirm_publish": True,
    "max_retries": 1,
    "read_timeout": _ANSWER_SECONDS,
    "write_timeout": _ANSWER_SECONDS,
}

_REDIS_OPTIONS: dict[str, Any] = {
    # Queues are read in the order of QUEUES: erasures first, relabelling last.
    "queue_order_strategy": "priority",
    # With the default of 10 an unacknowledged message waits 100 s, whatever the visibility timeout says.
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": _CONNECT_SECONDS,
    "socket_timeout": _ANSWER_SECONDS,
    "max_retries": 1,
}
