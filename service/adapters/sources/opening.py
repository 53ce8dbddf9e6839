"""Opens sources: each by its own adapter, within what the operator's file allows the tenant today."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from service.adapters.sources.folder import FolderSource
from service.adapters.sources.register import TomlSourceRegister
from service.errors import InvalidRequestError, SettingsError
from service.ports import Source, SourceKind, SourceOpener, SourceSettings


class AllowedSources(SourceOpener):
    """Every source that the file allows; nothing outside, whoever asks."""

    def __init__(self, register: TomlSourceRegister, *, largest: int) -> None:
        self._register = register
        self._largest = largest

    @override
    def check(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> None:
        self._path(tenant, settings)

    @override
    @contextmanager
    def opened(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> Iterator[Source]:
        with FolderSource.at(self._path(tenant, settings), settings, largest=self._largest) as source:
            yield source

    def _path(self, tenant: str, settings: SourceSettings) -> Path:
        """Return the real path of a location, which lies in one of the tenant's folders."""
        path = Path(settings.location)
        try:
            roots = [root.resolve() for root in self._register.read().roots(tenant)]
            real = path.resolve()
        except (OSError, RuntimeError):
            roots, real = [], path
        except SettingsError as error:
            raise InvalidRequestError(str(error)) from None
        if not path.is_absolute() or not any(real.is_relative_to(root) for root in roots):
            message = "the operator's sources file does not let this tenant read there"
            raise InvalidRequestError(message)
        return real
