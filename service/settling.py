"""Keys and originals come before the rows they are for: who died in between left what no erasure would find (R43)."""

from dataclasses import dataclass
from datetime import timedelta

from service.originals import counterpart
from service.policy.access import DocumentId, TenantId
from service.ports import Clock, Database, KeyStore, Transaction, UnsettledKeys, Vault

_GIVEN = timedelta(minutes=10)
"""Many times longer than a key waits for its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Destroys keys that never got their row, with the originals under them; notes of the others that they did."""

    database: Database
    keys: KeyStore
    vault: Vault
    clock: Clock

    def finish(self, tenant_id: TenantId) -> None:
        """Look at every key that was made some time ago and not looked at since."""
        made = self.keys.unsettled(tenant_id, made_before=self.clock.now() - _GIVEN)
        if not (made.documents or made.turns):
            return
        with self.database.transaction(tenant_id) as transaction:
            documents = {one for one in made.documents if _alive(transaction, one)}
            turns = transaction.turns.alive(made.turns)
        for document_id in made.documents:
            if document_id not in documents:
                self.vault.delete(tenant_id=tenant_id, document_id=document_id)
                self.keys.destroy_document_key(tenant_id=tenant_id, document_id=document_id)
        self.keys.destroy_turn_keys(tenant_id=tenant_id, turn_ids=[one for one in made.turns if one not in turns])
        self.keys.settle(tenant_id, UnsettledKeys(documents=tuple(documents), turns=tuple(turns)))


def _alive(transaction: Transaction, document_id: DocumentId) -> bool:
    """Whether the document is there, or the one whose original lies apart under this id."""
    if transaction.documents.get(document_id) is not None:
        return True
    document = transaction.documents.get(counterpart(document_id))
    return document is not None and document.apart
