"""What is written of a source, sealed: its name and settings, and the names of things there."""

from dataclasses import dataclass

import msgspec

from service.places import source_cursor_place, source_item_place, source_name_place, source_settings_place
from service.policy.access import SourceId, TenantId
from service.ports import Found, KeyStore, RunRecord, SourceItem, SourceRecord, SourceSettings
from service.sealing import Key, Sealed

_CONTENT = "content"
"""The purpose under which `Documents` makes the fingerprint of a content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """Keyed hashes of what was found at one source, under the tenant's key."""

    key: Key
    source_id: SourceId

    def place(self, place: str) -> str:
        """Return that of a place."""
        return self._of("source_place", place)

    def hint(self, found: Found) -> str | None:
        """Return that of what tells of a change, None where nothing does."""
        return None if found.hint is None else self._of("source_hint", found.hint)

    def access(self, found: Found) -> str:
        """Return that of who may see it and what was declared of it."""
        told = (sorted(found.groups), sorted(one.value for one in found.declared))
        return self._of("source_access", msgspec.json.encode(told).decode())

    def content(self, content: bytes) -> str:
        """Return that of a content, as documents have it."""
        return self.key.fingerprint(content, purpose=_CONTENT)

    def external(self, external_id: str) -> str:
        """Return that of an external id, as documents have it."""
        return self.key.fingerprint(external_id.encode(), purpose="external_id")

    def _of(self, purpose: str, value: str) -> str:
        return self.key.fingerprint(f"{self.source_id}|{value}".encode(), purpose=purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSources:
    """Seals and opens under the tenant's key; where a thing is a document, under the document's."""

    keys: KeyStore

    def fingerprints(self, source: SourceRecord) -> Fingerprints:
        """Return what makes the keyed hashes of a source."""
        return Fingerprints(key=self.keys.tenant_key(source.tenant_id), source_id=source.id)

    def name(self, tenant_id: TenantId, source_id: SourceId, name: str) -> Sealed:
        """Seal what a source is called."""
        return self._key(tenant_id).seal(name.encode(), place=source_name_place(tenant_id, source_id))

    def settings(self, tenant_id: TenantId, source_id: SourceId, settings: SourceSettings) -> Sealed:
        """Seal where a source lies and who may see what comes from it."""
        written = msgspec.json.encode(settings, order="deterministic")
        return self._key(tenant_id).seal(written, place=source_settings_place(tenant_id, source_id))

    def name_of(self, source: SourceRecord) -> str:
        """Return what a source is called."""
        place = source_name_place(source.tenant_id, source.id)
        return self._key(source.tenant_id).open(source.name, place=place).decode()

    def settings_of(self, source: SourceRecord) -> SourceSettings:
        """Return where a source lies and who may see what comes from it."""
        place = source_settings_place(source.tenant_id, source.id)
        return msgspec.json.decode(self._key(source.tenant_id).open(source.settings, place=place), type=SourceSettings)

    def cursor(self, run: RunRecord, place: str) -> Sealed:
        """Seal the last place that a run has dealt with."""
        return self._key(run.tenant_id).seal(place.encode(), place=source_cursor_place(run.tenant_id, run.id))

    def cursor_of(self, run: RunRecord) -> str | None:
        """Return the last place that a run has dealt with."""
        if run.cursor is None:
            return None
        place = source_cursor_place(run.tenant_id, run.id)
        return self._key(run.tenant_id).open(run.cursor, place=place).decode()

    def item_name(self, item: SourceItem, name: str, *, key: Key | None = None) -> Sealed:
        """Seal a thing's place in words: under its document's key where it is given, else the tenant's."""
        place = source_item_place(item.tenant_id, item.source_id, item.place)
        return (key or self._key(item.tenant_id)).seal(name.encode(), place=place)

    def opened(self, item: SourceItem) -> str | None:
        """Return a thing's place in words, None where nobody may know it any more. Raises KeyDestroyedError."""
        if item.name is None:
            return None
        key = self._key(item.tenant_id)
        if item.document_id is not None:
            key = self.keys.document_key(tenant_id=item.tenant_id, document_id=item.document_id)
        place = source_item_place(item.tenant_id, item.source_id, item.place)
        return key.open(item.name, place=place).decode()

    def _key(self, tenant_id: TenantId) -> Key:
        return self.keys.tenant_key(tenant_id)
