"""A stream ends with its listener (R50)."""

import asyncio
from collections.abc import Generator

from service.api.streaming import closed_with_its_listener


def test_the_maker_of_events_is_closed_when_nobody_listens_any_more() -> None:
    closed: list[str] = []

    def events() -> Generator[str, None, None]:
        try:
            yield "first"
            yield "second"
        finally:
            closed.append("closed")

    maker = events()  # held here, so that only an explicit close can end it

    async def listen() -> str:
        listening = closed_with_its_listener(maker)
        first = await anext(listening)
        await listening.aclose()
        return first

    assert asyncio.run(listen()) == "first"
    assert closed == ["closed"]


def test_every_event_is_passed_on_in_order() -> None:
    async def listen() -> list[int]:
        return [event async for event in closed_with_its_listener(number for number in range(3))]

    assert asyncio.run(listen()) == [0, 1, 2]
