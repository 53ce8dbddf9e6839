"""Matters: placed by one, widened by anybody who may place one, released by two."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from service.auditing import entry
from service.errors import ConflictError, InvalidRequestError, NotFoundError, NotPermittedError
from service.places import matter_name_place, matter_note_place
from service.policy.access import DocumentId, KeyId, MatterId, Permission, Principal
from service.ports import Clock, Database, HoldReleaseReason, KeyStore, MatterRecord, Transaction
from service.standing import still_may

_LONGEST_NAME, _LONGEST_NOTE = 300, 10_000
_LONGEST_GROUP = 1_000
_MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What a matter holds: these documents, every document of these groups, or the whole tenant."""

    documents: frozenset[DocumentId] = frozenset()
    groups: frozenset[str] = frozenset()
    whole_tenant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """That somebody asked for a hold's release, why, and who confirmed it, if anybody did."""

    asked_at: datetime
    asked_by: KeyId
    reason: HoldReleaseReason
    confirmed_at: datetime | None
    confirmed_by: KeyId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterView:
    """A matter as those read it who may see holds; `documents` are the listed ones only."""

    id: MatterId
    name: str
    note: str | None
    stands: bool
    whole_tenant: bool
    groups: tuple[str, ...]
    documents: tuple[DocumentId, ...]
    opened_at: datetime
    opened_by: KeyId
    release: ReleaseView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """Places, widens, shows and releases holds. Nothing narrows one but its release, which takes two API keys."""

    database: Database
    keys: KeyStore
    clock: Clock

    def place(self, principal: Principal, *, name: str, cover: Cover, note: str | None = None) -> MatterView:
        """Open a matter that holds what `cover` says, from its commit on.

        Raises NotFoundError where a listed document is not there (any more): an erasure that came first has won.
        """
        _check(principal, Permission.PLACE_HOLD)
        _check_texts(name, note)
        _check_cover(cover)
        record = self._sealed(principal, name, note, cover)
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.holds.lock()
            self._list(transaction, principal, record, cover, new=True)
            self._audit(transaction, principal, "hold_placed", record.id, _facts(cover))
            return self._view(transaction, record)

    def add(self, principal: Principal, matter_id: MatterId, cover: Cover) -> MatterView:
        """Have a matter hold more. A release that was asked for is taken back: it was asked for less than this."""
        _check(principal, Permission.PLACE_HOLD)
        _check_cover(cover)
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.holds.lock()
            kept = _standing(transaction, matter_id)
            record = replace(
                _unasked(kept), groups=kept.groups | cover.groups, whole_tenant=kept.whole_tenant or cover.whole_tenant
            )
            self._list(transaction, principal, record, cover, new=False)
            facts = _facts(cover) | {"release_taken_back": kept.release_asked_at is not None}
            self._audit(transaction, principal, "hold_extended", record.id, facts)
            return self._view(transaction, record)

    def all(self, principal: Principal) -> tuple[MatterView, ...]:
        """Return every matter of the tenant, released ones too, oldest first."""
        _check(principal, Permission.SEE_HOLDS)
        with self.database.transaction(principal.tenant_id) as transaction:
            return tuple(self._view(transaction, record) for record in transaction.holds.all())

    def get(self, principal: Principal, matter_id: MatterId) -> MatterView:
        """Return one matter. Raises NotFoundError."""
        _check(principal, Permission.SEE_HOLDS)
        with self.database.transaction(principal.tenant_id) as transaction:
            return self._view(transaction, _known(transaction, matter_id))

    def ask_release(self, principal: Principal, matter_id: MatterId, reason: HoldReleaseReason) -> MatterView:
        """Ask for a hold's release; it stands until another API key confirms. Asking anew replaces what was asked."""
        _check(principal, Permission.RELEASE_HOLD)
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.holds.lock()
            asked = replace(
                _standing(transaction, matter_id),
                release_asked_at=self.clock.now(),
                release_asked_by=principal.key_id,
                release_reason=reason,
            )
            transaction.holds.update(asked)
            self._audit(transaction, principal, "hold_release_asked", matter_id, {"reason": reason.value})
            return self._view(transaction, asked)

    def take_back(self, principal: Principal, matter_id: MatterId) -> MatterView:
        """Take back what somebody asked for: whoever may release may insist on the hold. ConflictError for nothing."""
        _check(principal, Permission.RELEASE_HOLD)
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.holds.lock()
            kept = _unasked(_asked(transaction, matter_id))
            transaction.holds.update(kept)
            self._audit(transaction, principal, "hold_release_taken_back", matter_id, {})
            return self._view(transaction, kept)

    def confirm_release(self, principal: Principal, matter_id: MatterId) -> MatterView:
        """Release the hold that another API key, which may still do so, asked to be released.

        Raises NotPermittedError for the key that asked, ConflictError where nobody (any more) has asked.
        """
        _check(principal, Permission.RELEASE_HOLD)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            transaction.holds.lock()
            record = _asked(transaction, matter_id)
            if record.release_asked_by == principal.key_id:
                message = "A hold is released by two people: another API key than the one that asked has to confirm."
                raise NotPermittedError(message)
            if not still_may(transaction, record.release_asked_by, Permission.RELEASE_HOLD, now=now):
                message = "The API key that asked for this release may not do so any more: it has to be asked for anew."
                raise ConflictError(message)
            released = replace(record, released_at=now, released_by=principal.key_id)
            transaction.holds.update(released)
            facts = {"reason": record.release_reason.value if record.release_reason else None}
            self._audit(transaction, principal, "hold_released", matter_id, facts)
            return self._view(transaction, released)

    def _sealed(self, principal: Principal, name: str, note: str | None, cover: Cover) -> MatterRecord:
        tenant_id, matter_id = principal.tenant_id, MatterId(uuid4())
        key = self.keys.tenant_key(tenant_id)
        return MatterRecord(
            id=matter_id,
            tenant_id=tenant_id,
            name=key.seal(name.strip().encode(), place=matter_name_place(tenant_id, matter_id)),
            note=key.seal(note.encode(), place=matter_note_place(tenant_id, matter_id)) if note else None,
            whole_tenant=cover.whole_tenant,
            groups=cover.groups,
            opened_at=self.clock.now(),
            opened_by=principal.key_id,
        )

    def _list(
        self, transaction: Transaction, principal: Principal, record: MatterRecord, cover: Cover, *, new: bool
    ) -> None:
        """Write the matter and the documents listed for it, which have to be there."""
        if any(transaction.documents.get(document_id) is None for document_id in cover.documents):
            raise NotFoundError
        if new:
            transaction.holds.add(record)
        else:
            transaction.holds.update(record)
        transaction.holds.cover(record.id, sorted(cover.documents), at=self.clock.now(), by=principal.key_id)

    def _view(self, transaction: Transaction, record: MatterRecord) -> MatterView:
        key, release = self.keys.tenant_key(record.tenant_id), None
        note = key.open(record.note, place=matter_note_place(record.tenant_id, record.id)) if record.note else None
        if record.release_asked_at and record.release_asked_by and record.release_reason:
            release = ReleaseView(
                asked_at=record.release_asked_at,
                asked_by=record.release_asked_by,
                reason=record.release_reason,
                confirmed_at=record.released_at,
                confirmed_by=record.released_by,
            )
        return MatterView(
            id=record.id,
            name=key.open(record.name, place=matter_name_place(record.tenant_id, record.id)).decode(),
            note=None if note is None else note.decode(),
            stands=record.released_at is None,
            whole_tenant=record.whole_tenant,
            groups=tuple(sorted(record.groups)),
            documents=transaction.holds.documents(record.id),
            opened_at=record.opened_at,
            opened_by=record.opened_by,
            release=release,
        )

    def _audit(
        self, transaction: Transaction, principal: Principal, action: str, subject: UUID, facts: Mapping[str, object]
    ) -> None:
        tenant_id, now = principal.tenant_id, self.clock.now()
        transaction.audit.append(entry(tenant_id, action, at=now, actor=principal.key_id, subject=subject, facts=facts))


def _check(principal: Principal, permission: Permission) -> None:
    if not principal.may(permission):
        raise NotPermittedError


def _check_texts(name: str, note: str | None) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or len(note or "") > _LONGEST_NOTE:
        message = f"a matter has a name of at most {_LONGEST_NAME} characters; its note has at most {_LONGEST_NOTE:,}"
        raise InvalidRequestError(message)


def _check_cover(cover: Cover) -> None:
    if not (cover.documents or cover.groups or cover.whole_tenant):
        message = "say what is held: documents, groups, or the whole tenant"
        raise InvalidRequestError(message)
    if len(cover.documents) > _MOST_AT_ONCE or len(cover.groups) > _MOST_AT_ONCE:
        message = f"at most {_MOST_AT_ONCE:,} documents and groups are named at once; add the others afterwards"
        raise InvalidRequestError(message)
    if any(not group or len(group) > _LONGEST_GROUP or "\x00" in group for group in cover.groups):
        message = f"the name of a group has 1 to {_LONGEST_GROUP:,} characters, and no NUL"
        raise InvalidRequestError(message)


def _facts(cover: Cover) -> dict[str, object]:
    """Tell ids and counts: the name of a group may be a word of the tenant's own."""
    return {"documents": sorted(cover.documents), "groups": len(cover.groups), "whole_tenant": cover.whole_tenant}


def _known(transaction: Transaction, matter_id: MatterId) -> MatterRecord:
    record = transaction.holds.get(matter_id)
    if record is None:
        raise NotFoundError
    return record


def _standing(transaction: Transaction, matter_id: MatterId) -> MatterRecord:
    record = _known(transaction, matter_id)
    if record.released_at is not None:
        message = "This hold was released; place a new one."
        raise ConflictError(message)
    return record


def _asked(transaction: Transaction, matter_id: MatterId) -> MatterRecord:
    record = _standing(transaction, matter_id)
    if record.release_asked_by is None:
        message = "Nobody has asked for the release of this hold, or it was taken back."
        raise ConflictError(message)
    return record


def _unasked(record: MatterRecord) -> MatterRecord:
    return replace(record, release_asked_at=None, release_asked_by=None, release_reason=None)
