"""The words that logs, traces and metrics may hold. What is not listed here is not told to anybody (R54)."""

import re
from collections.abc import Callable, Iterable
from uuid import UUID

from service.errors import Failure, RingfenceError
from service.policy.output import Cause as StopCause
from service.policy.prompt import Origin
from service.policy.providers import Attestation
from service.policy.routing import Cause, Route
from service.ports import JobKind

Shape = Callable[[object], bool]
"""Whether a value may be told under a key."""

EVENTS = frozenset(
    {
        *("answer_stream_failed", "audit_sequencing_failed", "backend_left_alone", "bubblewrap_refused"),
        *("cloud_answer_failed", "collection_dropped", "connection_lost"),
        *("connection_not_accepted", "database_not_ready", "detector_failed", "detector_missing"),
        *(
            "detector_switched_off",
            "detector_timed_out",
            "documents_erased",
            "embedder_loaded",
            "embedding_failed",
            "error_ignored",
            "foreign_message",
        ),
        *("erased_resembled", "source_run_abandoned", "source_run_waits"),
        *("frame_refused", "index_closed", "index_opened", "inspection_failed"),
        *("erasure_due_soon", "erasure_not_advanced", "erasure_overdue"),
        *("ingestion_paused", "ingestion_slowed", "jobs_given_back_unfinished"),
        *("job_abandoned", "job_not_rung", "jobs_not_given_back"),
        *("labelling_heads_missing", "labelling_heads_unfit", "labeller_failed", "lease_expired", "lease_not_renewed"),
        *("local_model_not_ready", "provider_attestation_expiring", "provider_register_unreadable"),
        "storage_refused",
        *(
            "output_withheld",
            "local_share_jumped",
            "local_share_settled",
            "process_failed",
            "progress_not_told",
            "request_failed",
        ),
        *("request_failed_unexpectedly", "statement_failed", "task_failed", "task_interrupted", "thread_failed"),
        *(
            "retention_failed",
            "rewritten_in_place",
            "unlisted_event",
            "watch_not_seeded",
            "worker_went_deaf",
        ),
    }
)
"""Every event that our own code tells: static names. A test compares them with the calls in the code."""

FOREIGN = {
    ("uvicorn.error", "Started server process [%d]"): "server_started",
    ("uvicorn.error", "Application startup complete."): "server_ready",
    ("uvicorn.error", "Application startup failed. Exiting."): "server_start_failed",
    ("uvicorn.error", "Shutting down"): "server_stopping",
    ("uvicorn.error", "Finished server process [%d]"): "server_stopped",
    ("uvicorn.error", "Exception in ASGI application\n"): "request_failed_unexpectedly",
    ("celery.apps.worker", "%s ready."): "worker_ready",
    ("celery.worker.consumer.connection", "Connected to %s"): "broker_connected",
    ("celery.beat", "beat: Starting..."): "beat_started",
}
"""Logger and literal template of the few messages of libraries that operators look for → the event told instead."""

SPANS = frozenset(
    {
        *("ask", "plan", "embed", "retrieve", "route", "label", "label_question", "cloud_model", "local_model"),
        *("document", "queued", "register"),
        *("ingest", "parse", "batch", "write", "erase", "erasures", "relabel", "sweep", "sync"),
    }
)
"""Every span that our own code opens. A test compares them with the code."""

DETECTORS = (
    *("payment", "personal", "clinical", "credentials", "markers", "names", "heads"),
    *("language", "normalising", "columns", "document"),
)
STORES = ("database", "index", "index_files", "keys", "ledger", "vault", "vault_files", "broker")
BACKENDS = ("anthropic", "vllm", "quotes", "none")
WAYS_TO_FAIL = ("failed", "missing", *Failure)
"""How a detector, a model or another part did not do what it was asked."""
LEVELS = ("debug", "info", "warning", "error", "critical")

_LONGEST = 120
_LARGEST_NUMBER = 1e10
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:/-]*")
_PLACE = re.compile(r"(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+\.py:\d+|elsewhere")
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_HEX = re.compile(r"[0-9a-f]{8,64}")
_SQLSTATE = re.compile(r"[0-9A-Z]{5}")
_DEVICE = re.compile(r"(?:cpu|mps|cuda)(?::\d{1,3})?")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,62}")
_STATUS = re.compile(r"[1-5]\d\d")
_SERVER = re.compile(r"(?:local|fast)-\d{1,3}|cloud")
_templates: set[str] = {"unmatched"}
_errors: set[str] = {"DeadlinePassed", "MissingModel", "SwitchedOff"}


def fits(key: str, value: object) -> bool:
    """Whether this key may be told with this value. None, which says nothing, fits every known key."""
    shape = KEYS.get(key)
    return shape is not None and (value is None or shape(value))


def learn_paths(templates: Iterable[str]) -> None:
    """Let the templates of the API's routes be told; a path that somebody asked for may hold their words."""
    _templates.update(templates)


def is_path(value: object) -> bool:
    """Whether it is the template of a route of this API, or says that none matched."""
    return isinstance(value, str) and value in _templates


def is_error(value: object) -> bool:
    """Whether it is the name of a loaded exception class or the code of one of ours. A message like a name is none."""
    if not isinstance(value, str):
        return False
    if value not in _errors:
        _errors.update(_names_below(BaseException))
    return value in _errors


def _names_below(root: type[BaseException]) -> set[str]:
    """Return the names of the exception classes of modules; one made while running is named by who made it."""
    pending, seen = [root], {root}
    while pending:
        for kind in type.__subclasses__(pending.pop()):
            if kind not in seen:
                seen.add(kind)
                pending.append(kind)
    return {kind.__name__ for kind in seen} | {kind.code for kind in seen if issubclass(kind, RingfenceError)}


def one_of(*words: str | Iterable[str]) -> Shape:
    """Return the shape of a closed set of words: words, lists of words, or enumerations."""
    allowed = frozenset(_flat(words))
    return lambda value: isinstance(value, str) and value in allowed


def _flat(words: Iterable[str | Iterable[str]]) -> Iterable[str]:
    for word in words:
        if isinstance(word, str):
            yield word
        else:
            yield from map(str, word)


def _matches(pattern: re.Pattern[str]) -> Shape:
    return lambda value: isinstance(value, str) and len(value) <= _LONGEST and bool(pattern.fullmatch(value))


def _number(value: object) -> bool:
    """Whether it is a count, size or time. What is larger may be a card's or a person's number."""
    return isinstance(value, bool | int | float) and abs(value) < _LARGEST_NUMBER


def _identifier(value: object) -> bool:
    if isinstance(value, UUID):
        return True
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _places(value: object) -> bool:
    place = _matches(_PLACE)
    return isinstance(value, list | tuple) and all(map(place, value))


_KIND_OF_BACKEND = one_of(BACKENDS, Route)
_ONE_SERVER = _matches(_SERVER)


def _backend(value: object) -> bool:
    """Whether it is a backend, or one server of a model as `bootstrap` names them, such as `local-2`."""
    return _KIND_OF_BACKEND(value) or _ONE_SERVER(value)


KEYS: dict[str, Shape] = {
    # ids
    **dict.fromkeys(("answer", "document", "erasure", "job", "run", "tenant"), _identifier),
    # counts, sizes, times
    **dict.fromkeys(("chunks", "days", "dimensions", "documents", "dropped", "failures", "hits", "jobs"), _number),
    **dict.fromkeys(("pieces", "requests"), _number),
    **dict.fromkeys(("input_tokens", "output_tokens", "seconds", "share", "stream", "threads", "usual"), _number),
    # codes
    "attestation": one_of(Attestation),
    "backend": _backend,
    "cause": one_of(Cause),
    "detector": one_of(DETECTORS),
    "direction": one_of("up", "down"),
    "error": is_error,
    "how": one_of(WAYS_TO_FAIL),
    "kind": one_of(JobKind),
    "level": one_of(LEVELS),
    "origin": one_of(Origin),
    "request": one_of("Replace", "Erase", "Search", "Count", "Inspect", "Health"),
    "route": one_of(Route),
    "sqlstate": _matches(_SQLSTATE),
    "store": one_of(STORES),
    # what an operator configured
    "provider": _matches(_PROVIDER),
    **dict.fromkeys(("embedder", "model", "name"), _matches(_MODEL)),
    "device": _matches(_DEVICE),
    # places in code
    "at": _places,
    "logger": _matches(_MODULE),
    "path": is_path,
    "where": _matches(_PLACE),
    # versions and fingerprints
    **dict.fromkeys(("labeller", "span", "trace"), _matches(_HEX)),
}
"""Every key that a log line or a span may have, with the shape of its values."""

LABELS: dict[str, Shape] = {
    "attestation": one_of(Attestation),
    "backend": _backend,
    "cause": one_of(Cause, StopCause),
    "detector": one_of(DETECTORS),
    "direction": one_of("up", "down"),
    "how": one_of(WAYS_TO_FAIL),
    "outcome": one_of("hit", "miss"),
    "path": is_path,
    "provider": _matches(_PROVIDER),
    "reason": one_of("content_erased", "external_id_erased"),
    "route": one_of(Route, "none"),
    "status": _matches(_STATUS),
}
"""Every label that a metric may have, with its values; any other value counts as `other`."""
