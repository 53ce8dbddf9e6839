"""Destroys hidden turns: the keys first, then the rows, so that a crash between the two loses no id (R41)."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import PartUnavailableError
from service.policy.access import TenantId, TurnId
from service.ports import Clock, Database, ErasedTurn, ErasureLedger, KeyStore

_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """Finishes what an erasure of a document, a conversation or a turn began by hiding turns."""

    database: Database
    keys: KeyStore
    ledger: ErasureLedger
    clock: Clock

    def finish(self, tenant_id: TenantId) -> None:
        """Destroy the key of every hidden turn, then delete the rows of those that have none any more.

        A turn whose key the store still has keeps its row, so that it is counted and tried again.
        """
        while True:
            with self.database.transaction(tenant_id) as transaction:
                hidden = transaction.turns.erased(limit=_BATCH)
            if hidden:
                self._list(tenant_id, hidden)
                self.keys.destroy_turn_keys(tenant_id=tenant_id, turn_ids=hidden)
            gone = [one for one in hidden if not self.keys.has_turn_key(tenant_id=tenant_id, turn_id=one)]
            with self.database.transaction(tenant_id) as transaction:
                transaction.turns.remove(gone)
            if len(gone) < _BATCH:
                return

    def _list(self, tenant_id: TenantId, turn_ids: Sequence[TurnId]) -> None:
        """Write them into the ledger before the first key goes: a dump restored later is held to it."""
        now = self.clock.now()
        self.ledger.append([ErasedTurn(tenant_id=tenant_id, turn_id=one, erased_at=now) for one in turn_ids])
        if self.ledger.missing(turn_ids):
            message = "The erasure ledger does not hold what was written into it. Nothing was destroyed."
            raise PartUnavailableError(message)
