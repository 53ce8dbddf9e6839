"""A tenant's rules: set by a data owner, previewed, approved, and only then in force."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.auditing import entry
from service.chunks import title_of
from service.errors import ConflictError, InvalidRequestError, KeyDestroyedError, NotFoundError, NotPermittedError
from service.holding import held_for
from service.policy.access import DocumentId, MatterId, Permission, Principal, Scope
from service.policy.retention import RetentionRule, Standing
from service.ports import Clock, Database, KeyStore, RetentionRecord, Transaction
from service.retaining.judging import Judged, judged

_BATCH = 500
_MOST_RULES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionView:
    """The newest rules, and those in force, which may be older ones; None where there are none."""

    latest: RetentionRecord | None
    in_force: RetentionRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedDocument:
    """A document in a preview: what becomes of it, by which rule, from when on, held for which matters."""

    id: DocumentId
    title: str
    standing: Standing
    rule: RetentionRule | None
    due_at: datetime | None
    matters: tuple[MatterId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the newest rules would do now: every document counted, those on this page told."""

    version: int
    at: datetime
    counts: Mapping[Standing, int]
    documents: tuple[PreviewedDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Sets, shows, previews and approves rules."""

    database: Database
    keys: KeyStore
    clock: Clock

    def show(self, principal: Principal) -> RetentionView:
        """Return the rules."""
        if not principal.may(Permission.SEE_RETENTION):
            raise NotPermittedError
        with self.database.transaction(principal.tenant_id) as transaction:
            return RetentionView(latest=transaction.retention.latest(), in_force=transaction.retention.in_force())

    def set(self, principal: Principal, rules: Sequence[RetentionRule]) -> RetentionView:
        """Write the next version; until it is approved, what was in force stays so.

        No rules at all are in force at once: to stop erasing needs no preview. Raises ConflictError where somebody
        else set rules at this moment.
        """
        _check(principal)
        if len(rules) > _MOST_RULES or len({(rule.category, rule.keeping) for rule in rules}) < len(rules):
            message = f"at most {_MOST_RULES} rules, and one of each kind for a category"
            raise InvalidRequestError(message)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            latest = transaction.retention.latest(lock=True)
            record = RetentionRecord(
                tenant_id=principal.tenant_id,
                version=1 if latest is None else latest.version + 1,
                rules=tuple(rules),
                set_at=now,
                set_by=principal.key_id,
                approved_at=None if rules else now,
                approved_by=None if rules else principal.key_id,
            )
            transaction.retention.add(record)
            facts = {"version": record.version, "rules": [_rule_facts(rule) for rule in rules]}
            _audit(transaction, principal, "retention_set", now, facts)
            return RetentionView(latest=record, in_force=transaction.retention.in_force())

    def preview(
        self,
        principal: Principal,
        *,
        limit: int,
        after: DocumentId | None = None,
        standing: Standing | None = None,
    ) -> Preview:
        """Say what the newest rules would do to every document now, and note that somebody has seen it.

        All are counted; a page of those of this standing is told, newest first after the given document.
        Raises NotFoundError where no rules were ever set.
        """
        _check(principal)
        now, record = self.clock.now(), self._latest(principal)
        seen = self._judged(principal, record, now)
        counts = Counter(one.standing for one in seen)
        wanted = [one for one in seen if standing is None or one.standing is standing]
        if after is not None:
            place = next((place for place, one in enumerate(wanted) if one.record.id == after), None)
            if place is None:
                raise NotFoundError
            wanted = wanted[place + 1 :]
        told = tuple(self._told(one) for one in wanted[:limit])
        with self.database.transaction(principal.tenant_id) as transaction:
            self._note_preview(transaction, principal, record, now, counts)
        return Preview(version=record.version, at=now, counts=counts, documents=told)

    def approve(self, principal: Principal, version: int) -> RetentionView:
        """Put a version in force: the newest, and previewed. Raises ConflictError otherwise, NotFoundError for none."""
        _check(principal)
        now = self.clock.now()
        with self.database.transaction(principal.tenant_id) as transaction:
            latest = transaction.retention.latest(lock=True)
            if latest is None:
                raise NotFoundError
            if latest.version != version:
                message = f"The newest rules are version {latest.version}: preview and approve those."
                raise ConflictError(message)
            if latest.previewed_at is None:
                message = "Nobody has seen yet what these rules would erase: preview them first."
                raise ConflictError(message)
            if latest.approved_at is None:
                latest = replace(latest, approved_at=now, approved_by=principal.key_id)
                transaction.retention.update(latest)
                _audit(transaction, principal, "retention_approved", now, {"version": version})
            return RetentionView(latest=latest, in_force=latest)

    def _latest(self, principal: Principal) -> RetentionRecord:
        with self.database.transaction(principal.tenant_id) as transaction:
            record = transaction.retention.latest()
        if record is None:
            raise NotFoundError
        return record

    def _judged(self, principal: Principal, record: RetentionRecord, now: datetime) -> list[Judged]:
        """Judge every document, a batch per transaction, so that a large tenant blocks nobody."""
        found: list[Judged] = []
        after: DocumentId | None = None
        while True:
            with self.database.transaction(principal.tenant_id) as transaction:
                page = transaction.documents.page(scope=Scope.of(principal), limit=_BATCH, after=after)
                found += judged(page, record.rules, held_for(transaction, principal, page), now=now)
            if len(page) < _BATCH:
                return found
            after = page[-1].id

    def _told(self, one: Judged) -> PreviewedDocument:
        record = one.record
        try:
            key = self.keys.document_key(tenant_id=record.tenant_id, document_id=record.id)
            title = title_of(key, record)
        except KeyDestroyedError:
            title = ""  # erased since the page was read
        return PreviewedDocument(
            id=record.id,
            title=title,
            standing=one.standing,
            rule=one.decision.rule,
            due_at=one.decision.due_at,
            matters=tuple(sorted(one.matters)),
        )

    def _note_preview(
        self,
        transaction: Transaction,
        principal: Principal,
        seen: RetentionRecord,
        now: datetime,
        counts: Mapping[Standing, int],
    ) -> None:
        latest = transaction.retention.latest(lock=True)
        if latest is None or latest.version != seen.version:
            message = "The rules were changed meanwhile: preview the newest."
            raise ConflictError(message)
        transaction.retention.update(replace(latest, previewed_at=now, previewed_by=principal.key_id))
        facts = {"version": seen.version, "counts": {standing.value: count for standing, count in counts.items()}}
        _audit(transaction, principal, "retention_previewed", now, facts)


def _check(principal: Principal) -> None:
    if not principal.may(Permission.SET_RETENTION):
        raise NotPermittedError


def _rule_facts(rule: RetentionRule) -> dict[str, object]:
    category = rule.category.value if rule.category else "any"
    return {"category": category, "keep_days": rule.keep_days, "keeping": rule.keeping.value}


def _audit(
    transaction: Transaction, principal: Principal, action: str, now: datetime, facts: Mapping[str, object]
) -> None:
    transaction.audit.append(entry(principal.tenant_id, action, at=now, actor=principal.key_id, facts=facts))
