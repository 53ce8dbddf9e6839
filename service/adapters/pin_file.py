"""The pins of local models in one JSON file of the data folder."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from service.backends.pins import ModelPin
from service.errors import SettingsError


class PinFile:
    """Pins by model name. The file holds what the models said to a fixed, public question, and no secret."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Mapping[str, ModelPin]:
        """Return every pin; none where nothing was pinned yet. Raises SettingsError where the file is damaged."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, ModelPin])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError):
            # Not "no pin": then a damaged file would switch the check off.
            message = f"{self._path} cannot be read as the pins of local models; run `ringfence models pin` again"
            raise SettingsError(message) from None

    def write(self, pin: ModelPin) -> None:
        """Add the pin, or put it in the place of the model's last one. A damaged file is written anew."""
        try:
            pins = dict(self.read())
        except SettingsError:
            pins = {}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_bytes(msgspec.json.format(msgspec.json.encode({**pins, pin.model: pin}), indent=2))
        partial.replace(self._path)
