"""The pins of local models on disk: read as they were written, and never silently absent (R17)."""

from pathlib import Path

import pytest

from service.adapters.pin_file import PinFile
from service.backends import ModelPin
from service.errors import SettingsError


def a_pin(model: str, quantisation: str = "fp8") -> ModelPin:
    return ModelPin(
        model=model,
        quantisation=quantisation,
        fingerprints=("v-1",),
        tokens=("a", "b"),
        logprobs=(-0.25, -1.5),
        tolerance=0.02,
    )


def test_pins_are_read_as_they_were_written_and_the_last_one_of_a_model_counts(tmp_path: Path) -> None:
    file = PinFile(tmp_path / "model-pins.json")
    assert file.read() == {}
    for pin in (a_pin("small"), a_pin("large"), a_pin("small", "awq")):
        file.write(pin)
    assert file.read() == {"small": a_pin("small", "awq"), "large": a_pin("large")}


@pytest.mark.parametrize("content", ["", "{", '{"small": {}}', "[]"])
def test_a_damaged_file_is_not_taken_for_none(tmp_path: Path, content: str) -> None:
    """Else whoever damages it switches the check off."""
    path = tmp_path / "model-pins.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match="ringfence models pin"):
        PinFile(path).read()
    PinFile(path).write(a_pin("small"))
    assert PinFile(path).read() == {"small": a_pin("small")}
