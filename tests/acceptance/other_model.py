"""A second embedder with real weights and vectors of another length: the packaged one, turned and cut."""

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense

from service.adapters.sentence_transformers import PACKAGED, model_folder

DIMENSIONS = 256
_FROM = 384


def made(folder: Path) -> Path:
    """Write its files into the folder: a random rotation before the cut keeps most of what is near near."""
    model = SentenceTransformer(str(model_folder(PACKAGED)), local_files_only=True, device="cpu")
    torch.manual_seed(7)
    turned, _ = torch.linalg.qr(torch.randn(_FROM, _FROM))
    dense = Dense(_FROM, DIMENSIONS, bias=False, activation_function=torch.nn.Identity())
    dense.linear.weight.data = turned[:DIMENSIONS].contiguous()
    SentenceTransformer(modules=[*model, dense], device="cpu").save(str(folder))
    return folder
