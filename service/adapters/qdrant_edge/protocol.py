"""What client and owner say to each other: typed messages in msgpack, each after its length in 4 bytes."""

import socket
import struct
from collections.abc import Sequence
from uuid import UUID

import msgspec

LARGEST_FRAME = 256 * 1024 * 1024
"""In bytes. The longest document a deployment accepts has about 25,000 chunks: 40 MB at 384 dimensions."""

_LENGTH = struct.Struct(">I")


class WirePoint(msgspec.Struct, frozen=True, array_like=True):
    """One point; its vector is little-endian float32."""

    ordinal: int
    vector: bytes
    harmless: bool
    categories: list[str]
    groups: list[str]


class Replace(msgspec.Struct, frozen=True, tag=True):
    """Make these the only points of each of the documents in the collection, and flush once."""

    collection: str
    dimensions: int
    tenant: UUID
    documents: Sequence[tuple[UUID, list[WirePoint]]]


class Search(msgspec.Struct, frozen=True, tag=True):
    """Find the nearest points of the tenant; `groups` None means all of them."""

    collection: str
    dimensions: int
    tenant: UUID
    groups: list[str] | None
    harmless_only: bool
    vector: bytes
    limit: int


class Erase(msgspec.Struct, frozen=True, tag=True):
    """Leave no point and no byte of the documents, in any collection."""

    tenant: UUID
    documents: list[UUID]


class Count(msgspec.Struct, frozen=True, tag=True):
    """Count the document's points in every collection."""

    tenant: UUID
    document: UUID


class Held(msgspec.Struct, frozen=True, tag=True):
    """Count the document's points in the collection."""

    collection: str
    dimensions: int
    tenant: UUID
    document: UUID


class Drop(msgspec.Struct, frozen=True, tag=True):
    """Leave no point and no byte of the tenant in the collection, and no collection that is empty then."""

    collection: str
    dimensions: int
    tenant: UUID


class Inspect(msgspec.Struct, frozen=True, tag=True):
    """Look for the document in every collection, of whichever tenant, and for points with these ids."""

    document: UUID
    points: list[UUID]


class Health(msgspec.Struct, frozen=True, tag=True):
    """Say whether the owner answers."""


Request = Replace | Search | Erase | Count | Held | Drop | Inspect | Health


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is on the disk."""


class Found(msgspec.Struct, frozen=True, tag=True):
    """Document, ordinal and score of each hit, best first."""

    hits: list[tuple[UUID, int, float]]


class Counted(msgspec.Struct, frozen=True, tag=True):
    """How many points there are."""

    points: int


class Inspected(msgspec.Struct, frozen=True, tag=True):
    """How many points the engine counts of the document, shows when it lists, and has under the ids."""

    collections: int
    counted: int
    listed: int
    held: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The request makes no sense; asking again changes nothing."""

    detail: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The engine failed or is stopping; asking again later may work. `code` is that of our error, where it is one."""

    detail: str
    code: str = ""


Reply = Done | Found | Counted | Inspected | Refused | Failed

decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
encode = msgspec.msgpack.Encoder().encode


class FrameTooLargeError(ValueError):
    """The message is longer than the protocol allows."""


def send(connection: socket.socket, message: bytes) -> None:
    """Send one frame."""
    if len(message) > LARGEST_FRAME:
        raise FrameTooLargeError
    connection.sendall(_LENGTH.pack(len(message)) + message)


def receive(connection: socket.socket) -> bytes | None:
    """Return one frame, or None where the other side closed between frames. Raises OSError or EOFError."""
    header = _exactly(connection, _LENGTH.size)
    if not header:
        return None
    (length,) = _LENGTH.unpack(header)
    if length > LARGEST_FRAME:
        raise FrameTooLargeError
    message = _exactly(connection, length)
    if len(message) < length:
        raise EOFError
    return bytes(message)


def _exactly(connection: socket.socket, length: int) -> bytearray:
    """Return `length` bytes, or nothing where the other side closed before the first."""
    buffer = bytearray(length)
    view, filled = memoryview(buffer), 0
    while filled < length:
        count = connection.recv_into(view[filled:])
        if count == 0:
            if filled:
                raise EOFError
            return bytearray()
        filled += count
    return buffer
