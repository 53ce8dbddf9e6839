"""What a reviewer lowered may leave, and nothing leaves by way of a review that is not its own (R6, R11)."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sensitivity import Category, Label, Verdict
from service.policy import egress
from service.policy.egress import CloudPermit
from service.policy.prompt import Origin, Part, Prompt
from service.policy.routing import Cause, Deny, Permit, Reason, Route
from tests.prompts import VERSION, a_life, a_part, harmless

CLOUD = Permit(route=Route.CLOUD, reasons=())
CATEGORIES = st.sampled_from(Category)
ANY_CATEGORIES = st.frozensets(CATEGORIES)
ORDINARY = st.lists(st.sampled_from(["garage", "visitors", "gate"]), max_size=3).map(" ".join)
DOUBTFUL, BROKEN = "DOUBT", "BROKEN"


def marked(*categories: Category) -> str:
    """Return a text in which the scan below finds these."""
    return " ".join(f"SECRET-{category}" for category in sorted(categories)) or "nothing"


def scan(texts: Sequence[str]) -> Label:
    """Find marks, as a labeller finds what they stand for."""
    whole = "\n".join(texts)
    found = frozenset(category for category in Category if marked(category) in whole)
    codes = {DOUBTFUL: "uncertain:clinical", BROKEN: "detector_failed:heads"}
    reasons = tuple(code for word, code in codes.items() if word in whole)
    verdict = Verdict.SENSITIVE if found else Verdict.UNKNOWN if reasons else Verdict.HARMLESS
    return Label(verdict=verdict, labeller_version=VERSION, categories=found, reasons=reasons)


def reviewed(text: str, *dismissed: Category, doubts: bool = False) -> Part:
    """Return a chunk that a reviewer lowered to harmless."""
    label = replace(harmless(), dismissed=frozenset(dismissed), doubts_dismissed=doubts)
    return a_part(Origin.CHUNK, text, label)


def minted(*parts: Part) -> CloudPermit | Deny:
    prompt = Prompt(parts=(a_part(Origin.INSTRUCTIONS, "Answer."), *parts, a_part(Origin.QUESTION, "Where?")))
    return egress.mint(prompt, CLOUD, model="model-1", max_tokens=64, stream=False, scan=scan, life=a_life())


def a_refusal(*categories: Category) -> Deny:
    return Deny(reasons=(Reason(cause=Cause.EGRESS_SCAN, categories=tuple(sorted(categories))),))


REVIEWED = st.builds(lambda found: reviewed(marked(*found), *found), st.frozensets(CATEGORIES, min_size=1))
UNREVIEWED = st.builds(lambda text: a_part(Origin.CHUNK, text), ORDINARY)


@given(parts=st.lists(REVIEWED | UNREVIEWED, min_size=1, max_size=4))
def test_what_was_dismissed_where_it_stands_may_leave_as_it_is(parts: list[Part]) -> None:
    permit = minted(*parts)
    assert isinstance(permit, CloudPermit)
    sent = json.loads(permit.body)["messages"][0]["content"]
    assert all(part.text in sent for part in parts)


@given(
    parts=st.lists(REVIEWED | UNREVIEWED, max_size=3),
    found=st.frozensets(CATEGORIES, min_size=1),
    origin=st.sampled_from(Origin),
    place=st.integers(0, 3),
)
def test_a_part_that_nobody_reviewed_never_passes_by_way_of_anothers_review(
    parts: list[Part], found: frozenset[Category], origin: Origin, place: int
) -> None:
    """Not even where the very same words were dismissed beside it, and its own label says harmless."""
    excused = reviewed(marked(*Category), *Category, doubts=True)
    smuggled = a_part(origin, marked(*found))
    assert minted(excused, *parts[:place], smuggled, *parts[place:]) == a_refusal(*found)


@given(dismissed=ANY_CATEGORIES, found=ANY_CATEGORIES, elsewhere=ANY_CATEGORIES)
def test_a_reviewed_part_passes_by_its_own_review_only(
    dismissed: frozenset[Category], found: frozenset[Category], elsewhere: frozenset[Category]
) -> None:
    permit = minted(
        reviewed(marked(*found), *dismissed, doubts=True), reviewed(marked(*elsewhere), *elsewhere, doubts=True)
    )
    assert isinstance(permit, CloudPermit) == (found <= dismissed)


@given(found=ANY_CATEGORIES, dismissed=ANY_CATEGORIES, doubt=st.sampled_from(["", DOUBTFUL, BROKEN]))
@pytest.mark.parametrize("doubts", [True, False])
def test_only_what_was_dismissed_is_excused(
    found: frozenset[Category], dismissed: frozenset[Category], doubt: str, *, doubts: bool
) -> None:
    """R5: a labeller that failed is excused by nobody."""
    permit = minted(reviewed(f"{marked(*found)} {doubt}", *dismissed, doubts=doubts))
    settled = not doubt or (doubt == DOUBTFUL and doubts)
    assert isinstance(permit, CloudPermit) == (found <= dismissed and settled)


@pytest.mark.parametrize("doubt", [DOUBTFUL, BROKEN])
def test_a_doubt_about_a_part_that_nobody_reviewed_is_not_excused_by_another(doubt: str) -> None:
    excused = reviewed(DOUBTFUL, *Category, doubts=True)
    assert minted(excused, a_part(Origin.CHUNK, doubt)) == a_refusal()


@pytest.mark.parametrize("origin", [origin for origin in Origin if origin is not Origin.CHUNK])
def test_only_chunks_can_be_reviewed(origin: Origin) -> None:
    label = replace(harmless(), dismissed=frozenset(Category), doubts_dismissed=True)
    assert minted(a_part(origin, marked(Category.PII), label)) == a_refusal(Category.PII)


def test_a_category_that_appears_only_when_texts_stand_together_is_not_excused() -> None:
    """Two reviewed halves of a secret: neither review dismissed what they make together."""
    halves = (reviewed("SECRET", Category.PHI), reviewed("PCI", Category.PHI))

    def joined(texts: Sequence[str]) -> Label:
        whole = "\n".join(texts)
        if "SECRET" in whole and "PCI" in whole:
            return Label(verdict=Verdict.SENSITIVE, labeller_version=VERSION, categories=frozenset({Category.PCI}))
        return harmless()

    prompt = Prompt(parts=halves)
    refused = egress.mint(prompt, CLOUD, model="model-1", max_tokens=64, stream=False, scan=joined, life=a_life())
    assert refused == a_refusal(Category.PCI)


def test_a_scan_of_another_version_excuses_nothing() -> None:
    """A review counts for the label in force; a stale one keeps its chunk local."""
    part = reviewed(marked(Category.PII), Category.PII)
    assert part.label
    old = replace(part, label=replace(part.label, labeller_version="older"))
    assert minted(old) == Deny(reasons=(Reason(cause=Cause.STALE_LABEL),))


@given(dismissed=st.frozensets(CATEGORIES, min_size=1), left=st.frozensets(CATEGORIES, min_size=1))
def test_a_label_that_is_still_sensitive_gets_no_bytes(
    dismissed: frozenset[Category], left: frozenset[Category]
) -> None:
    label = Label(verdict=Verdict.SENSITIVE, labeller_version=VERSION, categories=left, dismissed=dismissed - left)
    assert isinstance(minted(a_part(Origin.CHUNK, marked(*left), label)), Deny)
