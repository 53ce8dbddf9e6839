"""Train the name tagger, in torch; `names.tagger` runs it in numpy."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ingestion.labelling.folding import folded
from ingestion.labelling.names.tokens import ROWS, TOKEN, rows_of
from ingestion.labelling.training.naming.annotated import Annotated
from ingestion.labelling.training.naming.swapping import Swapper
from ingestion.labelling.views import View

_WIDTH, _HIDDEN, _LAYERS = 48, 96, 3
_SEEN = 8
"""How many rows stand for a word; see `names.tokens`."""
_EPOCHS = 8
_RATE = 3e-3
_DECAY = 0.01
_DROPOUT = 0.35
_POSITIVE = 1.5
_TOKENS_AT_ONCE = 3_000
_LONGEST = 160
_LOWERED, _RAISED = 0.06, 0.03
_WORD, _KNOWN = 0, 2
"""Which of a token's rows stand for the word itself and for what the lists know of it; see `names.tokens`."""
_FORGOTTEN = 0.35
"""How often a token's word, or what is known of it, is hidden, so that contexts count and unlisted names are found."""


@dataclass(frozen=True, slots=True)
class _Sequence:
    rows: NDArray[np.int64]
    truths: NDArray[np.float32]


class Tagger(torch.nn.Module):
    """The same sums and convolutions as `names.tagger.NameTagger`, with gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.EmbeddingBag(ROWS + 1, _WIDTH, mode="sum", padding_idx=ROWS)
        torch.nn.init.normal_(self.table.weight, 0, 0.1)
        sizes = [_WIDTH, *([_HIDDEN] * _LAYERS)]
        self.whole = torch.nn.Linear(_WIDTH, _WIDTH, bias=False)
        self.convolutions = [torch.nn.Linear(3 * size, after) for size, after in pairwise(sizes)]
        self.layers = torch.nn.ModuleList(self.convolutions)
        self.output = torch.nn.Linear(_HIDDEN + _WIDTH, 1)

    def forward(self, rows: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return logits, shape (texts, tokens); `there` is 1 where a text has a token."""
        texts, tokens, seen = rows.shape
        mask = there.unsqueeze(-1)
        embedded = self.table(rows.view(texts * tokens, seen)).view(texts, tokens, _WIDTH) * mask
        whole = self.whole(embedded.sum(1) / there.sum(1, keepdim=True)).unsqueeze(1)
        embedded = functional.dropout(embedded, _DROPOUT, self.training)
        state = (embedded + whole) * mask
        for number, layer in enumerate(self.convolutions):
            before, after = functional.pad(state, (0, 0, 1, 0))[:, :-1], functional.pad(state, (0, 0, 0, 1))[:, 1:]
            raised = torch.relu(layer(torch.cat([before, state, after], -1))) * mask
            state = raised if number == 0 else state + raised
        state = functional.dropout(state, _DROPOUT, self.training)
        logits: torch.Tensor = self.output(torch.cat([state, embedded], -1)).squeeze(-1)
        return logits


def trained(passages: Sequence[Annotated], seed: int) -> Tagger:
    """Return a tagger trained on the passages, with other names in them in every epoch."""
    torch.manual_seed(seed)
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    swapper = Swapper(chance)
    tagger = Tagger()
    optimizer = torch.optim.AdamW(tagger.parameters(), lr=_RATE, weight_decay=_DECAY)
    tagger.train()
    for epoch in range(_EPOCHS):
        batches = _batches([one for passage in passages for one in _encoded(swapper.swapped(passage), chance)], chance)
        for number, (rows, truths, there) in enumerate(batches):
            left = 1 - (epoch + number / len(batches)) / _EPOCHS
            for group in optimizer.param_groups:
                group["lr"] = _RATE * max(0.02, left)
            loss = functional.binary_cross_entropy_with_logits(
                tagger(rows, there), truths, weight=there, pos_weight=torch.tensor(_POSITIVE), reduction="sum"
            )
            optimizer.zero_grad()
            (loss / there.sum()).backward()  # type: ignore[no-untyped-call]  # torch types half of itself
            torch.nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimizer.step()
    return tagger.eval()


def stored(tagger: Tagger, threshold: float) -> dict[str, NDArray[np.generic]]:
    """Return the weights as `names.tagger` reads them, tables in half precision."""

    def half(weights: torch.Tensor) -> NDArray[np.float16]:
        return weights.detach().numpy().astype(np.float16)

    layers = {
        name: value
        for number, layer in enumerate(tagger.convolutions)
        for name, value in (
            (f"weights_{number}", half(layer.weight.T)),
            (f"bias_{number}", layer.bias.detach().numpy()),
        )
    }
    return {
        "table": half(tagger.table.weight[:ROWS]),
        "whole": half(tagger.whole.weight.T),
        "layers": np.array(len(tagger.convolutions)),
        "output_weights": half(tagger.output.weight.T),
        "output_bias": tagger.output.bias.detach().numpy(),
        "threshold": np.array(threshold, dtype=np.float32),
        **layers,
    }


def _encoded(passage: Annotated, chance: random.Random) -> list[_Sequence]:
    """Return the passage as rows and truths per token, some of it all small or all capital, in bounded pieces."""
    view = folded(View.of(passage.text))
    text = _recased(view.text, chance)
    spans = [match.span() for match in TOKEN.finditer(text)]
    truths = np.zeros(len(spans), dtype=np.float32)
    begins = [int(view.starts[start]) for start, _ in spans]
    for start, end in passage.spans:
        for position in range(bisect_left(begins, start), bisect_left(begins, end)):
            truths[position] = text[spans[position][0]].isalpha()
    rows = np.full((len(spans), _SEEN), ROWS, dtype=np.int64)
    for position, (start, end) in enumerate(spans):
        own = rows_of(text[start:end])
        rows[position, : len(own)] = own
        if len(own) > 1:
            for hidden in (_WORD, _KNOWN):
                if chance.random() < _FORGOTTEN:
                    rows[position, hidden] = ROWS
    return [_Sequence(rows[at : at + _LONGEST], truths[at : at + _LONGEST]) for at in range(0, len(spans), _LONGEST)]


def _recased(text: str, chance: random.Random) -> str:
    draw = chance.random()
    return text.lower() if draw < _LOWERED else text.upper() if draw < _LOWERED + _RAISED else text


def _batches(
    sequences: list[_Sequence], chance: random.Random
) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    ordered = sorted(sequences, key=lambda one: len(one.truths) + chance.random())
    batches = []
    first = 0
    while first < len(ordered):
        count = max(8, _TOKENS_AT_ONCE // len(ordered[first].truths))
        batches.append(_padded(ordered[first : first + count]))
        first += count
    chance.shuffle(batches)
    return batches


def _padded(batch: list[_Sequence]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest = max(len(one.truths) for one in batch)
    rows = np.full((len(batch), longest, _SEEN), ROWS, dtype=np.int64)
    truths, there = np.zeros((2, len(batch), longest), dtype=np.float32)
    for number, one in enumerate(batch):
        size = len(one.truths)
        rows[number, :size], truths[number, :size], there[number, :size] = one.rows, one.truths, 1
    return torch.from_numpy(rows), torch.from_numpy(truths), torch.from_numpy(there)
