"""The evidence pack: policy, register, routing evidence and signed log of a period, in one file (R51)."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import msgspec

from service.auditing import Auditing
from service.governing import Governing
from service.policy.access import Principal
from service.policy.document import policy_document
from service.reporting.budget import Budget, budget
from service.reporting.journeys import Journey
from service.reporting.packing import packed
from service.reporting.reports import Period, Reporting

_COLUMNS = (
    "answer",
    "asked_at",
    "user",
    "outcome",
    "left",
    "reason",
    "provider",
    "model",
    "sha256",
    "scope",
    "redacted",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePacks:
    """Puts together what an auditor of SOC 2 or of a customer asks for; nothing in it is content."""

    reporting: Reporting
    auditing: Auditing
    governing: Governing

    def of(self, principal: Principal, period: Period) -> bytes:
        """Return the zip. Raises NotPermittedError, and ConflictError while the log is empty."""
        governed = self.governing.show(principal)
        found = tuple(self.reporting.journeys(principal, period))
        counted = budget(found)
        log = b"".join(self.auditing.export(principal, since=period.since, until=period.until))
        files: dict[str, bytes] = {
            "policy/routing-policy.md": policy_document(governed.terms.policy, terms=governed.terms).encode(),
            "policy/tenant-policy.json": _json(governed.wanted),
            "policy/providers.json": _json(governed.terms.register),
            "routing/questions.csv": _table(found),
            "routing/budget.json": _json(_told(counted)),
            "audit/log.jsonl": log,
            "audit/checkpoint.jsonl": self.auditing.checkpoint(principal),
        }
        files["README.md"] = _readme(period, counted, policy=governed.terms.policy.version).encode()
        return packed(files)


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def _told(counted: Budget) -> dict[str, object]:
    return {
        "total": counted.total,
        "users": counted.users,
        "days": {day.isoformat(): count for day, count in counted.days.items()},
    }


def _table(found: Iterable[Journey]) -> bytes:
    """Return one line per question, oldest first."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows(_row(journey) for journey in found)
    return out.getvalue().encode()


def _row(journey: Journey) -> tuple[object, ...]:
    told = journey.sent[:1] or journey.decisions[-1:]
    facts: Mapping[str, object] = told[0].facts if told else {}
    terms = cast("Mapping[str, object]", facts.get("terms") or {})
    return (
        journey.answer_id,
        journey.at.isoformat(),
        journey.user,
        journey.outcome.value,
        "yes" if journey.left else "no",
        journey.cause,
        terms.get("provider", "") if journey.sent else "",
        facts.get("model") or "",
        facts.get("sha256") or "",
        facts.get("scope") or "",
        facts.get("redacted") or 0,
    )


def _readme(period: Period, counted: Budget, *, policy: str) -> str:
    total = counted.total
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in total.outcomes.items())
    return f"""# Evidence of {period.since.isoformat()} to {period.until.isoformat()}

{total.questions} questions: {outcomes}. For {total.left} of them a prompt was permitted to leave.

| file | what it is |
|---|---|
| policy/routing-policy.md | the policy in force when this was made, by itself (version `{policy[:16]}`) |
| policy/tenant-policy.json, providers.json | what the tenant asked for; what each provider has promised, until when |
| routing/questions.csv | one line per question: where it was answered and why, what hash was permitted to leave |
| routing/budget.json | the same, counted per user and day; the sums equal the log |
| audit/log.jsonl | the signed log: every entry of the period, the hashes of the others |
| audit/checkpoint.jsonl | the signed root of the log's hash tree; keep it somewhere else |
| MANIFEST.sha256 | `sha256sum --check MANIFEST.sha256` |

Verify the log without Ringfence: `verify-audit audit/log.jsonl` (scripts/ of the sources), or with it:
`ringfence audit verify audit/log.jsonl`. Users are pseudonyms; nothing here is a question, an answer or a text.
What a permit covers was sent or was about to be: `left` never means less than what left.
"""
