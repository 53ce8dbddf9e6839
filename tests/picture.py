"""A backup of a world on twins: what a dump, the vault and the keys hold at one moment, and how they come back."""

from typing import Any, cast

from service.adapters.memory.database import InMemoryDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from tests.assembled import World


class Picture:
    """What a backup takes of a world: rows, keys and originals as of now. The index and the ledger are in none."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._database, self._keys = cast("InMemoryDatabase", world.database), cast("InMemoryKeyStore", world.keys)
        self._rows = dict(self._database._rows)  # noqa: SLF001 - a copy of the store itself
        self._copies = [(store, dict(store)) for store in self._stores()]

    def restore(self) -> None:
        """Put it all back."""
        self._database._rows = dict(self._rows)  # noqa: SLF001 - as it was copied
        for store, copy in self._copies:
            refilled(store, copy)

    def _stores(self) -> list[dict[Any, Any]]:
        keys = self._keys
        return [keys.documents, keys.turns, keys._actors, self._world.vault.originals]  # noqa: SLF001 - likewise


def refilled(store: dict[Any, Any], copy: dict[Any, Any]) -> None:
    """Fill the same dictionary: inspectors look at it, too."""
    store.clear()
    store.update(copy)
