"""Asks every inspector about every document that is to be gone."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from service.policy.access import TenantId
from service.ports.background import Clock
from service.ports.inspecting import Inspection, Inspector, Target, Unchecked
from service.verifying.verification import Seen, Verification

_log = structlog.get_logger()

BEYOND = (
    Unchecked(
        store="database",
        thing="files_and_log",
        reason="file_formats_of_the_server",
        covered_by=("only_ciphertext_stored", "document_key_destroyed"),
    ),
    Unchecked(
        store="backups",
        thing="copies",
        reason="not_reachable_from_here",
        covered_by=("document_key_destroyed", "erasures_repeated_at_restore"),
    ),
    Unchecked(
        store="caches",
        thing="labels",
        reason="memory_of_each_process",
        covered_by=("keyed_hashes_and_labels_without_text", "expires"),
    ),
    Unchecked(
        store="caches",
        thing="recently_shown_words",
        reason="memory_of_each_process",
        covered_by=("hashes_under_a_key_in_memory", "expires"),
    ),
    Unchecked(
        store="disks",
        thing="freed_blocks",
        reason="below_the_file_system",
        covered_by=("only_ciphertext_stored", "document_key_destroyed"),
    ),
)
"""What no inspector can see, whatever the stores are, and what covers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Looks everywhere, by means that share nothing with the deleters (R42)."""

    inspectors: tuple[Inspector, ...]
    clock: Clock
    beyond: tuple[Unchecked, ...] = BEYOND

    def verify(self, tenant_id: TenantId, targets: Sequence[Target]) -> Verification:
        """Count what every store holds of the targets. Never raises: a store that fails has told nothing."""
        seen: list[Seen] = []
        unchecked: list[Unchecked] = []
        unanswered: set[str] = set()
        for inspector in self.inspectors if targets else ():
            inspection = _asked(inspector, tenant_id, targets)
            if inspection is None:
                unanswered.add(inspector.store)
                continue
            seen += _seen(inspector.store, inspection)
            unchecked += inspection.unchecked
        return Verification(
            tenant_id=tenant_id,
            at=self.clock.now(),
            targets=tuple(targets),
            seen=tuple(seen),
            unchecked=(*unchecked, *self.beyond),
            unanswered=frozenset(unanswered),
        )


def _asked(inspector: Inspector, tenant_id: TenantId, targets: Sequence[Target]) -> Inspection | None:
    """Return what the inspector says, None where it fails or says nothing at all."""
    try:
        inspection = inspector.inspect(tenant_id, targets)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, nothing was counted
        _log.warning("inspection_failed", store=inspector.store, error=type(error).__name__)
        return None
    return inspection if inspection.sightings or inspection.unchecked else None


def _seen(store: str, inspection: Inspection) -> list[Seen]:
    return [
        Seen(document_id=one.document_id, store=store, thing=one.thing, method=one.method, found=one.found)
        for one in inspection.sightings
    ]
