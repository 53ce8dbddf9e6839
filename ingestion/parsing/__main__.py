"""The child process: an order and a document on standard input, a document or a reason on standard output."""

import json
import os
import sys
from base64 import b64encode
from dataclasses import asdict

from ingestion.errors import ScannedError, Unreadable, UnreadableError
from ingestion.parsing.confinement import confine
from ingestion.parsing.dispatch import parse
from ingestion.parsing.limits import Limits


def main() -> None:
    """Serve one document and leave at once: a native library that crashes at exit cannot spoil the result."""
    order = json.loads(sys.stdin.buffer.readline())
    confine(**order["confinement"])
    sys.stdout.buffer.write(_answer(order, sys.stdin.buffer.read()))
    sys.stdout.buffer.flush()
    os._exit(0)


def _answer(order: dict[str, object], content: bytes) -> bytes:
    limits = Limits(**order["limits"])  # type: ignore[arg-type]  # written by the parent from the same class
    try:
        document = parse(content, name=str(order["name"]), media_type=_text(order["media_type"]), limits=limits)
        return json.dumps({"document": asdict(document)}, ensure_ascii=False, default=_in_base64).encode()
    except ScannedError as scan:
        return json.dumps({"scans": scan.pages}).encode()
    except UnreadableError as error:
        return json.dumps({"reason": error.reason, "detail": error.detail}).encode()
    except MemoryError:
        return json.dumps({"reason": Unreadable.OUT_OF_MEMORY, "detail": "needs more memory than is granted"}).encode()


def _in_base64(content: bytes) -> str:
    return b64encode(content).decode()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


if __name__ == "__main__":
    main()
