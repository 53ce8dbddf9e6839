"""Destroys hidden turns: the keys first, then the rows, so that a crash between the two loses no id (R41)."""

from dataclasses import dataclass

from service.policy.access import TenantId
from service.ports import Database, KeyStore

_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """Finishes what an erasure of a document, a conversation or a turn began by hiding turns."""

    database: Database
    keys: KeyStore

    def finish(self, tenant_id: TenantId) -> None:
        """Destroy the key of every hidden turn, then delete the rows of those that have none any more.

        A turn whose key the store still has keeps its row, so that it is counted and tried again.
        """
        while True:
            with self.database.transaction(tenant_id) as transaction:
                hidden = transaction.turns.erased(limit=_BATCH)
            if hidden:
                self.keys.destroy_turn_keys(tenant_id=tenant_id, turn_ids=hidden)
            gone = [one for one in hidden if not self.keys.has_turn_key(tenant_id=tenant_id, turn_id=one)]
            with self.database.transaction(tenant_id) as transaction:
                transaction.turns.remove(gone)
            if len(gone) < _BATCH:
                return
