"""Receipts to verify and to tamper with, and the verifier of receipts that stands alone."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from service.policy.access import DocumentId, Principal, TenantId
from service.ports.inspecting import Target
from service.ports.receipting import ReceiptRecord
from service.receipts import Contents, Item, verify
from service.verifying import REQUIRED, Seen, Verification
from tests.assembled import World, a_world
from tests.scripts import the_script

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SCRIPT_FILE = Path(__file__).resolve().parents[1] / "scripts" / "verify-receipt"


SCRIPT = the_script("verify-receipt")


def ours(content: bytes) -> list[str]:
    """Return what `ringfence receipts verify` finds."""
    return list(verify(content))


def theirs(content: bytes) -> list[str]:
    """Return what the script finds."""
    return SCRIPT.check(content)


Verifier = Callable[[bytes], list[str]]
VERIFIERS: dict[str, Verifier] = {"ours": ours, "theirs": theirs}


def a_verification(
    tenant_id: TenantId, documents: Iterable[DocumentId], *, found: int = 0, unanswered: Iterable[str] = ()
) -> Verification:
    """Return a verification that counted one thing in every required store: `found` in the index, else nothing."""
    targets = tuple(Target(document_id=document, chunk_count=3) for document in documents)
    return Verification(
        tenant_id=tenant_id,
        at=NOON,
        targets=targets,
        seen=tuple(
            Seen(
                document_id=target.document_id,
                store=store,
                thing="things",
                method="told",
                found=found if store == "index" else 0,
            )
            for target in targets
            for store in sorted(REQUIRED)
        ),
        unanswered=frozenset(unanswered),
    )


def an_erased_document() -> tuple[World, Principal, DocumentId]:
    """Return a world in which a document was erased and its audit sequenced before."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, "Salary of Margaret Ellison is high.")
    world.product.auditing.sequence(who.tenant_id)
    world.product.erasure.request(who, document.id)
    world.work()
    return world, who, document.id


def issued(world: World, who: Principal, **changes: object) -> ReceiptRecord:
    """Issue a receipt for one made-up document of which nothing is left."""
    document = DocumentId(uuid4())
    made: dict[str, object] = {
        "about": document,
        "verification": a_verification(who.tenant_id, [document]),
        "items": (Item(target=document, chunk_count=3),),
    }
    with world.database.transaction(who.tenant_id) as transaction:
        return world.product.receipts.issue(transaction, Contents(**(made | changes)))  # type: ignore[arg-type]
