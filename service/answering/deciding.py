"""Where a prompt goes: routed by its labels, perhaps redacted, and for the cloud minted to the exact bytes."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from ingestion.sensitivity import Category
from service.answering.budget import Budget
from service.answering.plans import Plan
from service.answering.redacting import Redactor
from service.answering.values import PromptRefusedError
from service.errors import LocalModelUnavailableError
from service.labels import Labels
from service.policy import egress, routing
from service.policy.egress import CloudPermit, Life
from service.policy.prompt import Prompt
from service.policy.routing import Backends, Cause, Deny, Permit, Reason, Route
from service.policy.terms import Lacking, Terms
from service.ports import Clock, CloudModel, LocalModel, Transaction
from service.terms import TermsInForce
from service.tracing import traced

_PERMIT_LIFE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """Decides from the labels of everything in the prompt, and from the terms in force."""

    labels: Labels
    clock: Clock
    terms: TermsInForce
    local: LocalModel | None
    fast: LocalModel | None = None
    cloud: CloudModel | None
    answer_tokens: int
    budget: Budget
    redactor: Redactor | None = None

    def kept_local(self, plan: Plan, *reasons: Reason) -> Plan:
        """Return the plan with a local route, for these reasons. Raises PromptRefusedError."""
        permit = self._permitted(routing.local(reasons, backends=self._backends()))
        kept = self._read_locally(plan)
        return replace(kept, route=permit.route, reasons=permit.reasons, cloud=None, agreement=None, redacted=None)

    def lapsed(self, plan: Plan, transaction: Transaction) -> tuple[Reason, ...]:
        """Say what the terms in force now have against a plan for the cloud: it may be older than they are."""
        if plan.agreement is None:
            return (Reason(cause=Cause.PROVIDER_TERMS),)
        terms = self.terms.within(transaction)
        found = terms.agreement(plan.agreement.data)
        if found == plan.agreement and plan.hidden() <= terms.policy.redactable:
            return ()
        codes = found.codes if isinstance(found, Lacking) else ("terms_changed",)
        return (Reason(cause=Cause.PROVIDER_TERMS, terms=codes),)

    @traced("route")
    def decided(self, plan: Plan, terms: Terms, *, stream: bool) -> Plan:
        """Return the plan with its route and, for the cloud, the permitted bytes. Raises PromptRefusedError."""
        if self.cloud is not None:
            plan = plan.shown(self.budget.for_cloud(plan.prompt))
        decision = self._route(plan.prompt, terms)
        if self.cloud is not None and not _leaves(decision):
            redacted = self._redacted(plan, terms, self.cloud, stream=stream)
            if redacted is not None:
                return redacted
        permit = self._permitted(decision)
        if permit.route is not Route.CLOUD or self.cloud is None:
            return replace(self._read_locally(plan), route=Route.LOCAL, reasons=permit.reasons)
        minted = self._minted(plan, plan.prompt, permit, self.cloud, stream=stream)
        if isinstance(minted, Deny):
            return self.kept_local(plan, *minted.reasons)
        return replace(plan, route=Route.CLOUD, reasons=permit.reasons, cloud=minted, agreement=permit.agreement)

    def _redacted(self, plan: Plan, terms: Terms, model: CloudModel, *, stream: bool) -> Plan | None:
        """Return the plan with a redacted prompt that routing and the egress let leave like any other (R14)."""
        if self.redactor is None:
            return None
        allowed = terms.policy.redactable
        tried = self.redactor.attempt(plan.prompt, plan.hits, tenant_id=plan.principal.tenant_id, allowed=allowed)
        decision = None if tried is None else self._route(tried.prompt, terms, hidden=tried.categories)
        if tried is None or not isinstance(decision, Permit) or not _leaves(decision):
            return None
        minted = self._minted(plan, tried.prompt, decision, model, stream=stream)
        if isinstance(minted, Deny):
            return None
        reason = Reason(cause=Cause.REDACTED, categories=tuple(sorted(tried.categories)))
        return replace(
            plan,
            route=Route.CLOUD,
            reasons=(reason,),
            cloud=minted,
            agreement=decision.agreement,
            redacted=tried.values,
        )

    def _route(self, prompt: Prompt, terms: Terms, *, hidden: frozenset[Category] = frozenset()) -> Permit | Deny:
        return routing.route(
            prompt, labeller_version=self.labels.version, backends=self._backends(), terms=terms, redacted=hidden
        )

    def _minted(
        self, plan: Plan, prompt: Prompt, permit: Permit, model: CloudModel, *, stream: bool
    ) -> CloudPermit | Deny:
        return egress.mint(
            prompt,
            permit,
            model=model.name,
            max_tokens=self.answer_tokens,
            stream=stream,
            scan=partial(self.labels.of, tenant_id=plan.principal.tenant_id),
            life=self._life(),
        )

    def _life(self) -> Life:
        now = self.clock.now()
        return Life(minted_at=now, valid_until=now + _PERMIT_LIFE)

    def _read_locally(self, plan: Plan) -> Plan:
        """Return the plan with what fits the local model; what was left out never makes a route less strict."""
        return plan.shown(self.budget.for_local(plan.prompt)) if self.local is not None else plan

    def _backends(self) -> Backends:
        return Backends(
            cloud_configured=self.cloud is not None,
            cloud_ready=self.cloud is None or self.cloud.ready(),
            local_ready=not self._local_models() or any(model.ready() for model in self._local_models()),
        )

    def outage(self) -> LocalModelUnavailableError | None:
        """Return why no local model answers; None where one does, or where quotes stand for one."""
        outages = [model.outage() for model in self._local_models()]
        return None if None in outages else next(iter(outages), None)

    def _local_models(self) -> list[LocalModel]:
        return [model for model in (self.local, self.fast) if model is not None]

    def _permitted(self, decision: Permit | Deny) -> Permit:
        if isinstance(decision, Deny):
            raise PromptRefusedError(decision.reasons, self.outage())
        return decision


def _leaves(decision: Permit | Deny) -> bool:
    return isinstance(decision, Permit) and decision.route is Route.CLOUD
