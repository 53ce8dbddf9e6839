"""Where a prompt may go, decided from the labels of everything in it and the terms in force, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingestion.sensitivity import NO_VERSION, Category, Label, Verdict
from service.policy.prompt import Origin, Prompt
from service.policy.terms import Agreement, Lacking, Terms
from service.policy.tightening import DataClass


class Route(StrEnum):
    """Where a prompt goes."""

    LOCAL = "local"
    CLOUD = "cloud"


class Cause(StrEnum):
    """The static code of one reason for a route or a refusal."""

    SENSITIVE = "sensitive"
    UNKNOWN = "unknown"
    UNLABELLED = "unlabelled"
    STALE_LABEL = "stale_label"
    NOTHING_LABELLED = "nothing_labelled"
    CLOUD_NOT_CONFIGURED = "cloud_not_configured"
    CLOUD_FAILED = "cloud_failed"
    PROVIDER_TERMS = "provider_terms"
    CLOUD_UNAVAILABLE = "cloud_unavailable"
    EGRESS_SCAN = "egress_scan"
    NO_SOURCES = "no_sources"
    ALL_HARMLESS = "all_harmless"
    REDACTED = "redacted"
    LOCAL_UNAVAILABLE = "local_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why: a cause, which part of the prompt it lies in, and the categories found there.

    `terms` are codes of what a provider lacks, such as `baa_missing` or `dpa_expired`.
    """

    cause: Cause
    origin: Origin | None = None
    categories: tuple[Category, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The prompt may go this way. A CLOUD permit still needs bytes: see `policy.egress`.

    `agreement` is set exactly where the route is CLOUD: to whom, and on what terms.
    """

    route: Route
    reasons: tuple[Reason, ...]
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny:
    """The prompt may go nowhere now."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """What exists at the moment of the decision.

    `local_ready` is also true where no local model is configured: quoting needs none. `cloud_ready` is false while
    the cloud is left alone after it failed: nothing is sent to it then.
    """

    cloud_configured: bool
    local_ready: bool
    cloud_ready: bool = True


def route(
    prompt: Prompt, *, labeller_version: str, backends: Backends, terms: Terms, redacted: Iterable[Category] = ()
) -> Permit | Deny:
    """Return CLOUD only if every part is proved harmless by the labeller in force, and the terms permit it (R10, R15).

    Adding a part can add objections and never removes one, so it never turns LOCAL or Deny into CLOUD; neither does
    taking an attestation away, nor a later day. `redacted` names the categories whose values stand as placeholders
    in the prompt: it needs their terms, and the policy must permit replacing them (R14).
    """
    objections = _objections(prompt, labeller_version)
    if not objections and not backends.cloud_configured:
        objections = (Reason(cause=Cause.CLOUD_NOT_CONFIGURED),)
    if not objections and not backends.cloud_ready:
        objections = (Reason(cause=Cause.CLOUD_UNAVAILABLE),)
    if objections:
        return local(objections, backends=backends)
    agreement = agreed(prompt, terms=terms, redacted=redacted)
    if isinstance(agreement, Reason):
        return local((agreement,), backends=backends)
    return Permit(route=Route.CLOUD, reasons=(Reason(cause=Cause.ALL_HARMLESS),), agreement=agreement)


def agreed(prompt: Prompt, *, terms: Terms, redacted: Iterable[Category] = ()) -> Agreement | Reason:
    """Return on what terms this prompt may leave, or why on none.

    What a reviewer took from a label needs the terms of its category still: the label does not say whether nothing
    was there, or whether it is there and may leave.
    """
    replaced = frozenset(redacted)
    dismissed = frozenset[Category]().union(*(label.dismissed for label in prompt.labels() if label is not None))
    categories = tuple(sorted(replaced | dismissed))
    if replaced - terms.policy.redactable:
        codes = tuple(f"redaction_of_{one.lower()}_forbidden" for one in sorted(replaced - terms.policy.redactable))
        return Reason(cause=Cause.PROVIDER_TERMS, categories=categories, terms=codes)
    found = terms.agreement(DataClass.of(categories))
    if isinstance(found, Lacking):
        return Reason(cause=Cause.PROVIDER_TERMS, categories=categories, terms=found.codes)
    return found


def local(reasons: Sequence[Reason], *, backends: Backends) -> Permit | Deny:
    """Return the local permit for these reasons, or Deny where nothing local answers. Never the cloud (R12)."""
    if backends.local_ready:
        return Permit(route=Route.LOCAL, reasons=tuple(reasons))
    return Deny(reasons=(*reasons, Reason(cause=Cause.LOCAL_UNAVAILABLE)))


def _objections(prompt: Prompt, labeller_version: str) -> tuple[Reason, ...]:
    if not prompt.parts:
        return (Reason(cause=Cause.NOTHING_LABELLED),)
    found = (_objection(part.label, part.origin, labeller_version) for part in prompt.parts)
    return tuple(dict.fromkeys(reason for reason in found if reason is not None))


def _objection(label: Label | None, origin: Origin, labeller_version: str) -> Reason | None:
    if label is None:
        return Reason(cause=Cause.UNLABELLED, origin=origin)
    categories = tuple(sorted(label.categories))
    if label.verdict is Verdict.SENSITIVE:
        return Reason(cause=Cause.SENSITIVE, origin=origin, categories=categories)
    # A label merged from several versions carries NO_VERSION: nobody vouches for it, whatever is in force.
    if label.labeller_version != labeller_version or label.labeller_version == NO_VERSION:
        return Reason(cause=Cause.STALE_LABEL, origin=origin, categories=categories)
    if not label.harmless:
        return Reason(cause=Cause.UNKNOWN, origin=origin, categories=categories)
    return None
