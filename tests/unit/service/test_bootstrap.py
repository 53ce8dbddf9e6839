"""What the settings put together, before anything is connected."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from service import bootstrap
from service.adapters.keystore import create_master_key
from service.adapters.sentence_transformers import model_folder
from service.adapters.signing import create_signing_key
from service.folder import DataFolder
from service.metrics import DETECTOR_FAILURES
from service.ports import Labeller
from service.settings import load

_HARMLESS = "The cafeteria opens at noon and closes at two."
_A_VECTOR = np.full((1, 384), 384**-0.5, dtype=np.float32)


def labeller_of(data: DataFolder, embedder: str) -> Labeller:
    return bootstrap.adapters(load(data_dir=data.path, embedder=embedder)).labeller


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    create_master_key(folder.master_key)
    create_signing_key(folder.audit_key)
    return folder


def test_with_an_embedder_that_the_labeller_was_not_trained_on_nothing_is_harmless(
    data: DataFolder, tmp_path: Path
) -> None:
    """R5: its vectors may have the same length, and a head that reads them would be sure and wrong."""
    other = tmp_path / "other-model"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"max_position_embeddings": 512}))
    shutil.copy(model_folder("packaged") / "tokenizer.json", other)
    (label,) = labeller_of(data, str(other)).label([_HARMLESS], _A_VECTOR)
    assert not label.harmless
    assert label.reasons == ("detector_failed:heads",)


def test_with_the_packaged_embedder_the_heads_judge(data: DataFolder) -> None:
    (label,) = labeller_of(data, "packaged").label([_HARMLESS], _A_VECTOR)
    assert "detector_failed:heads" not in label.reasons


def test_what_the_labeller_could_not_do_is_counted(data: DataFolder) -> None:
    """R5: operators see which detector failed, and how."""
    before = _counted()
    labeller_of(data, "packaged").label([_HARMLESS], np.full((1, 3), 1, dtype=np.float32))
    assert _counted() == before + 1


def _counted() -> float:
    samples = next(iter(DETECTOR_FAILURES.collect())).samples
    heads = {"detector": "heads", "how": "failed"}
    return sum(one.value for one in samples if one.name.endswith("_total") and one.labels == heads)
