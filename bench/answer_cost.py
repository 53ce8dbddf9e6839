"""What deciding, scanning and recording cost per answer, beside a bare model call in the same run.

Run it from the repository: `python -m bench.answer_cost`. PostgreSQL, labeller and embedder are real, the cloud is a
stand-in on the loopback; the bare call is that of the small local model where `scripts/local-model setup` made one.
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from service import bootstrap, settings, telemetry
from service.adapters.vllm import VllmLocalModel
from service.answering import Question, asking
from service.answering.asking import Answering
from service.answering.saying import Sayings
from service.policy import egress, routing
from service.policy.prompt import Prompt
from tests.proof.company import TENANTS
from tests.proof.stage import Stage, a_stage
from tests.servers import vllm
from tests.servers.postgres import a_database

_WHOLE = "whole answer by the cloud stand-in"
_STAGES: tuple[tuple[str, Any, str], ...] = (
    ("decision", routing, "route"),
    ("rendering, second scan, permit", egress, "mint"),
    ("audit: sources read again, decision written", Answering, "_recorded"),
    ("output filter made ready", Sayings, "of"),
    ("citations verified", asking, "told_of"),
    ("audit: sources read again, end written", Answering, "_answer"),
)
_MODEL = "SmolLM2-135M-Instruct"
_ANSWER_TOKENS = 64
_BARE_CALLS = 5
_out = Console(highlight=False, soft_wrap=True)
Seconds = dict[str, list[float]]


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=200)
    count = parser.parse_args().questions
    with telemetry.warnings_only(), a_database() as (_, made):
        parts = bootstrap.labeller_parts(settings.load())
        with a_stage(Random(1), parts, made.app_url) as stage:
            spent, prompts = _asked(stage, count)
    bare = _bare_calls(prompts[:_BARE_CALLS]) if vllm.is_set_up() else []
    _print(spent, bare)


def _asked(stage: Stage, count: int) -> tuple[Seconds, Sequence[Prompt]]:
    """Ask harmless questions; return the seconds of every stage, and the prompts."""
    spent: Seconds = defaultdict(list)
    random = Random(2)
    with _timed_stages(spent):
        for number in range(count):
            tenant = TENANTS[number % len(TENANTS)]
            harmless = [one for _, one in stage.planted(tenant) if not one.sensitive]
            text = random.choice(random.choice(harmless).questions)
            began = time.perf_counter()
            stage.world.product.answering.ask(stage.staff[tenant], Question(text=text))
            spent[_WHOLE].append(time.perf_counter() - began)
    planner = stage.world.product.answering.planner
    some = [
        planner.plan(stage.staff[tenant], Question(text="Where may visitors park?"), stream=False) for tenant in TENANTS
    ]
    return spent, [plan.prompt for plan in some]


@contextmanager
def _timed_stages(spent: Seconds) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, owner, attribute in _STAGES:
            patch.setattr(owner, attribute, _timed(getattr(owner, attribute), spent[name]))
        yield


def _timed(call: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    @wraps(call)
    def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they came
        began = time.perf_counter()
        try:
            return call(*arguments, **named)
        finally:
            seconds.append(time.perf_counter() - began)

    return timed


def _bare_calls(prompts: Sequence[Prompt]) -> list[float]:
    """Return the seconds that the small local model takes for the same prompts, with nothing around it."""
    seconds: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, vllm.a_server(Path(folder) / "log") as url:
        model = VllmLocalModel(url, _MODEL, max_tokens=_ANSWER_TOKENS)
        for prompt in (prompts[0], *prompts):
            _timed(model.generate, seconds)(prompt)
        model.close()
    return seconds[1:]  # the first one warms it up


def _print(spent: Seconds, bare: Sequence[float]) -> None:
    call = statistics.median(bare) if bare else None
    table = Table("per answer", "ms p50", "ms p95", "share of a bare local call", box=None)
    for name, seconds in spent.items():
        middle, high = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        share = f"{middle / call:.4f}" if call else "no local model is set up"
        table.add_row(name, f"{middle * 1000:.2f}", f"{high * 1000:.2f}", share)
    if call:
        table.add_row(f"bare call of the local model, {_ANSWER_TOKENS} tokens at most", f"{call * 1000:.0f}", "", "1")
    _out.print(table)


if __name__ == "__main__":
    main()
