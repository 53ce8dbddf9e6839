"""How long a server asks to be left alone is read in both forms that HTTP knows (RFC 9110, 10.2.3)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from service.backends.waiting import asked_wait


@pytest.mark.parametrize(
    ("value", "seconds"), [("30", 30), ("0.5", 0.5), ("-3", 0), ("soon", None), ("nan", None), ("inf", None)]
)
def test_seconds_are_read_and_nonsense_is_not(value: str, seconds: float | None) -> None:
    assert asked_wait({"retry-after": value}) == seconds


def test_a_date_is_the_time_until_then() -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    assert asked_wait({"retry-after": format_datetime(at, usegmt=True)}) == pytest.approx(3600, abs=60)
    assert asked_wait({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


def test_no_header_is_no_wait() -> None:
    assert asked_wait({}) is None
