"""An S3-compatible bucket, or a part of one, in the order of its keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store
from typing_extensions import override

from service.adapters.sources.register import Connection, secret
from service.errors import SourceUnreachableError
from service.ports import Blind, Found, Source, SourceSettings, Trouble
from service.ports.sourcing import SourceTroubleError


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSource(Source):
    """What lies below a prefix. Keys with a part that begins with a dot are left out, as hidden files are."""

    store: ObjectStore
    prefix: str
    settings: SourceSettings
    largest: int

    @classmethod
    def at(cls, connection: Connection, settings: SourceSettings, *, largest: int) -> "BucketSource":
        """Return the bucket of a connection. Raises SettingsError where its secret cannot be read."""
        store = S3Store(
            connection.bucket or "",
            endpoint=connection.url,
            region=connection.region or "us-east-1",
            access_key_id=connection.access_key or "",
            secret_access_key=secret(connection),
            client_options={"allow_http": (connection.url or "").startswith("http://")},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        )
        parts = [part.strip("/") for part in (connection.prefix, settings.within) if part.strip("/")]
        return cls(store=store, prefix="/".join(parts), settings=settings, largest=largest)

    @override
    def walk(self, *, after: str | None = None) -> Iterator[Found | Blind]:
        pages = iter(obstore.list(self.store, self.prefix or None, offset=after))
        while True:
            try:
                page = next(pages, None)
            except (BaseError, OSError):
                raise SourceUnreachableError from None
            if page is None:
                return
            for one in page:
                key = str(one["path"])
                if not any(part.startswith(".") for part in key.split("/")):
                    told = (one["size"], one["e_tag"], one["version"], one["last_modified"])
                    yield self.found(key, size=one["size"], hint="|".join(map(str, told)))

    def found(self, key: str, *, size: int | None = None, hint: str | None = None) -> Found:
        """Return the object with this key."""
        return Found(
            place=key,
            name=key.rpartition("/")[2],
            read=partial(self._read, key),
            hint=hint,
            groups=self.settings.groups,
            declared=self.settings.declared,
            trouble=Trouble.TOO_LARGE if size is not None and size > self.largest else None,
        )

    def _read(self, key: str) -> bytes:
        try:
            got = obstore.get(self.store, key)
            if got.meta["size"] > self.largest:
                raise SourceTroubleError(Trouble.TOO_LARGE)
            return got.bytes().to_bytes()
        except (FileNotFoundError, PermissionError):
            raise SourceTroubleError(Trouble.UNREADABLE) from None
        except (BaseError, OSError):
            raise SourceUnreachableError from None
