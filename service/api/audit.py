"""The audit over HTTP: entries, and files that prove themselves without this program."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from service.api.problems import documented
from service.auditing import AuditView
from service.errors import ConflictError, NotFoundError
from service.policy.access import KeyId, Principal
from service.product import Ringfence

_LINES = "application/jsonl"


class EntryBody(Struct, kw_only=True):
    """One entry. `actor` is a pseudonym; `api_key` the key behind it, null where a worker acted or it was erased."""

    number: int
    id: UUID
    at: datetime
    actor: str | None
    api_key: UUID | None
    action: str
    subject: UUID | None
    facts: dict[str, object]
    leaf_hash: str

    @classmethod
    def of(cls, view: AuditView) -> "EntryBody":
        """Present an entry."""
        record = view.record
        return cls(
            number=record.number,
            id=record.id,
            at=record.at,
            actor=record.actor,
            api_key=view.api_key,
            action=record.action,
            subject=record.subject,
            facts=dict(record.facts),
            leaf_hash=record.leaf_hash.hex(),
        )


class EntryPage(Struct, kw_only=True):
    """One page of entries; `next` goes into `after` for the following one."""

    entries: list[EntryBody]
    next: UUID | None


@get("/entries", sync_to_thread=True, summary="List audit entries", responses=documented(NotFoundError))
def list_entries(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    action: Annotated[str | None, QueryParameter()] = None,
    subject: Annotated[UUID | None, QueryParameter()] = None,
    after: Annotated[UUID | None, QueryParameter()] = None,
) -> EntryPage:
    """List the tenant's audit entries, newest first."""
    views = ringfence.auditing.page(principal, limit=limit, action=action, subject=subject, after=after)
    last = views[-1].record.id if len(views) == limit else None
    return EntryPage(entries=[EntryBody.of(view) for view in views], next=last)


@get("/checkpoint", sync_to_thread=True, summary="Sign a checkpoint", responses=documented(ConflictError))
def show_checkpoint(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> Response[bytes]:
    """Return the signed checkpoint over every entry so far. Keep it where nobody can change it."""
    return Response(ringfence.auditing.checkpoint(principal), media_type=_LINES)


@get("/consistency", sync_to_thread=True, summary="Prove growth", responses=documented(ConflictError, NotFoundError))
def prove_consistency(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    size: Annotated[int, QueryParameter(ge=1)],
) -> Response[bytes]:
    """Prove that the log of today begins with that of the checkpoint over `size` leaves."""
    return Response(ringfence.auditing.consistency(principal, size=size), media_type=_LINES)


@get("/export", sync_to_thread=True, summary="Export the audit log", responses=documented(ConflictError))
def export_log(
    principal: NamedDependency[Principal],
    ringfence: NamedDependency[Ringfence],
    since: Annotated[datetime | None, QueryParameter()] = None,
    until: Annotated[datetime | None, QueryParameter()] = None,
) -> Stream:
    """Export the whole log with its checkpoint, one JSON value a line.

    Of entries before `since`, or at or after `until` (UTC unless they say otherwise), only the hashes are given.
    """
    lines = ringfence.auditing.export(principal, since=_aware(since), until=_aware(until))
    return Stream(lines, media_type=_LINES)


@get(
    "/proofs/{entry_id:uuid}",
    sync_to_thread=True,
    summary="Prove one entry",
    responses=documented(ConflictError, NotFoundError),
)
def prove_entry(
    entry_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> Response[bytes]:
    """Prove that the entry is in the log of the newest checkpoint."""
    return Response(ringfence.auditing.proof(principal, entry_id), media_type=_LINES)


@delete(
    "/actors/{key_id:uuid}",
    status_code=204,
    sync_to_thread=True,
    summary="Forget an actor",
    responses=documented(NotFoundError),
)
def forget_actor(
    key_id: FromPath[UUID], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> None:
    """Make the log unable to tell whose entries those of a revoked API key were; it still verifies.

    Documents, conversations and reviews of that key that still exist go on naming it outside of the log.
    """
    ringfence.auditing.forget_actor(principal, KeyId(key_id))


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


audit = Router(
    "/v1/audit",
    route_handlers=[list_entries, show_checkpoint, prove_consistency, export_log, prove_entry, forget_actor],
    tags=["audit"],
)
