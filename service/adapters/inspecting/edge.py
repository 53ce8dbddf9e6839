"""The embedded index, through a connection of its own to the process that owns it."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.adapters.inspecting.points import ids_of, sighted
from service.adapters.qdrant_edge.protocol import Inspect, Inspected, decode_reply, encode, receive, send
from service.policy.access import TenantId
from service.ports.inspecting import Inspection, Inspector, Sighting, Target

_SECONDS = 60.0


class NotInspectedError(Exception):
    """The owner of the index did not say what it holds."""


@dataclass(frozen=True, slots=True)
class EdgeInspector(Inspector):
    """Has the engine count, list and fetch, in every collection and of whichever tenant."""

    path: Path
    store: str = "index"

    def inspect(self, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection:
        """Ask for each target. Raises OSError or NotInspectedError where the owner does not answer."""
        sightings: list[Sighting] = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(str(self.path))
            for target in targets:
                told = _asked(connection, Inspect(target.document_id, ids_of(target)))
                sightings += sighted(target, counted=told.counted, listed=told.listed, held=told.held)
        return Inspection(sightings=tuple(sightings))


def _asked(connection: socket.socket, request: Inspect) -> Inspected:
    send(connection, encode(request))
    reply = receive(connection)
    told = None if reply is None else decode_reply(reply)
    if not isinstance(told, Inspected):
        raise NotInspectedError
    return told
