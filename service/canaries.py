"""Canaries: tokens to plant in documents, so that one in an answer that it does not belong into is noticed (R19)."""

import secrets
from dataclasses import dataclass
from uuid import UUID, uuid4

from service.auditing import entry
from service.errors import InvalidRequestError, NotFoundError, NotPermittedError
from service.policy.access import Permission, Principal, TenantId
from service.policy.output import STEM, CanaryWatch, Watched, canonical
from service.ports import CanaryRecord, Clock, Database, KeyStore
from service.sealing import Key

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES, _WORDS = 3, 4
"""Twelve syllables of 70: 73 bits. Words that can be said are copied by models as they are, and look like no key."""
_MOST = 1_000
_LONGEST_TEXT = 1_000_000
_PURPOSE = "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """Makes, lists and recognises canaries. A token is shown once and stored only as keyed hashes."""

    database: Database
    keys: KeyStore
    clock: Clock

    def add(self, principal: Principal) -> tuple[CanaryRecord, str]:
        """Return a new canary and its token, to be planted in a document."""
        _check(principal)
        token = "-".join("".join(_syllable() for _ in range(_SYLLABLES)) for _ in range(_WORDS))
        plain, key = canonical(token), self.keys.tenant_key(principal.tenant_id)
        record = CanaryRecord(
            id=uuid4(),
            tenant_id=principal.tenant_id,
            length=len(plain),
            stem=_fingerprint(key, plain[:STEM]),
            fingerprint=_fingerprint(key, plain),
            created_at=self.clock.now(),
            created_by=principal.key_id,
        )
        with self.database.transaction(principal.tenant_id) as transaction:
            if len(transaction.canaries.all()) >= _MOST:
                message = f"a tenant has at most {_MOST:,} canaries; remove some first"
                raise InvalidRequestError(message)
            transaction.canaries.add(record)
            added = entry(
                principal.tenant_id,
                "canary_added",
                at=record.created_at,
                actor=principal.key_id,
                subject=record.id,
                facts={},
            )
            transaction.audit.append(added)
        return record, token

    def all(self, principal: Principal) -> tuple[CanaryRecord, ...]:
        """Return the tenant's canaries, oldest first."""
        _check(principal)
        return self._records(principal.tenant_id)

    def remove(self, principal: Principal, canary_id: UUID) -> None:
        """Stop watching for one. Raises NotFoundError."""
        _check(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            if not transaction.canaries.remove(canary_id):
                raise NotFoundError
            removed = entry(
                principal.tenant_id,
                "canary_removed",
                at=self.clock.now(),
                actor=principal.key_id,
                subject=canary_id,
                facts={},
            )
            transaction.audit.append(removed)

    def found_in(self, principal: Principal, text: str) -> tuple[UUID, ...]:
        """Return the canaries that stand in a text, however they are written, in order."""
        _check(principal)
        if len(text) > _LONGEST_TEXT:
            message = f"at most {_LONGEST_TEXT:,} characters are looked at together"
            raise InvalidRequestError(message)
        left = {str(record.id): record for record in self._records(principal.tenant_id)}
        found: list[UUID] = []
        while left:
            watch = self._watch(tuple(left.values()), principal.tenant_id, ())
            watch.push(text)
            if watch.stop is None:
                break
            found.append(left.pop(watch.stop.reference).id)
        return tuple(found)

    def watch(self, tenant_id: TenantId, *, shown: tuple[str, ...]) -> CanaryWatch:
        """Return a watch over one answer for every canary of the tenant that the shown texts do not hold."""
        return self._watch(self._records(tenant_id), tenant_id, shown)

    def _watch(self, records: tuple[CanaryRecord, ...], tenant_id: TenantId, shown: tuple[str, ...]) -> CanaryWatch:
        key = self.keys.tenant_key(tenant_id)
        return CanaryWatch(
            [
                Watched(reference=str(one.id), length=one.length, stem=one.stem, fingerprint=one.fingerprint)
                for one in records
            ],
            fingerprint=lambda plain: _fingerprint(key, plain),
            shown=shown,
        )

    def _records(self, tenant_id: TenantId) -> tuple[CanaryRecord, ...]:
        with self.database.transaction(tenant_id) as transaction:
            return transaction.canaries.all()


def _check(principal: Principal) -> None:
    if not principal.may(Permission.KEEP_CANARIES):
        raise NotPermittedError


def _fingerprint(key: Key, plain: str) -> str:
    return key.fingerprint(plain.encode(), purpose=_PURPOSE)


def _syllable() -> str:
    return secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS)
