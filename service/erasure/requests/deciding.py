"""People decide: what goes and what stays, whether, when, or not at all (R40, R46)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from service.erasure.requests.changing import locked, moved, noted, require
from service.erasure.requests.reading import Reading
from service.erasure.requests.values import Choice, ErasureView
from service.errors import ConflictError, InvalidRequestError
from service.families import descendants
from service.policy.access import DocumentId, ErasureId, KeyId, Permission, Principal
from service.policy.erasures import (
    ErasureAction,
    ErasureKind,
    ErasureState,
    ExtensionReason,
    Refusal,
    approved,
    due_at,
    may_extend,
)
from service.ports import Approval, Clock, Database, ErasureItem, ErasureRecord, ItemKind, ItemState, Transaction
from service.standing import still_may

_CHOSEN_IN = frozenset({ErasureState.LOCATED, ErasureState.PARTIAL, ErasureState.ON_HOLD})
_BEGUN = frozenset({ItemState.DESTROYING, ItemState.GONE, ItemState.REMAINS})
_UNDONE = frozenset({ItemState.HELD, ItemState.LEFT, ItemState.REMAINS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """Every decision is one transaction under the request's lock, on record with who made it."""

    database: Database
    clock: Clock
    reading: Reading

    def choose(self, principal: Principal, erasure_id: ErasureId, choices: Sequence[Choice]) -> ErasureView:
        """Say what happens to items; consent that was given to other choices is gone.

        Raises InvalidRequestError for an item that is not there or an action that does not fit it, ConflictError
        where the request is elsewhere in its life, NotFoundError. What was not executed yet waits for new approvals.
        """
        with self._decided(principal, erasure_id) as (transaction, record):
            if record.state not in _CHOSEN_IN or record.kind is ErasureKind.TENANT:
                message = "choices about documents and turns are made after the preview, before the last approval"
                raise ConflictError(message)
            items = {item.target: _undone(item) for item in transaction.erasures.items(erasure_id)}
            chosen = {choice.target: _chosen(record, items.get(choice.target), choice) for choice in choices}
            transaction.erasures.put_items((items | chosen).values())
            after = self._reopened(transaction, record, chosen.values(), by=principal.key_id)
            return self.reading.view(transaction, principal, after)

    def _reopened(
        self, transaction: Transaction, record: ErasureRecord, chosen: Iterable[ErasureItem], *, by: KeyId
    ) -> ErasureRecord:
        """Write that something else is wanted: everybody has to approve that anew."""
        now, facts = self.clock.now(), {"chosen": dict(Counter(item.action.value for item in chosen if item.action))}
        fresh = replace(record, approvals=(), approved_at=None)
        if record.state is ErasureState.LOCATED:
            return noted(transaction, fresh, action="erasure_chosen", now=now, facts=facts, by=by)
        return moved(transaction, fresh, ErasureState.LOCATED, action="erasure_chosen", now=now, facts=facts, by=by)

    def approve(self, principal: Principal, erasure_id: ErasureId) -> ErasureView:
        """Consent with this API key to what the preview shows.

        What a key approved that was revoked, or has expired, since then counts no longer. Raises ConflictError where
        something is undecided, nothing is to go, or this key has approved before.
        """
        with self._decided(principal, erasure_id) as (transaction, record):
            _check_approvable(record, transaction.erasures.items(erasure_id), principal)
            _check_families(transaction, transaction.erasures.items(erasure_id))
            now = self.clock.now()
            counting = [one for one in record.approvals if still_may(transaction, one.by, Permission.ERASE, now=now)]
            given = replace(record, approvals=(*counting, Approval(by=principal.key_id, at=now)))
            facts = {"approvals": len(given.approvals), "needed": record.approvals_needed}
            if approved((one.by for one in given.approvals), needed=record.approvals_needed):
                after = moved(
                    transaction,
                    replace(given, approved_at=now),
                    ErasureState.APPROVED,
                    action="erasure_approved",
                    now=now,
                    facts=facts | {"cooling_off_hours": record.cooling_off_hours},
                    by=principal.key_id,
                )
            else:
                after = noted(
                    transaction, given, action="erasure_approval_given", now=now, facts=facts, by=principal.key_id
                )
            return self.reading.view(transaction, principal, after)

    def refuse(self, principal: Principal, erasure_id: ErasureId, refusal: Refusal) -> ErasureView:
        """Refuse under an exception of Art. 17(3). What was destroyed before a hold stays destroyed."""
        with self._decided(principal, erasure_id) as (transaction, record):
            after = moved(
                transaction,
                replace(record, refusal=refusal),
                ErasureState.REFUSED,
                action="erasure_refused",
                now=self.clock.now(),
                facts={"refusal": refusal.value},
                by=principal.key_id,
            )
            return self.reading.view(transaction, principal, after)

    def cancel(self, principal: Principal, erasure_id: ErasureId) -> ErasureView:
        """End a request of which nothing was executed: withdrawn, or nothing was found. Raises ConflictError."""
        with self._decided(principal, erasure_id) as (transaction, record):
            if any(item.state in _BEGUN for item in transaction.erasures.items(erasure_id)):
                message = "a part of it was destroyed already: approve the rest, leave it with a reason, or refuse it"
                raise ConflictError(message)
            after = moved(
                transaction,
                record,
                ErasureState.CANCELLED,
                action="erasure_cancelled",
                now=self.clock.now(),
                facts={},
                by=principal.key_id,
            )
            return self.reading.view(transaction, principal, after)

    def extend(self, principal: Principal, erasure_id: ErasureId, reason: ExtensionReason) -> ErasureView:
        """Give it two further months, once, within the first month (Art. 12(3)). Raises ConflictError."""
        with self._decided(principal, erasure_id) as (transaction, record):
            now = self.clock.now()
            if not may_extend(record.state, due=record.due_at, extended=record.extension is not None, now=now):
                message = "a request is extended once, while it is open, and before it is due"
                raise ConflictError(message)
            due = due_at(record.received_at, extended=True)
            after = noted(
                transaction,
                replace(record, due_at=due, extended_at=now, extension=reason),
                action="erasure_extended",
                now=now,
                facts={"extension": reason.value, "due": due},
                by=principal.key_id,
            )
            return self.reading.view(transaction, principal, after)

    @contextmanager
    def _decided(self, principal: Principal, erasure_id: ErasureId) -> Iterator[tuple[Transaction, ErasureRecord]]:
        require(principal)
        with self.database.transaction(principal.tenant_id) as transaction:
            record = locked(transaction, erasure_id)
            require(principal, record.kind)
            yield transaction, record


def _check_families(transaction: Transaction, items: Sequence[ErasureItem]) -> None:
    """Raise ConflictError where something is to stay that was found in what is to be erased: it would go along."""
    documents = {DocumentId(one.target): one.action for one in items if one.kind is ItemKind.DOCUMENT}
    erased = [one for one, action in documents.items() if action is ErasureAction.ERASE]
    for child in descendants(transaction, erased):
        if documents.get(child.id, ErasureAction.ERASE) is not ErasureAction.ERASE:
            message = (
                f"{child.id} was found in a document that is to be erased, and goes along: choose the same for both"
            )
            raise ConflictError(message)


def _undone(item: ErasureItem) -> ErasureItem:
    """Return an item that was held, left or could not be destroyed as one that waits for a decision anew."""
    return replace(item, state=ItemState.WAITING, held_by=()) if item.state in _UNDONE else item


def _chosen(record: ErasureRecord, item: ErasureItem | None, choice: Choice) -> ErasureItem:
    if item is None:
        message = f"{choice.target} is no item of this request; see its preview"
        raise InvalidRequestError(message)
    if (choice.action is ErasureAction.LEAVE) != (choice.reason is not None):
        message = "what is left needs a reason, and nothing else has one"
        raise InvalidRequestError(message)
    if choice.action is ErasureAction.REDACT and (
        record.kind is not ErasureKind.SUBJECT or item.kind is not ItemKind.DOCUMENT
    ):
        message = "only documents that a person was found in can be redacted; erase this one, or leave it"
        raise InvalidRequestError(message)
    if item.state is not ItemState.WAITING:
        message = f"{choice.target} is {item.state.value}: nothing can be chosen about it any more"
        raise InvalidRequestError(message)
    return replace(item, action=choice.action, left_because=choice.reason)


def _check_approvable(record: ErasureRecord, items: Sequence[ErasureItem], principal: Principal) -> None:
    if record.state is not ErasureState.LOCATED:
        message = f"this request is {record.state.value}: it is approved after its preview"
        raise ConflictError(message)
    if principal.key_id in {one.by for one in record.approvals}:
        message = "this API key has approved it already; another one has to"
        raise ConflictError(message)
    undecided = sum(item.action is None for item in items)
    if undecided:
        message = f"{undecided} of the items found are not decided: choose erase, redact or leave for each"
        raise ConflictError(message)
    if all(item.action is ErasureAction.LEAVE for item in items):
        message = "nothing of it is to be erased: refuse or cancel it"
        raise ConflictError(message)
