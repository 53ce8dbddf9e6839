"""What runs when."""

from service.adapters.celery import QUEUES, SEQUENCE, SEQUENCE_SECONDS, SWEEP, SWEEP_SECONDS

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
}
