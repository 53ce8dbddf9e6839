"""Which prompts may be redacted, and what must be hidden in them: anything in doubt stays as it is, and local."""

from collections.abc import Collection, Iterable, Iterator

from ingestion.sensitivity import NO_VERSION, Category, Finding, Label, Verdict
from service.policy.prompt import Origin, Prompt
from service.policy.redaction.placeholders import READ, kind_of
from service.policy.redaction.replacing import Value

_MOST_FINDINGS = 200
"""As many as a label keeps: where there are so many, some may be missing."""
_ABOUT_THE_WHOLE = frozenset({"heads", "document"})
"""Detectors that speak of a whole text: what they mean does not go away with any value in it."""
_ASKED = frozenset({Origin.QUESTION, Origin.EARLIER_QUESTION})


def may_be_redacted(prompt: Prompt, *, labeller_version: str, categories: Collection[Category]) -> bool:
    """Whether values of these categories are all that keeps the prompt from leaving.

    Not where a part is unknown, unlabelled, stale, doubtful, or sensitive for anything else; nor where a
    category has no finding that could be hidden: then a person declared it, or it came from what the part was
    made from. What the asker wrote carries its findings only in the labels of its passages.
    """
    allowed = frozenset(categories)
    return bool(allowed) and all(
        part.label is not None
        and _hideable(part.label, labeller_version, allowed)
        and (part.origin in _ASKED or _all_found(part.label))
        for part in prompt.parts
    )


def _hideable(label: Label, version: str, allowed: frozenset[Category]) -> bool:
    if label.labeller_version != version or version == NO_VERSION or label.reasons:
        return False
    if label.verdict is Verdict.SENSITIVE:
        return bool(label.categories) and label.found <= allowed and not _about_the_whole(label)
    return label.harmless


def _about_the_whole(label: Label) -> bool:
    whole = any(finding.detector in _ABOUT_THE_WHOLE for finding in label.findings)
    return whole or len(label.findings) >= _MOST_FINDINGS


def _all_found(label: Label) -> bool:
    return label.categories <= {finding.category for finding in label.findings}


def examined_values(
    examined: Iterable[tuple[str, Label]], *, labeller_version: str, categories: Collection[Category]
) -> tuple[Value, ...] | None:
    """Return the values in texts with their fresh labels, None where hiding values cannot make them harmless."""
    allowed = frozenset(categories)
    values: list[Value] = []
    for text, label in examined:
        if not _hideable(label, labeller_version, allowed) or not _all_found(label):
            return None
        values += values_in(text, label.findings)
    return tuple(values)


def values_in(text: str, findings: Iterable[Finding]) -> Iterator[Value]:
    """Yield what the findings lie on; placeholders that stand inside are no part of it."""
    for finding in findings:
        found = text[finding.start : finding.end]
        read = 0
        for match in READ.finditer(found):
            yield from _value(finding, found[read : match.start()])
            read = match.end()
        yield from _value(finding, found[read:])


def _value(finding: Finding, spelled: str) -> Iterator[Value]:
    if any(map(str.isalnum, spelled)):
        yield Value(kind=kind_of(finding.kind), spelled=spelled.strip())
