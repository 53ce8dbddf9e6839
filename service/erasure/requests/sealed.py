"""What a person wrote in a request, under the request's own key."""

from dataclasses import dataclass

import msgspec

from service.erasure.requests.values import SubjectData
from service.errors import KeyDestroyedError
from service.places import request_note_place, request_subject_place
from service.policy.access import ErasureId, TenantId
from service.ports import Clock, ErasedRequest, ErasureLedger, ErasureRecord, KeyStore
from service.sealing import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Seals and opens it. Nobody can open it any more once the request has ended."""

    keys: KeyStore
    ledger: ErasureLedger
    clock: Clock

    def sealed(
        self, tenant_id: TenantId, request_id: ErasureId, *, subject: SubjectData | None, note: str | None
    ) -> tuple[Sealed | None, Sealed | None]:
        """Return subject and note, sealed under a key that is made only where there is something to seal."""
        if subject is None and note is None:
            return None, None
        key = self.keys.create_request_key(tenant_id=tenant_id, request_id=request_id)
        whom = msgspec.json.encode(subject) if subject is not None else None
        return (
            None if whom is None else key.seal(whom, place=request_subject_place(tenant_id, request_id)),
            None if note is None else key.seal(note.encode(), place=request_note_place(tenant_id, request_id)),
        )

    def subject(self, record: ErasureRecord) -> SubjectData | None:
        """Return whom the request is about, None where that is nobody. Raises KeyDestroyedError after its end."""
        if record.subject is None:
            return None
        key = self.keys.request_key(tenant_id=record.tenant_id, request_id=record.id)
        plain = key.open(record.subject, place=request_subject_place(record.tenant_id, record.id))
        return msgspec.json.decode(plain, type=SubjectData)

    def note(self, record: ErasureRecord) -> str | None:
        """Return what somebody wrote, None where nobody did or where it is gone."""
        if record.note is None:
            return None
        try:
            key = self.keys.request_key(tenant_id=record.tenant_id, request_id=record.id)
        except KeyDestroyedError:
            return None
        return key.open(record.note, place=request_note_place(record.tenant_id, record.id)).decode()

    def destroy(self, record: ErasureRecord) -> None:
        """Make both unreadable for ever, also for whoever restores a backup later."""
        now = self.clock.now()
        self.ledger.append([ErasedRequest(tenant_id=record.tenant_id, request_id=record.id, erased_at=now)])
        self.keys.destroy_request_key(tenant_id=record.tenant_id, request_id=record.id)
