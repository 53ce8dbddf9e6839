"""Opens sources: each by its own adapter, within what the operator's file allows the tenant today."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from typing_extensions import override

from service.adapters.sources.bucket import BucketSource
from service.adapters.sources.folder import FolderSource
from service.adapters.sources.imap import ImapSource
from service.adapters.sources.manifest import ManifestSource
from service.adapters.sources.messages import MaildirSource, MboxSource
from service.adapters.sources.register import Connection, ConnectionKind, TomlSourceRegister
from service.errors import InvalidRequestError, SettingsError, SourceUnreachableError
from service.ports import Source, SourceKind, SourceOpener, SourceSettings

_LIST = SourceKind.MANIFEST
_CONNECTED = frozenset({SourceKind.S3, SourceKind.IMAP})


class AllowedSources(SourceOpener):
    """Every source that the file allows; nothing outside, whoever asks."""

    def __init__(self, register: TomlSourceRegister, *, largest: int) -> None:
        self._register = register
        self._largest = largest

    @override
    def check(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> None:
        if kind in _CONNECTED:
            self._connection(tenant, kind, settings)
        else:
            self._path(tenant, settings)

    @override
    @contextmanager
    def opened(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> Iterator[Source]:
        with ExitStack() as stack:
            try:
                yield self._open(stack, tenant, kind, settings)
            except SettingsError:
                raise SourceUnreachableError from None

    def _open(self, stack: ExitStack, tenant: str, kind: SourceKind, settings: SourceSettings) -> Source:
        largest = self._largest
        if kind is SourceKind.S3:
            return BucketSource.at(self._connection(tenant, kind, settings), settings, largest=largest)
        if kind is SourceKind.IMAP:
            account = self._connection(tenant, kind, settings)
            return stack.enter_context(ImapSource.at(account, settings, largest=largest))
        path = self._path(tenant, settings)
        if kind is SourceKind.MBOX:
            return MboxSource(path=path, settings=settings, largest=largest)
        around = self._path(tenant, replace(settings, location=str(path.parent))) if kind is _LIST else path
        folder = stack.enter_context(FolderSource.at(around, settings, largest=largest))
        if kind is SourceKind.MAILDIR:
            return MaildirSource(folder=folder, settings=settings)
        return ManifestSource(folder=folder, path=path, settings=settings) if kind is _LIST else folder

    def _connection(self, tenant: str, kind: SourceKind, settings: SourceSettings) -> Connection:
        """Return a connection that the tenant may use."""
        try:
            found = self._register.read().connected(tenant, settings.location, ConnectionKind(kind.value))
        except SettingsError as error:
            raise InvalidRequestError(str(error)) from None
        if found is None:
            message = "the operator's sources file has no such connection for this tenant"
            raise InvalidRequestError(message)
        return found

    def _path(self, tenant: str, settings: SourceSettings) -> Path:
        """Return the real path of a location, which lies in one of the tenant's folders."""
        path = Path(settings.location)
        try:
            roots = [root.resolve() for root in self._register.read().roots(tenant)]
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):
            roots, real = [], path
        except SettingsError as error:
            raise InvalidRequestError(str(error)) from None
        if not path.is_absolute() or not any(real.is_relative_to(root) for root in roots):
            message = "the operator's sources file does not let this tenant read there"
            raise InvalidRequestError(message)
        return real
