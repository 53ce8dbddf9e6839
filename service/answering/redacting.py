"""Redaction of one prompt: what may be hidden is hidden, and everything that changed is labelled afresh (R14)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from ingestion.labelling.names.words import NOT_NAMES, PARTICLES, TITLES, known
from ingestion.sensitivity import Category, Label
from service.labels import Labels
from service.policy import redaction
from service.policy.access import DocumentId, TenantId
from service.policy.prompt import Origin, Prompt
from service.ports import ChunkRecord, Database, Transaction
from service.retrieval import Retrieved

_ROUNDS = 3
"""What one round leaves, the next finds where it stands alone; what three leave stays local."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A prompt with placeholders, each changed part labelled afresh, and the values behind them."""

    prompt: Prompt
    values: redaction.Mapping
    categories: frozenset[Category]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactor:
    """Tries to make a prompt harmless by hiding values. Whether it may leave is for routing and the egress to say."""

    labels: Labels
    database: Database

    def attempt(
        self, prompt: Prompt, hits: Sequence[Retrieved], *, tenant_id: TenantId, allowed: frozenset[Category]
    ) -> Redacted | None:
        """Return the redacted prompt if every part of it is harmless now, else None.

        `allowed` are the categories that the tenant's policy in force lets be hidden.
        """
        version = self.labels.version
        if not redaction.may_be_redacted(prompt, labeller_version=version, categories=allowed):
            return None
        with self.database.transaction(tenant_id) as transaction:
            if declared(transaction, hits) & allowed:
                return None
        values = self._values(prompt, tenant_id, allowed)
        for _ in range(_ROUNDS):
            if values is None:
                return None
            changed, mapping = _replaced(prompt, values)
            labelled = self._labelled(prompt, changed, tenant_id)
            if all(part.label is not None and part.label.harmless for part in labelled.parts):
                return Redacted(prompt=labelled, values=mapping, categories=_categories(prompt, changed))
            more = self._values(labelled, tenant_id, allowed)
            values = _enlarged(values, more)
        return None

    def _values(
        self, prompt: Prompt, tenant_id: TenantId, allowed: frozenset[Category]
    ) -> tuple[redaction.Value, ...] | None:
        """Return the values in the sensitive parts, as their own label and a fresh one see them; None: not hideable."""
        found: list[redaction.Value] = []
        for part in prompt.parts:
            if part.label is None or part.label.harmless:
                continue
            examined = self.labels.examined(part.text, tenant_id=tenant_id)
            fresh = redaction.examined_values(examined, labeller_version=self.labels.version, categories=allowed)
            if fresh is None:
                return None
            found += fresh
            found += redaction.values_in(part.text, part.label.findings)
        return tuple(dict.fromkeys(found))

    def _labelled(self, prompt: Prompt, texts: Mapping[int, str], tenant_id: TenantId) -> Prompt:
        """Return the prompt with these texts in place of its own, each with the label in force."""
        return Prompt(
            parts=tuple(
                part
                if place not in texts
                else replace(part, text=texts[place], label=self._label(texts[place], tenant_id))
                for place, part in enumerate(prompt.parts)
            )
        )

    def _label(self, text: str, tenant_id: TenantId) -> Label:
        return self.labels.of((text,), tenant_id=tenant_id)


def declared(transaction: Transaction, hits: Sequence[Retrieved]) -> frozenset[Category]:
    """Return what people declared about the documents or chunks: that no hiding of values takes away (R6)."""
    floors: set[Category] = set()
    for document_id in {hit.document_id for hit in hits}:
        floors |= set(chain.from_iterable(_floors(transaction, document_id)))
    return frozenset(floors)


def not_hidden(
    transaction: Transaction, hits: Sequence[Retrieved], sensitive: Sequence[ChunkRecord]
) -> Sequence[ChunkRecord]:
    """Return the sensitive sources of a redacted prompt that are not what they were when their values were hidden.

    All of them where somebody declared their category meanwhile.
    """
    if any(declared(transaction, hits) & chunk.label.categories for chunk in sensitive):
        return sensitive
    known = {(hit.document_id, hit.ordinal): hit.label for hit in hits}
    return [chunk for chunk in sensitive if chunk.label != known.get((chunk.document_id, chunk.ordinal))]


def _floors(transaction: Transaction, document_id: DocumentId) -> Iterator[frozenset[Category]]:
    record = transaction.documents.get(document_id)
    if record is not None:
        yield record.declared
    yield from (found.review.added for found in transaction.reviews.of(document_id))


def _replaced(prompt: Prompt, values: Sequence[redaction.Value]) -> tuple[dict[int, str], redaction.Mapping]:
    """Return the texts that change, by place. The instructions are the program's own: nobody's value is in them."""
    places = [place for place, part in enumerate(prompt.parts) if part.origin is not Origin.INSTRUCTIONS]
    texts = [prompt.parts[place].text for place in places]
    after, mapping = redaction.redacted(texts, values, common=ordinary)
    changed = (one for one in zip(places, texts, after, strict=True) if one[1] != one[2])
    return {place: text for place, _, text in changed}, mapping


def _enlarged(
    values: tuple[redaction.Value, ...], more: tuple[redaction.Value, ...] | None
) -> tuple[redaction.Value, ...] | None:
    """Return the values with what was found in addition; None where nothing new was, or something beyond hiding."""
    both = tuple(dict.fromkeys((*values, *(more or ()))))
    return None if more is None or len(both) == len(values) else both


def _categories(prompt: Prompt, changed: Collection[int]) -> frozenset[Category]:
    """Return what is hidden. What a reviewer took from a changed part counts: its new label knows no review (R15)."""
    labels = [(place, part.label) for place, part in enumerate(prompt.parts) if part.label is not None]
    dismissed = (label.dismissed for place, label in labels if place in changed)
    return frozenset[Category]().union(*(label.categories for _, label in labels), *dismissed)


def ordinary(word: str) -> bool:
    """Whether a word in small letters tells of nobody by itself."""
    return word in known("common") or word in NOT_NAMES or word in PARTICLES or word in TITLES
