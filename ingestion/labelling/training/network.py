"""The network behind the heads, in torch: trained here, run by numpy when texts are labelled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Matrix = NDArray[np.float32]

ROWS = 1 << 15
_WIDTH = 16
_HIDDEN = 64
_EPOCHS = 8
_BATCH = 128
_RATE = 2e-3
_DECAY = 0.03
_NOISE = 0.5
"""In units of an embedding's scale: its low bits differ between processors and must not matter."""
_KEPT_WORDS = 0.3
_DROPOUT = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the network learns from: scaled inputs, rows of words, truths and how much each truth counts."""

    inputs: Matrix
    rows: Sequence[NDArray[np.intp]]
    truths: Matrix
    weights: Matrix

    def at(self, positions: NDArray[np.intp]) -> "Sample":
        """Return these texts of the sample."""
        return Sample(
            inputs=self.inputs[positions],
            rows=[self.rows[position] for position in positions],
            truths=self.truths[positions],
            weights=self.weights[positions],
        )


class Trainable(torch.nn.Module):
    """Words from a table beside embedding and features, one hidden layer, one logit per kind."""

    def __init__(self, inputs: int, kinds: int) -> None:
        super().__init__()
        self.words = torch.nn.EmbeddingBag(ROWS, _WIDTH, mode="sum")
        torch.nn.init.normal_(self.words.weight, 0, 0.02)
        self.hidden = torch.nn.Linear(inputs + _WIDTH, _HIDDEN)
        self.output = torch.nn.Linear(_HIDDEN, kinds)

    def forward(self, inputs: torch.Tensor, rows: Sequence[NDArray[np.intp]]) -> torch.Tensor:
        """Return logits, shape (n, kinds)."""
        kept = [_some(own) if self.training else own for own in rows]
        sizes = torch.tensor([len(own) for own in kept])
        offsets = torch.cat([torch.zeros(1, dtype=torch.long), sizes.cumsum(0)[:-1]])
        flat = torch.from_numpy(np.concatenate(kept).astype(np.int64))
        wording = self.words(flat, offsets) / sizes.clamp(min=1).sqrt().unsqueeze(1)
        if self.training:
            inputs = inputs + torch.randn_like(inputs) * _NOISE
        hidden = functional.dropout(torch.relu(self.hidden(torch.cat([inputs, wording], 1))), _DROPOUT, self.training)
        logits: torch.Tensor = self.output(hidden)
        return logits


def _some(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    return rows[torch.rand(len(rows)).numpy() < _KEPT_WORDS]


def trained(sample: Sample, seed: int) -> Trainable:
    """Return a network trained on the sample, the same for the same seed and threads."""
    torch.manual_seed(seed)
    network = Trainable(sample.inputs.shape[1], sample.truths.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    inputs, truths, weights = (torch.from_numpy(part) for part in (sample.inputs, sample.truths, sample.weights))
    steps = _EPOCHS * -(-len(inputs) // _BATCH)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.02, steps)
    network.train()
    for _ in range(_EPOCHS):
        for chosen in torch.split(torch.randperm(len(inputs)), _BATCH):
            logits = network(inputs[chosen], [sample.rows[int(position)] for position in chosen])
            loss = functional.binary_cross_entropy_with_logits(logits, truths[chosen], weight=weights[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch types half of itself
            optimizer.step()
            schedule.step()
    return network.eval()


def logits_of(network: Trainable, sample: Sample) -> Matrix:
    """Return the network's logits for a sample."""
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(sample.inputs), sample.rows).numpy(), dtype=np.float32)
