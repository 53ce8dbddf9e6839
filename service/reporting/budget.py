"""The privacy budget: how many questions were answered where, and why, per user and day (R52)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from service.reporting.journeys import Journey, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Questions counted by how they ended, how many prompts left, and the reasons in force."""

    questions: int = 0
    outcomes: Mapping[Outcome, int]
    left: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The same questions counted three ways; each way sums to `total`."""

    total: Count
    users: Mapping[str, Count]
    days: Mapping[date, Count]


class _Tally:
    """Counts journeys as they pass."""

    def __init__(self) -> None:
        self._outcomes: Counter[Outcome] = Counter()
        self._reasons: Counter[str] = Counter()
        self._left = 0

    def add(self, journey: Journey) -> None:
        self._outcomes[journey.outcome] += 1
        self._reasons[journey.cause] += 1
        self._left += journey.left

    def count(self) -> Count:
        outcomes = {outcome: self._outcomes[outcome] for outcome in Outcome}
        return Count(
            questions=self._outcomes.total(),
            outcomes=outcomes,
            left=self._left,
            reasons=dict(sorted(self._reasons.items())),
        )


def budget(found: Iterable[Journey]) -> Budget:
    """Count journeys once, in one pass."""
    total, users, days = _Tally(), dict[str, _Tally](), dict[date, _Tally]()
    for journey in found:
        total.add(journey)
        users.setdefault(journey.user, _Tally()).add(journey)
        days.setdefault(journey.at.date(), _Tally()).add(journey)
    return Budget(
        total=total.count(),
        users={user: users[user].count() for user in sorted(users)},
        days={day: days[day].count() for day in sorted(days)},
    )
