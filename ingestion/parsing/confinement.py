"""What the parsing process takes away from itself before it looks at a document."""

import ctypes
import math
import resource
import signal
from contextlib import suppress

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_GRACE_SECONDS = 5
_OPEN_FILES = 64


def confine(*, seconds: float, memory_bytes: int, output_bytes: int) -> None:
    """Lower every limit for good; leave the network where the kernel lets this process do so."""
    kernel = ctypes.CDLL(None)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    kernel.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        kernel.unshare(_CLONE_NEWNET)
    processor = math.ceil(seconds) + 1
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_AS, memory_bytes),
    ):
        with suppress(ValueError):  # a lower hard limit is already in force
            resource.setrlimit(limit, (value, value))
    # Whoever started this process kills it in time; if that one was killed itself, the alarm does.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(processor + _GRACE_SECONDS)
