"""Prompts, labels and permits for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingestion.sensitivity import Category, Label, Verdict
from service.policy import egress, routing
from service.policy.egress import CloudPermit, Life
from service.policy.prompt import Origin, Part, Prompt
from service.policy.routing import Backends, Permit

VERSION = "labeller-1"
INSTRUCTIONS = "Answer the question only from the numbered sources. Cite them like [1]."
QUESTION = "When does the warehouse in Lyon open?"
SOURCE = "The warehouse in Lyon opens at eight."
OTHER_SOURCE = "Paper is stored in Nantes."


def harmless(version: str = VERSION) -> Label:
    """Return the label of a text that may leave."""
    return Label(verdict=Verdict.HARMLESS, labeller_version=version)


def sensitive(*categories: Category) -> Label:
    """Return the label of a text that may not."""
    return Label(verdict=Verdict.SENSITIVE, labeller_version=VERSION, categories=frozenset(categories))


def a_part(origin: Origin, text: str = "some text", label: Label | None = None) -> Part:
    """Return a part that is harmless unless a label is given."""
    return Part(origin=origin, text=text, label=label or harmless())


def a_prompt(question: str = QUESTION, sources: Sequence[str] = (SOURCE, OTHER_SOURCE)) -> Prompt:
    """Return a harmless prompt."""
    return Prompt(
        parts=(
            a_part(Origin.INSTRUCTIONS, INSTRUCTIONS),
            *(a_part(Origin.CHUNK, source) for source in sources),
            a_part(Origin.QUESTION, question),
        )
    )


def scanned_harmless(_texts: Sequence[str]) -> Label:
    """Say that everything is harmless, as a scan does that finds nothing."""
    return harmless()


def a_life(*, seconds: float = 60) -> Life:
    """Return a life that began now and lasts so long."""
    now = datetime.now(UTC)
    return Life(minted_at=now, valid_until=now + timedelta(seconds=seconds))


def a_cloud_permit(prompt: Prompt | None = None, *, model: str, stream: bool, life: Life | None = None) -> CloudPermit:
    """Return a permit that went the whole way: routed, rendered, scanned, minted."""
    asked = prompt or a_prompt()
    permit = routing.route(asked, labeller_version=VERSION, backends=Backends(cloud_configured=True, local_ready=True))
    assert isinstance(permit, Permit)
    life = life or a_life()
    minted = egress.mint(asked, permit, model=model, max_tokens=64, stream=stream, scan=scanned_harmless, life=life)
    assert isinstance(minted, CloudPermit)
    return minted
