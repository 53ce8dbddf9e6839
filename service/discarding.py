"""Destroys exports that expired, were removed or hold something erased: key first, then file, then rows (R41, R47)."""

from dataclasses import dataclass
from datetime import timedelta

from service.auditing import entry
from service.policy.access import DocumentId, TenantId
from service.ports import Clock, Database, KeyStore, Vault

_GIVEN = timedelta(hours=1)
"""Longer than an export is made; what was begun before and is not ready will never be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarding:
    """Finishes what the end of an export, or of one of its sources, began. Whoever dies in between leaves the row."""

    database: Database
    keys: KeyStore
    vault: Vault
    clock: Clock

    def finish(self, tenant_id: TenantId) -> None:
        """Destroy every export of the tenant that is to go. Runs every few seconds, and within every erasure."""
        now = self.clock.now()
        with self.database.transaction(tenant_id) as transaction:
            doomed = transaction.exports.discardable(now=now, begun_before=now - _GIVEN)
        if not doomed:
            return
        for export_id in doomed:
            self.keys.destroy_export_key(tenant_id=tenant_id, export_id=export_id)
            self.vault.delete(tenant_id=tenant_id, document_id=DocumentId(export_id))
        with self.database.transaction(tenant_id) as transaction:
            transaction.exports.remove(list(doomed))
            for export_id, reason in doomed.items():
                facts = {"reason": reason.value}
                transaction.audit.append(entry(tenant_id, "export_destroyed", at=now, subject=export_id, facts=facts))
