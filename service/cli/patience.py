"""Waiting as long as the API asks for, so that handing in many files loses none of them (R60)."""

import time
from collections.abc import Callable
from typing import TypeVar

from service.cli.options import err
from service.errors import OverloadedError, TooManyWaitingError

T = TypeVar("T")

_LONGEST_SECONDS = 3_600.0


def patiently(call: Callable[[], T], *, pause: Callable[[float], None] = time.sleep) -> T:
    """Call until the API does not ask to wait any more, an hour at most.

    Raises OverloadedError or TooManyWaitingError where it still does then, and at once whatever else the call raises.
    """
    waited = 0.0
    while True:
        try:
            return call()
        except (OverloadedError, TooManyWaitingError) as asked:
            if waited + asked.retry_after > _LONGEST_SECONDS:
                raise
            if not waited:
                err.print(f"waiting, as the server asks: {asked.detail}", markup=False)
            pause(asked.retry_after)
            waited += asked.retry_after
