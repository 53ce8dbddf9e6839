"""What runs when."""

from service.adapters.celery import (
    CHECK_DEADLINES,
    CHECK_DEADLINES_SECONDS,
    CHECK_PROVIDERS,
    CHECK_PROVIDERS_SECONDS,
    ERASURES,
    ERASURES_SECONDS,
    QUEUES,
    REEMBED,
    REEMBED_SECONDS,
    RETAIN,
    RETAIN_SECONDS,
    SEQUENCE,
    SEQUENCE_SECONDS,
    SWEEP,
    SWEEP_SECONDS,
    SYNC,
    SYNC_SECONDS,
)

SCHEDULE = {
    "sweep": {
        "task": SWEEP,
        "schedule": SWEEP_SECONDS,
        # A sweep that nobody took in time is dropped, so that they do not pile up while the workers are away.
        "options": {"queue": QUEUES[SWEEP], "expires": SWEEP_SECONDS},
    },
    "sequence": {
        "task": SEQUENCE,
        "schedule": SEQUENCE_SECONDS,
        "options": {"queue": QUEUES[SEQUENCE], "expires": SEQUENCE_SECONDS},
    },
    "erasures": {
        "task": ERASURES,
        "schedule": ERASURES_SECONDS,
        "options": {"queue": QUEUES[ERASURES], "expires": ERASURES_SECONDS},
    },
    "reembedding": {
        "task": REEMBED,
        "schedule": REEMBED_SECONDS,
        "options": {"queue": QUEUES[REEMBED], "expires": REEMBED_SECONDS},
    },
    "deadlines": {
        "task": CHECK_DEADLINES,
        "schedule": CHECK_DEADLINES_SECONDS,
        "options": {"queue": QUEUES[CHECK_DEADLINES], "expires": CHECK_DEADLINES_SECONDS},
    },
    "retention": {
        "task": RETAIN,
        "schedule": RETAIN_SECONDS,
        "options": {"queue": QUEUES[RETAIN], "expires": RETAIN_SECONDS},
    },
    "providers": {
        "task": CHECK_PROVIDERS,
        "schedule": CHECK_PROVIDERS_SECONDS,
        "options": {"queue": QUEUES[CHECK_PROVIDERS], "expires": CHECK_PROVIDERS_SECONDS},
    },
    "sources": {
        "task": SYNC,
        "schedule": SYNC_SECONDS,
        "options": {"queue": QUEUES[SYNC], "expires": SYNC_SECONDS},
    },
}
