"""What operators do about vector spaces: begin, look, switch, cancel; and the tick that carries it out."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import numpy as np
import structlog

from service.auditing import entry
from service.errors import ConflictError, InvalidRequestError, NotFoundError, NotPermittedError, SettingsError
from service.policy.access import KeyId, Permission, Principal, TenantId
from service.policy.facts import is_code
from service.ports import Clock, Database, Embedder, KeyStore
from service.ports.spaces import EmbedderChoice, SpaceCounts, SpaceId, SpaceRecord, SpaceState
from service.reembedding.building import Building
from service.reembedding.switching import Switching
from service.spaces import Spaces
from service.tracing import traced

_log = structlog.get_logger()
_PROBE = "The cafeteria opens at noon."
_NORM = 1e-2
"""How far a vector's length may be from 1: bfloat16 keeps two to three digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceView:
    """A vector space, and how far it is while it is being built."""

    record: SpaceRecord
    counts: SpaceCounts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reembedding:
    """Re-embeds tenants' documents with another model while questions are served from the old vectors."""

    database: Database
    spaces: Spaces
    clock: Clock
    building: Building
    switching: Switching

    @classmethod
    def of(
        cls, *, database: Database, spaces: Spaces, keys: KeyStore, clock: Clock, lease_seconds: float
    ) -> "Reembedding":
        """Return the use case around these parts."""
        switching = Switching(database=database, spaces=spaces, clock=clock)
        building = Building(
            database=database,
            spaces=spaces,
            keys=keys,
            clock=clock,
            switching=switching,
            lease_seconds=lease_seconds,
        )
        return cls(database=database, spaces=spaces, clock=clock, building=building, switching=switching)

    def status(self, principal: Principal) -> tuple[SpaceView, ...]:
        """Return the tenant's spaces, newest first. Raises NotPermittedError."""
        _check(principal, Permission.SEE_INDEX)
        return self.status_of(principal.tenant_id)

    def start(
        self, principal: Principal, model: str | None, *, precision: str | None = None, hold: bool = False
    ) -> SpaceView:
        """Begin with a model that the operator of the machine has named: `packaged` or that of its settings.

        Raises NotPermittedError, InvalidRequestError where it is another or cannot be used, and ConflictError.
        """
        _check(principal, Permission.REEMBED)
        allowed = ("packaged", self.spaces.embedders.default.model)
        if model is not None and model not in allowed:
            message = (
                "over the API the model is `packaged` or the one of RINGFENCE_SEARCH_EMBEDDER; "
                "another is named on the machine itself, by `ringfence index reembed`"
            )
            raise InvalidRequestError(message)
        choice = self.spaces.embedders.choice(model or allowed[1], precision=precision)
        try:
            return self.start_in(principal.tenant_id, choice, by=principal.key_id, hold=hold)
        except SettingsError as error:
            raise InvalidRequestError(error.detail) from None

    def switch(self, principal: Principal) -> SpaceView:
        """Let the space that is built serve as soon as it is whole. Raises NotFoundError where none is built."""
        _check(principal, Permission.REEMBED)
        return self.switch_in(principal.tenant_id, by=principal.key_id)

    def cancel(self, principal: Principal) -> SpaceView:
        """Give the space up that is being built; the next tick drops it. Raises NotFoundError where none is built."""
        _check(principal, Permission.REEMBED)
        return self.cancel_in(principal.tenant_id, by=principal.key_id)

    def status_of(self, tenant_id: TenantId) -> tuple[SpaceView, ...]:
        """Return a tenant's spaces, newest first; of one for which nothing was written yet, the one it begins with."""
        with self.database.transaction(tenant_id) as transaction:
            found = [
                SpaceView(record=one, counts=transaction.spaces.counts(one.id) if _building(one) else None)
                for one in transaction.spaces.all()
            ]
        return tuple(found) or (SpaceView(record=self.spaces.first(tenant_id), counts=None),)

    def start_in(
        self, tenant_id: TenantId, choice: EmbedderChoice, *, by: KeyId | None = None, hold: bool = False
    ) -> SpaceView:
        """Begin to build a space for this embedder, which is loaded and tried first; `by` None is the operator.

        Raises SettingsError where its files are not here or unfit, and ConflictError where it serves already or another
        space is being built or dropped.
        """
        embedder = self.spaces.embedders.of(choice)
        dimensions = _tried(embedder)
        now = self.clock.now()
        record = SpaceRecord(
            id=SpaceId(uuid4()),
            tenant_id=tenant_id,
            state=SpaceState.BUILDING,
            name=embedder.name,
            model=choice.model,
            precision=choice.precision,
            dimensions=dimensions,
            created_at=now,
            created_by=by,
            hold=hold,
        )
        self.spaces.first(tenant_id)  # loads, if need be, outside of the transaction
        with self.database.transaction(tenant_id) as transaction:
            serving = self.spaces.begun(transaction, tenant_id)
            if serving.name == record.name:
                message = f"{record.name} serves already."
                raise ConflictError(message)
            if not transaction.spaces.begin(record):
                message = "Another space is being built, or one of this name is still being removed: see the status."
                raise ConflictError(message)
            facts = {"space": record.name, "before": serving.name, "dimensions": dimensions, "hold": hold}
            transaction.audit.append(
                entry(tenant_id, "reembedding_started", at=now, actor=by, subject=record.id, facts=facts)
            )
            return SpaceView(record=record, counts=transaction.spaces.counts(record.id))

    def switch_in(self, tenant_id: TenantId, *, by: KeyId | None = None) -> SpaceView:
        """Let the space that is built serve as soon as it is whole."""
        return self._changed(tenant_id, "reembedding_released", by, hold=False)

    def cancel_in(self, tenant_id: TenantId, *, by: KeyId | None = None) -> SpaceView:
        """Give up the space that is being built. Whoever writes into it now is waited for, and nobody does again."""
        now = self.clock.now()
        return self._changed(tenant_id, "reembedding_cancelled", by, state=SpaceState.CANCELLED, ended_at=now)

    def _changed(self, tenant_id: TenantId, action: str, by: KeyId | None, **fields: object) -> SpaceView:
        with self.database.transaction(tenant_id) as transaction:
            found = [one.id for one in transaction.spaces.live() if _building(one)]
            record = transaction.spaces.get(found[0], lock=True) if found else None
            if record is None or not _building(record):
                message = "No vector space is being built."
                raise NotFoundError(message)
            changed = replace(record, **fields)  # type: ignore[arg-type]  # fields of the record
            transaction.spaces.update(changed)
            facts = {"space": record.name}
            transaction.audit.append(
                entry(tenant_id, action, at=self.clock.now(), actor=by, subject=record.id, facts=facts)
            )
            return SpaceView(record=changed, counts=transaction.spaces.counts(record.id))

    @traced("reembed")
    def advance(self, *, seconds: float) -> int:
        """Take every tenant's building a little further, for so many seconds in all; return how many are not done.

        What serves no more is dropped first: its room may be needed.
        """
        for tenant in self.database.tenants():
            self.switching.drop(tenant.id)
        building = [tenant.id for tenant in self.database.tenants() if self._builds(tenant.id)]
        start, more = self.clock.now(), 0
        for number, tenant_id in enumerate(building, start=1):
            until = start + timedelta(seconds=seconds * number / len(building))
            more += self.building.advance(tenant_id, until=until)
        return more

    def _builds(self, tenant_id: TenantId) -> bool:
        with self.database.transaction(tenant_id) as transaction:
            return any(map(_building, transaction.spaces.live()))


def _building(record: SpaceRecord) -> bool:
    return record.state is SpaceState.BUILDING


def _check(principal: Principal, permission: Permission) -> None:
    if not principal.may(permission):
        raise NotPermittedError


def _tried(embedder: Embedder) -> int:
    """Return the length of the embedder's vectors. Raises SettingsError unless it makes one of norm 1."""
    if not is_code(embedder.name):
        message = f"the embedder's name {embedder.name!r} is no name without spaces, and it is written into the audit"
        raise SettingsError(message)
    try:
        vectors = embedder.embed([_PROBE])
    except Exception as error:  # noqa: BLE001 - the files of a model can be wrong in any way
        _log.warning("embedding_failed", error=type(error).__name__)
        message = f"the embedder {embedder.name} cannot embed: {type(error).__name__}"
        raise SettingsError(message) from None
    fit = vectors.ndim == 2 and len(vectors) == 1 and bool(np.isfinite(vectors).all())  # noqa: PLR2004 - rows, columns
    if not fit or abs(float(np.linalg.norm(vectors)) - 1) > _NORM:
        message = f"the embedder {embedder.name} makes no vectors of length 1"
        raise SettingsError(message)
    return int(vectors.shape[1])
