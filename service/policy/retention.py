"""How long documents are kept: rules per category, and which of them decides (R47, Art. 5(1)(e) GDPR)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ingestion.sensitivity import Category

LONGEST_DAYS = 36_500


class Keeping(StrEnum):
    """Which of several rules decides for a document that they all match."""

    LONGEST = "longest"
    """At least this long: the longest such rule decides."""
    SHORTEST = "shortest"
    """At most this long: it decides against every rule of the first kind, the shortest such rule against the others."""


class Standing(StrEnum):
    """What retention makes of a document on a day, and why."""

    DUE = "due"
    NOT_DUE = "not_due"
    NO_RULE = "no_rule"
    UNLABELLED = "unlabelled"
    """What is in it is not known for sure, so it counts as being of every category: see `decision`."""
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """Documents of this category are erased so many days after they were handed in.

    Without a category it is the rule for documents that no other rule matches.
    """

    category: Category | None
    keep_days: int
    keeping: Keeping = Keeping.LONGEST

    def __post_init__(self) -> None:
        """Refuse what nobody means."""
        if not 1 <= self.keep_days <= LONGEST_DAYS:
            message = f"documents are kept for 1 to {LONGEST_DAYS:,} days"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a document: erased from `due_at` on by `rule`, or kept, and why."""

    standing: Standing
    rule: RetentionRule | None = None
    due_at: datetime | None = None


def decision(
    rules: Collection[RetentionRule],
    *,
    categories: Collection[Category],
    certain: bool,
    handed_in: datetime,
    now: datetime,
) -> Decision:
    """Return what becomes of a document.

    One that is not `certain` (not labelled, or with a chunk of which nothing is known) may be of any category: it is
    kept until the last rule of all would let it go, and where one category has no rule, for good.
    """
    rule = deciding(rules, categories) if certain else _last(rules)
    if rule is None:
        return Decision(standing=Standing.NO_RULE if certain else Standing.UNLABELLED)
    due_at = handed_in + timedelta(days=rule.keep_days)
    waiting = Standing.NOT_DUE if certain else Standing.UNLABELLED
    return Decision(standing=Standing.DUE if due_at <= now else waiting, rule=rule, due_at=due_at)


def deciding(rules: Collection[RetentionRule], categories: Collection[Category]) -> RetentionRule | None:
    """Return the rule that decides for a document of these categories, None where it is kept for good."""
    matching = [rule for rule in rules if rule.category in categories] or [
        rule for rule in rules if rule.category is None
    ]
    limits = [rule for rule in matching if rule.keeping is Keeping.SHORTEST]
    if limits:
        return min(limits, key=lambda rule: rule.keep_days)
    return max(matching, key=lambda rule: rule.keep_days, default=None)


def _last(rules: Collection[RetentionRule]) -> RetentionRule | None:
    """Return the rule that lets a document go last, whatever it holds; None where it might be kept for good."""
    everything: list[Collection[Category]] = [(), *((category,) for category in Category)]
    found = [deciding(rules, categories) for categories in everything]
    known = [rule for rule in found if rule is not None]
    return max(known, key=lambda rule: rule.keep_days) if len(known) == len(found) else None
