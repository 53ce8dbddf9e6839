"""Tenants and API keys: who may ask at all."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from service.errors import InvalidRequestError, NotAuthenticatedError, NotFoundError
from service.policy.access import EVERYONE, KeyId, Principal, Role, TenantId
from service.ports import ApiKeyRecord, Clock, Database, Tenant

_TOKEN_PREFIX = "rf_"  # noqa: S105 - marks our tokens so that scanners can find a lost one
_TOKEN_BYTES = 32
_SLUG_LENGTH = 63
_ERASED = "erased-"
"""How a tenant is called after its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principals:
    """Issues, checks and revokes API keys. A key's secret is shown once and stored only as its SHA-256."""

    database: Database
    clock: Clock

    def authenticate(self, token: str) -> Principal:
        """Return who holds this token. Raises NotAuthenticatedError for any other text."""
        record = self.database.api_key(_sha256(token)) if token.startswith(_TOKEN_PREFIX) else None
        now = self.clock.now()
        if record is None or _ended(record.expires_at, now) or _ended(record.revoked_at, now):
            raise NotAuthenticatedError
        return Principal(tenant_id=record.tenant_id, key_id=record.id, role=record.role, groups=record.groups)

    def add_tenant(self, slug: str) -> Tenant:
        """Create a tenant. Raises ConflictError where the name is taken."""
        if (
            not slug.replace("-", "").isalnum()
            or not slug.isascii()
            or slug != slug.lower()
            or len(slug) > _SLUG_LENGTH
            or slug.startswith(_ERASED)
        ):
            message = "a tenant's name: at most 63 lower-case letters, digits and hyphens, not beginning with erased-"
            raise InvalidRequestError(message)
        tenant = Tenant(id=TenantId(uuid4()), slug=slug, created_at=self.clock.now())
        self.database.add_tenant(tenant)
        return tenant

    def tenant(self, slug: str) -> Tenant:
        """Return the tenant of this name. Raises NotFoundError."""
        for tenant in self.database.tenants():
            if tenant.slug == slug:
                return tenant
        message = f"there is no tenant {slug!r}; create it with `ringfence tenants add {slug}`"
        raise NotFoundError(message)

    def issue(
        self,
        tenant_id: TenantId,
        *,
        name: str,
        role: Role,
        groups: Iterable[str] = (),
        expires_at: datetime | None = None,
    ) -> tuple[ApiKeyRecord, str]:
        """Create an API key; return its record and the token, which nobody can show again."""
        token = _TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        record = ApiKeyRecord(
            id=KeyId(uuid4()),
            tenant_id=tenant_id,
            name=name,
            secret_sha256=_sha256(token),
            role=role,
            groups=frozenset(groups) - {EVERYONE},
            created_at=self.clock.now(),
            expires_at=expires_at,
        )
        with self.database.transaction(tenant_id) as transaction:
            transaction.api_keys.add(record)
        return record, token

    def keys(self, tenant_id: TenantId) -> tuple[ApiKeyRecord, ...]:
        """Return every key of the tenant, oldest first."""
        with self.database.transaction(tenant_id) as transaction:
            return transaction.api_keys.all()

    def revoke(self, tenant_id: TenantId, key_id: KeyId) -> None:
        """Make the key useless from now on. Raises NotFoundError."""
        with self.database.transaction(tenant_id) as transaction:
            if not transaction.api_keys.revoke(key_id, self.clock.now()):
                raise NotFoundError


def _sha256(token: str) -> str:
    # A random 256-bit token needs no slow hash: there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()


def _ended(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
