"""Adds up what workers finish, in the database: nobody scrapes a worker, and its children come and go (R64)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from service.errors import PartUnavailableError
from service.policy.access import TenantId
from service.ports import Database, Stage, Tallied

_OF_CHUNKS = (Stage.SPLITTING, Stage.EMBEDDING, Stage.LABELLING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallying:
    """Counts documents and chunks by the stage that they have behind them, once for every batch."""

    database: Database

    def batch(self, tenant_id: TenantId, *, chunks: Sequence[int], written: Sequence[int]) -> None:
        """Count a batch: the chunks of each document that was read, and of each that was written.

        Numbers for operators hold nothing up: where the database does not answer they are left out.
        """
        counted = {(Tallied.STAGE_DOCUMENTS, Stage.READING.value): len(chunks)}
        for stage in _OF_CHUNKS:
            counted |= _both(stage, chunks)
        counted |= _both(Stage.WRITING, written)
        with suppress(PartUnavailableError), self.database.transaction(tenant_id) as transaction:
            transaction.tallies.add({what: number for what, number in counted.items() if number})


def _both(stage: Stage, chunks: Sequence[int]) -> dict[tuple[Tallied, str], int]:
    return {
        (Tallied.STAGE_DOCUMENTS, stage.value): len(chunks),
        (Tallied.STAGE_CHUNKS, stage.value): sum(chunks),
    }
