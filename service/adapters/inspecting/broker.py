"""The broker: messages hold ids of jobs, and none may name a document."""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kombu.connection import Connection

from service.policy.access import TenantId
from service.ports.inspecting import Inspection, Inspector, Sighting, Target, Unchecked

_MOST = 20_000
"""Messages that are read; more would take longer than an erasure should."""
_SECONDS = 5.0
_BODY = re.compile(rb'"body": ?"([A-Za-z0-9+/=]+)"')
_IDS_ONLY = ("messages_hold_ids_of_jobs_only",)
_IN_FLIGHT = "not_readable_without_consuming"


@dataclass(frozen=True, slots=True)
class BrokerInspector(Inspector):
    """Reads every key of Valkey or Redis; of RabbitMQ's queues it learns how long they are."""

    url: str = field(repr=False)
    queues: tuple[str, ...]
    store: str = "broker"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Count messages that name a target. Raises what kombu and the clients below it raise."""
        with Connection(self.url, connect_timeout=_SECONDS) as connection:  # type: ignore[no-untyped-call]
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=_SECONDS)
            with connection.channel() as channel:
                if self.url.startswith("amqp"):
                    return _of_depths(channel, self.queues, targets)
                return _of_values(channel.client, targets)


def _of_depths(channel: Any, queues: Sequence[str], targets: Sequence[Target]) -> Inspection:  # noqa: ANN401 - kombu has no types
    """RabbitMQ: an empty queue names nobody; what waits or is in a worker's hands cannot be read without taking it."""
    waiting = sum(channel.queue_declare(queue=queue, passive=True).message_count for queue in queues)
    in_hand = _not_read("messages_in_hand", _IN_FLIGHT)
    if waiting:
        return Inspection(sightings=(), unchecked=(in_hand, _not_read("messages_waiting", _IN_FLIGHT)))
    return _sighted(targets, [], method="queue_depth", unchecked=(in_hand,))


def _of_values(client: Any, targets: Sequence[Target]) -> Inspection:  # noqa: ANN401 - kombu's own client
    values: list[bytes] = []
    for value in _values(client):
        values.append(value)
        if len(values) > _MOST:
            return Inspection(sightings=(), unchecked=(_not_read("messages", "too_many_messages"),))
    return _sighted(targets, values, method="own_read", unchecked=())


def _values(client: Any) -> Iterator[bytes]:  # noqa: ANN401 - kombu's own client
    """Yield everything that the database of the broker holds, names of keys too, and bodies decoded."""
    for key in client.scan_iter(count=1_000):
        yield _bytes(key)
        for value in _READERS.get(_bytes(client.type(key)), _nothing)(client, key):
            raw = _bytes(value)
            yield raw
            for body in _BODY.findall(raw.replace(b'\\"', b'"')):
                yield base64.b64decode(body)


def _nothing(_client: Any, _key: Any) -> Iterator[object]:  # noqa: ANN401 - kombu's own client
    message = "the broker keeps something that this does not know how to read"
    raise ValueError(message)


_READERS: dict[bytes, Any] = {
    b"list": lambda client, key: client.lrange(key, 0, _MOST),
    b"hash": lambda client, key: [each for pair in client.hgetall(key).items() for each in pair],
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: client.zrange(key, 0, _MOST),
    b"string": lambda client, key: [client.get(key) or b""],
    b"none": lambda _client, _key: [],
}


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _not_read(thing: str, reason: str) -> Unchecked:
    return Unchecked(store="broker", thing=thing, reason=reason, covered_by=_IDS_ONLY)


def _sighted(
    targets: Sequence[Target], values: Sequence[bytes], *, method: str, unchecked: tuple[Unchecked, ...]
) -> Inspection:
    everything = b"\n".join(values)
    return Inspection(
        sightings=tuple(
            Sighting(
                document_id=target.document_id,
                thing="messages",
                method=method,
                found=everything.count(str(target.document_id).encode()) + everything.count(target.document_id.bytes),
            )
            for target in targets
        ),
        unchecked=unchecked,
    )
