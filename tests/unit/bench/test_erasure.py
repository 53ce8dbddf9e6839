"""The table of the erasure benchmark: what is a ratio of what, and when the goal is missed."""

from bench.erasure import rows

FAST = {"bare": [0.001], "unreachable": [0.004], "gone": [3.0], "idle": [0.02], "during": [0.025]}


def test_each_row_is_a_ratio_of_its_own_baseline() -> None:
    table = {name: (measured, ratio) for name, measured, _, ratio in rows(**FAST)}
    assert table["until unreachable, p50"] == ("4.0 ms", "4.0")
    assert table["until gone and verified, p50"] == ("3.0 s", "3,000")
    assert table["search during erasures, p95"] == ("25.0 ms", "1.25")


def test_a_search_that_is_slower_than_the_goal_is_marked() -> None:
    marked = [name for name, *_, ratio in rows(**FAST | {"during": [0.02] * 9 + [0.031]}) if "over the goal" in ratio]
    assert marked == []
    marked = [name for name, *_, ratio in rows(**FAST | {"during": [0.031] * 10}) if "over the goal" in ratio]
    assert marked == ["search during erasures, p50", "search during erasures, p95"]
