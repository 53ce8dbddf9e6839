"""The routing policy in plain words, made by asking the policy that runs (R55)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from ingestion.sensitivity import Category, Label, Verdict
from service.policy.prompt import Origin, Part, Prompt
from service.policy.providers import MEANING, WARNING_DAYS, Attestation, EgressClass, Evidence, Provider, Register
from service.policy.routing import Backends, Permit, Route, route
from service.policy.terms import BACKENDS, Terms, Way, goings, way_out
from service.policy.tightening import DataClass, Policy

_VERSION = "in force"
_ALL = Backends(cloud_configured=True, local_ready=True)
_HARMLESS = Label(verdict=Verdict.HARMLESS, labeller_version=_VERSION)
_ROUTES = {Route.CLOUD: "the cloud", Route.LOCAL: "inside the building"}
_WAYS = {Way.AS_IT_IS: "yes", Way.AS_PLACEHOLDERS: "only with its values replaced by placeholders", Way.NEVER: "no"}


def policy_document(policy: Policy, *, terms: Terms | None = None) -> str:
    """Return the document, in Markdown; with `terms`, also who may be sent what on that day."""
    lines = [
        *("# Routing policy", ""),
        f"Generated from the policy that runs, version `{policy.version[:16]}`, by `ringfence policy document`.",
        *("", "## Where a prompt goes", ""),
        "A prompt is everything that a model would be shown: the instructions, the earlier turns, the sources found,",
        "the question. It goes to the cloud only if every part of it is proved harmless **and** the provider's terms",
        "are met. Each row was decided by the policy itself when this page was made.",
        "",
        *_table(("the prompt", "it is answered"), _decisions(policy)),
        "",
        "What must be answered inside the building never goes to the cloud instead. Before anything leaves, the exact",
        "bytes are examined once more, and only those bytes are sent. What could not be recorded is not sent.",
        *("", "## What each class of data needs", ""),
        "A class of data may go to a provider only while every attestation named here is in the register and has not",
        f"expired. The last day counts, in UTC; {WARNING_DAYS} days before it there are warnings.",
        "",
        *_table(("data", "may it go to a cloud?", *(f"`{name}` needs" for name in EgressClass)), _needs(policy)),
        "",
        "What a reviewer dismissed from a label still needs the terms of the dismissed category. `confidential` is an",
        "attested enclave; nothing here speaks to one, so nothing goes there whatever its terms.",
        "",
        *_table(("attestation", "meaning"), ((f"`{one}`", MEANING[one]) for one in Attestation)),
        *("", "## What is set", ""),
        *_set(policy),
        *("", "A tenant may tighten every line of this and loosen none.", ""),
    ]
    return "\n".join(lines if terms is None else [*lines, *_today(terms), ""])


def _decisions(policy: Policy) -> Iterator[tuple[str, str]]:
    met = _met(policy)
    stale = replace(_HARMLESS, labeller_version="earlier")
    yield "every part harmless, terms met", _asked(_HARMLESS, met)
    for attestation in sorted(policy.needs(DataClass.NON_SENSITIVE, egress=EgressClass.CLOUD)):
        yield f"every part harmless, `{attestation}` missing or expired", _asked(_HARMLESS, _less(met, attestation))
    yield "every part harmless, another model than the register pins", _asked(_HARMLESS, replace(met, model="other"))
    yield "every part harmless, no cloud configured", _asked(_HARMLESS, met, replace(_ALL, cloud_configured=False))
    for category in Category:
        found = Label(verdict=Verdict.SENSITIVE, labeller_version=_VERSION, categories=frozenset({category}))
        yield f"one part {category}", _asked(found, met)
    yield "one part that the labeller could not decide or examine", _asked(Label.unknown("x", version=_VERSION), met)
    yield "one part labelled by an earlier version of the labeller", _asked(stale, met)
    yield "one part without a label", _asked(None, met)
    unsure = replace(_ALL, local_ready=False)
    yield "one part not harmless, the local model down", _asked(None, met, unsure)


def _asked(label: Label | None, terms: Terms, backends: Backends = _ALL) -> str:
    parts = (
        Part(origin=Origin.INSTRUCTIONS, text="", label=_HARMLESS),
        Part(origin=Origin.CHUNK, text="", label=label),
    )
    decision = route(Prompt(parts=parts), labeller_version=_VERSION, backends=backends, terms=terms)
    return _ROUTES[decision.route] if isinstance(decision, Permit) else "not at all: 503, try again"


def _met(policy: Policy) -> Terms:
    """Return terms under which a made-up provider has promised all that can be promised in one region."""
    region = next(iter(sorted(policy.residency)), "us")
    name = next(iter(sorted(policy.providers or ())), "any")
    evidence = tuple(
        Evidence(attestation=one, reference="", valid_until=date.max, region=region) for one in Attestation
    )
    provider = Provider(
        name=name,
        egress=EgressClass.CLOUD,
        backend=BACKENDS[EgressClass.CLOUD],
        model="pinned",
        region=region,
        evidence=evidence,
    )
    return Terms(policy=policy, register=Register(providers=(provider,)), on=date.min, model="pinned")


def _less(terms: Terms, attestation: Attestation) -> Terms:
    """Return the terms as they are when this attestation has expired."""
    (provider,) = terms.register.providers
    kept = tuple(one for one in provider.evidence if one.attestation is not attestation)
    return replace(terms, register=Register(providers=(replace(provider, evidence=kept),)))


def _needs(policy: Policy) -> Iterator[tuple[str, ...]]:
    for data in DataClass:
        needed = (", ".join(sorted(policy.needs(data, egress=egress))) for egress in EgressClass)
        yield (data.value, _WAYS[way_out(policy, data)], *needed)


def _set(policy: Policy) -> Iterator[str]:
    yield f"- The cloud: {'permitted, on these terms' if policy.cloud else 'forbidden'}."
    named = "any in the register" if policy.providers is None else ", ".join(sorted(policy.providers)) or "none"
    yield f"- Providers: {named}."
    yield f"- Residency: {' and '.join(sorted(policy.residency)) or 'not restricted'}."
    yield f"- Categories that may be replaced by placeholders: {', '.join(sorted(policy.redactable)) or 'none'}."


def _today(terms: Terms) -> Iterator[str]:
    yield from (f"## On {terms.on.isoformat()}", "", f"The register is {terms.register.state}.", "")
    rows = ((one.data, one.egress, _WAYS[one.way], ", ".join(one.lacking) or "nothing") for one in goings(terms))
    yield from _table(("data", "way out", "may it go?", "lacking"), rows)
    for provider in terms.register.providers:
        yield from ("", f"{provider.name}: {provider.egress}, `{provider.model}`, region {provider.region}.", "")
        yield from _table(("attestation", "standing", "evidence", "until"), _standings(provider, terms.on))


def _standings(provider: Provider, on: date) -> Iterator[tuple[str, ...]]:
    for one in provider.evidence:
        yield one.attestation, one.standing(on), one.reference, one.valid_until.isoformat()


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in row)} |"
