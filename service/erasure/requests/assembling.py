"""Puts the parts of the requests together."""

from dataclasses import dataclass

from service.amending import Amending
from service.conversations import Forgetting
from service.erasure.destroying import Erasure
from service.erasure.requests.concluding import Concluding
from service.erasure.requests.deadlines import Deadlines
from service.erasure.requests.deciding import Deciding
from service.erasure.requests.ending import EndOfTenant
from service.erasure.requests.executing import Executing
from service.erasure.requests.finding import Finding
from service.erasure.requests.previewing import Previewing
from service.erasure.requests.reading import Reading
from service.erasure.requests.receiving import Receiving
from service.erasure.requests.sealed import Written
from service.erasure.requests.taking import Taking
from service.locating import Locating
from service.ports import Clock, Database, JobQueue, KeyStore
from service.receipts import Receipts
from service.verifying import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasures:
    """What people do with requests, and what workers do."""

    receiving: Receiving
    reading: Reading
    previewing: Previewing
    deciding: Deciding
    executing: Executing
    deadlines: Deadlines

    @classmethod
    def of(  # noqa: PLR0913 - everything that an erasure touches
        cls,
        *,
        database: Database,
        keys: KeyStore,
        queue: JobQueue,
        clock: Clock,
        erasure: Erasure,
        forgetting: Forgetting,
        verifier: Verifier,
        receipts: Receipts,
        locating: Locating,
        amending: Amending,
    ) -> "Erasures":
        """Return them around these parts."""
        written = Written(keys=keys, ledger=erasure.ledger, clock=clock)
        finding = Finding(written=written, locating=locating)
        reading = Reading(database=database, clock=clock, written=written)
        taking = Taking(
            database=database,
            keys=keys,
            queue=queue,
            clock=clock,
            erasure=erasure,
            forgetting=forgetting,
            amending=amending,
            finding=finding,
        )
        return cls(
            receiving=Receiving(database=database, clock=clock, written=written),
            reading=reading,
            previewing=Previewing(database=database, keys=keys, clock=clock, finding=finding, reading=reading),
            deciding=Deciding(database=database, clock=clock, reading=reading),
            executing=Executing(
                database=database,
                clock=clock,
                finding=finding,
                taking=taking,
                ending=EndOfTenant(database=database, keys=keys, clock=clock, taking=taking),
                concluding=Concluding(
                    database=database,
                    clock=clock,
                    written=written,
                    finding=finding,
                    verifier=verifier,
                    receipts=receipts,
                ),
            ),
            deadlines=Deadlines(database=database, clock=clock),
        )
