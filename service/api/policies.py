"""Providers and policies over HTTP: who may be sent what now, and what a tenant wants beyond that."""

from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from service.api.policy_schemas import PolicyBody, ProvidersBody, TenantPolicyBody
from service.api.problems import documented
from service.errors import ConflictError
from service.policy.access import Principal
from service.policy.document import policy_document
from service.product import Ringfence


@get("/providers", sync_to_thread=True, summary="Who may be sent what?", responses=documented())
def show_providers(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> ProvidersBody:
    """Show the register: what each provider has promised, what expires, and which data may go where today."""
    return ProvidersBody.of(ringfence.governing.show(principal).terms)


@get("/policy", sync_to_thread=True, summary="Show the policy", responses=documented())
def show_policy(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> PolicyBody:
    """Show what the tenant wants beyond the operator's policy, and what is in force because of it."""
    return PolicyBody.of(ringfence.governing.show(principal))


@put("/policy", sync_to_thread=True, summary="Tighten the policy", responses=documented(ConflictError))
def set_policy(
    data: JSONBody[TenantPolicyBody], principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]
) -> PolicyBody:
    """Set everything that the tenant wants beyond the operator's policy. Admins only; on record; counts at once."""
    return PolicyBody.of(ringfence.governing.change(principal, data.wanted()))


@get(
    "/policy/document",
    sync_to_thread=True,
    summary="The policy in plain words",
    media_type="text/markdown",
    responses=documented(),
)
def tell_policy(principal: NamedDependency[Principal], ringfence: NamedDependency[Ringfence]) -> Response[str]:
    """Tell the policy in force for the tenant in plain words, with who may be sent what today."""
    terms = ringfence.governing.show(principal).terms
    return Response(policy_document(terms.policy, terms=terms), media_type="text/markdown; charset=utf-8")


policies = Router("/v1", route_handlers=[show_providers, show_policy, set_policy, tell_policy], tags=["policy"])
