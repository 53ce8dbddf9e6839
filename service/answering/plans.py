"""What was decided before a model is asked."""

from dataclasses import dataclass, field, replace
from itertools import chain
from uuid import UUID

from ingestion.sensitivity import Category, Label
from service.answering.timing import Stopwatch
from service.answering.values import Question
from service.conversations import Condensed, Context
from service.policy import redaction
from service.policy.access import Principal
from service.policy.egress import CloudPermit
from service.policy.prompt import Prompt
from service.policy.routing import Cause, Reason, Route
from service.policy.terms import Agreement
from service.retrieval import Retrieved


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be asked of which backend, and why.

    `cloud` and `agreement` are set exactly where the route is CLOUD; `policy` is the version of the policy in force;
    `searched` is the question as it was searched for, and what that text is.
    """

    id: UUID
    principal: Principal
    question: Question
    hits: tuple[Retrieved, ...]
    prompt: Prompt
    route: Route
    reasons: tuple[Reason, ...]
    policy: str
    cloud: CloudPermit | None = None
    agreement: Agreement | None = None
    context: Context = field(default_factory=Context)
    searched: tuple[Condensed, Label] | None = None
    watch: Stopwatch = field(default_factory=Stopwatch, compare=False)
    redacted: redaction.Mapping | None = None
    """The values behind the placeholders in the permitted bytes; `prompt` is as it was before (R14)."""

    def hidden(self) -> frozenset[Category]:
        """Return the categories whose values the permitted bytes hide."""
        hiding = (reason.categories for reason in self.reasons if reason.cause is Cause.REDACTED)
        return frozenset(chain.from_iterable(hiding))

    def shown(self, prompt: Prompt) -> "Plan":
        """Return the plan with this prompt, and only the hits that are in it."""
        return replace(self, prompt=prompt, hits=self.hits[: len(prompt.sources())])
