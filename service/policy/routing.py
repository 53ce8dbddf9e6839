"""Where a prompt may go, decided from the labels of everything in it and from nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingestion.sensitivity import NO_VERSION, Category, Label, Verdict
from service.policy.prompt import Origin, Prompt


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
    EGRESS_SCAN = "egress_scan"
    NO_SOURCES = "no_sources"
    ALL_HARMLESS = "all_harmless"
    REDACTED = "redacted"
    LOCAL_UNAVAILABLE = "local_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why: a cause, which part of the prompt it lies in, and the categories found there."""

    cause: Cause
    origin: Origin | None = None
    categories: tuple[Category, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The prompt may go this way. A CLOUD permit still needs bytes: see `policy.egress`."""

    route: Route
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny:
    """The prompt may go nowhere now."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backends:
    """What exists at the moment of the decision.

    `local_ready` is also true where no local model is configured: quoting needs none.
    """

    cloud_configured: bool
    local_ready: bool


def route(prompt: Prompt, *, labeller_version: str, backends: Backends) -> Permit | Deny:
    """Return CLOUD only if every part is proved harmless by the labeller in force (R10).

    Adding a part can add objections and never removes one, so it never turns LOCAL or Deny into CLOUD.
    """
    objections = _objections(prompt, labeller_version)
    if not objections and not backends.cloud_configured:
        objections = (Reason(cause=Cause.CLOUD_NOT_CONFIGURED),)
    if not objections:
        return Permit(route=Route.CLOUD, reasons=(Reason(cause=Cause.ALL_HARMLESS),))
    return local(objections, backends=backends)


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
