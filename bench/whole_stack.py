"""The running stack against bare parts, in one run: ingestion, questions, and questions while ingestion runs.

`python -m bench.whole_stack [--documents 120]` starts `ringfence up` in a temporary folder and ends by itself.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from service.adapters.sentence_transformers import SentenceTransformersEmbedder, model_folder
from service.cli.client import Client
from service.places import chunk_place
from service.policy.access import KeyId, Principal, Role, Scope, TenantId
from service.ports import ChunkRecord
from service.product import Adapters
from tests.acceptance.stack import Stack, finished, hand_in

QUESTIONS = (
    "When is the garden watered?",
    "Who sweeps the paths after lunch?",
    "Which benches are painted in spring?",
    "Where are the tools kept over the winter?",
)
_ROUNDS = 40
_WARM = 4
out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=120)
    count = parser.parse_args().documents
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        stack = Stack(Path(folder) / "data")
        stack.command("init")
        stack.start()
        try:
            stack.command("tenants", "add", "bench")
            _measure(stack, count)
        finally:
            stack.stop()


def _measure(stack: Stack, count: int) -> None:
    texts = [_text(number) for number in range(count)]
    with stack.client("bench") as client:
        _ingested(client, texts[:_WARM])  # loads the models
        _ask(client)
        searches: list[float] = []
        began = time.perf_counter()
        _ingested(client, texts[_WARM:], meanwhile=lambda: searches.append(_seconds(partial(_search, client, 0))))
        seconds = time.perf_counter() - began
        chunks = _chunks(stack)
        idle = [_seconds(partial(_search, client, turn)) for turn in range(_ROUNDS)]
        answers = [_seconds(partial(_ask, client, turn)) for turn in range(_ROUNDS)]
    table = Table("what", "measured", "baseline", "ratio", box=None)
    _ingestion_row(table, chunks, len(chunks) * (count - _WARM) / count / seconds)
    _question_rows(table, stack, idle=idle, during=searches, answers=answers)
    out.print(table)


def _ingestion_row(table: Table, pieces: Sequence[str], rate: float) -> None:
    bare = _bare_rate(pieces)
    table.add_row(
        "ingestion, chunks/s (HTTP to ready, labelling on, one worker)",
        f"{rate:.1f}",
        f"{bare:.1f} bare SentenceTransformer.encode, float32, one thread",
        f"{rate / bare:.2f}",
    )
    same = _rate(SentenceTransformersEmbedder().embed, pieces)
    table.add_row("", f"{rate:.1f}", f"{same:.1f} our embedder alone, same backend", f"{rate / same:.2f}")


def _question_rows(table: Table, stack: Stack, *, idle: list[float], during: list[float], answers: list[float]) -> None:
    bare = statistics.median(_bare_questions(stack))
    for name, times in (("search", idle), ("search while ingesting", during), ("answer in quotes", answers)):
        table.add_row(
            f"{name}, ms: p50 / p95 of {len(times)}",
            f"{_at(times, 0.5):.1f} / {_at(times, 0.95):.1f}",
            f"{bare * 1000:.1f} bare embedding + bare index search, p50",
            f"{_at(times, 0.5) / bare / 1000:.2f}",
        )


def _ingested(client: Client, texts: Sequence[str], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Hand in the texts and wait until all are ready."""
    waiting = [hand_in(client, text)["job"]["id"] for text in texts]
    while waiting:
        meanwhile()
        time.sleep(0.2)
        waiting = [job for job in waiting if finished(client, job) is None]


def _search(client: Client, turn: int) -> Any:  # noqa: ANN401 - JSON
    return client.call("POST", "/v1/search", json={"question": QUESTIONS[turn % len(QUESTIONS)]})


def _ask(client: Client, turn: int = 0) -> Any:  # noqa: ANN401 - JSON
    return client.call("POST", "/v1/answers", json={"question": QUESTIONS[turn % len(QUESTIONS)]})


def _bare_rate(pieces: Sequence[str]) -> float:
    import torch  # noqa: PLC0415 - seconds of import
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds of import

    torch.set_num_threads(1)
    model = SentenceTransformer(str(model_folder("packaged")), device="cpu")
    model.max_seq_length = 256
    return _rate(lambda texts: model.encode(list(texts), show_progress_bar=False), pieces)


def _rate(embed: Callable[[Sequence[str]], object], pieces: Sequence[str]) -> float:
    embed(pieces[:16])
    return len(pieces) / _seconds(lambda: embed(pieces))


def _bare_questions(stack: Stack) -> list[float]:
    with stack.adapters() as adapters:
        scope = _everything(adapters)
        adapters.embedder.embed(["warm"])

        def once(turn: int) -> None:
            vector = adapters.embedder.embed([QUESTIONS[turn % len(QUESTIONS)]])[0]
            adapters.index.search(vector=vector, scope=scope, limit=10)

        return [_seconds(partial(once, turn)) for turn in range(_ROUNDS)]


def _chunks(stack: Stack) -> list[str]:
    """Return every stored chunk, decrypted: the texts that the baseline encodes."""
    with stack.adapters() as adapters:
        scope = _everything(adapters)
        with adapters.database.transaction(scope.tenant_id) as transaction:
            documents = transaction.documents.page(scope=scope, limit=10_000)
            chunks = [chunk for document in documents for chunk in transaction.chunks.of(document.id)]
        return [_opened(adapters, scope.tenant_id, chunk) for chunk in chunks]


def _opened(adapters: Adapters, tenant_id: TenantId, chunk: ChunkRecord) -> str:
    key = adapters.keys.document_key(tenant_id=tenant_id, document_id=chunk.document_id)
    return key.open(chunk.text, place=chunk_place(tenant_id, chunk.document_id, chunk.ordinal)).decode()


def _everything(adapters: Adapters) -> Scope:
    tenant = adapters.database.tenants()[0].id
    return Scope.of(Principal(tenant_id=tenant, key_id=KeyId(tenant), role=Role.ADMIN))


def _text(number: int) -> str:
    return "\n\n".join(
        f"Paragraph {part} of rota {number}: the garden is watered in the morning, the paths are swept after lunch, "
        f"and the {('benches', 'gates', 'fences')[part % 3]} are painted in spring before the season begins. "
        "Tools are kept in the shed over the winter."
        for part in range(24)
    )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _at(times: Sequence[float], quantile: float) -> float:
    """Return this quantile in milliseconds."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))] * 1000


if __name__ == "__main__":
    main()
