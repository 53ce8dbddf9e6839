"""An erasure that comes at the worst moment still wins (R41, R43)."""

from collections.abc import Callable, Generator
from dataclasses import replace

import pytest

from service.adapters.memory.keeping import InMemoryVault
from service.adapters.memory.models import InMemoryLocalModel
from service.answering import Answering, Question
from service.documents import Upload
from service.errors import NotFoundError, SourceErasedError
from service.policy.access import DocumentId, Principal, TenantId
from service.policy.prompt import Prompt
from service.ports import Generation
from service.sealing import Sealed
from tests.assembled import World, a_world

PARKING = "Visitors park in the garage."
SALARY = "Salary of Ellison: SECRET-PII."


class Interrupted(InMemoryLocalModel):
    """A local model during whose work something else happens, once."""

    def __init__(self, *, at: str, happens: Callable[[], object]) -> None:
        super().__init__()
        self._at = at
        self._happens = happens

    def ready(self) -> bool:
        """Say so, between retrieval and decision."""
        self._reach("decision")
        return super().ready()

    def generate(self, prompt: Prompt) -> tuple[str, Generation]:
        """Answer, while it happens."""
        self._reach("generation")
        return super().generate(prompt)

    def _reach(self, point: str) -> None:
        if point == self._at:
            self._at = ""
            self._happens()


class InterruptedVault(InMemoryVault):
    """A vault that takes its time over an original."""

    def __init__(self, happens: Callable[[DocumentId], object]) -> None:
        super().__init__()
        self._happens = happens

    def put(self, *, tenant_id: TenantId, document_id: DocumentId, sealed: Sealed) -> None:
        """Store it, when the other thing has happened."""
        self._happens(document_id)
        super().put(tenant_id=tenant_id, document_id=document_id, sealed=sealed)


def whole(answering: Answering, who: Principal, question: Question) -> str:
    return answering.ask(who, question).text


def streamed(answering: Answering, who: Principal, question: Question) -> str:
    pieces: Generator[str, None, object] = answering.stream(who, question)
    return "".join(pieces)


def an_interrupted_world(text: str, *, at: str) -> tuple[World, Principal, Answering, Interrupted]:
    """Return a world whose only document is erased at this point of the next answer."""
    world = a_world()
    who, _ = world.person("acme")
    document = world.uploaded(who, text)
    local = Interrupted(at=at, happens=lambda: world.product.erasure.request(who, document.id))
    made = world.product.answering
    return world, who, replace(made, local=local, planner=replace(made.planner, local=local)), local


@pytest.mark.parametrize("ask", [whole, streamed])
@pytest.mark.parametrize("text", [PARKING, SALARY], ids=["cloud", "local"])
def test_what_is_erased_after_its_retrieval_is_shown_to_no_model(
    ask: Callable[[Answering, Principal, Question], str], text: str
) -> None:
    """R41: unreachable at the commit, for a question that was already under way too."""
    world, who, answering, local = an_interrupted_world(text, at="decision")
    with pytest.raises(SourceErasedError):
        ask(answering, who, Question(text=text))
    assert world.cloud
    assert world.cloud.shown == []
    assert local.shown == []


@pytest.mark.parametrize("ask", [whole, streamed])
def test_what_is_erased_while_the_model_speaks_is_in_no_answer(
    ask: Callable[[Answering, Principal, Question], str],
) -> None:
    """R41, R50: sources and citations would outlive the document; that a model was asked stays on record."""
    world, who, answering, _ = an_interrupted_world(SALARY, at="generation")
    with pytest.raises(SourceErasedError):
        ask(answering, who, Question(text=SALARY))
    assert [end["stopped"] for end in world.audited(who.tenant_id, "answer_made")] == ["source_erased"]


def test_an_answer_of_quotes_is_made_of_sources_that_still_exist() -> None:
    world = a_world(local=False)
    who, _ = world.person("acme")
    document = world.uploaded(who, SALARY)
    plan = world.product.answering.planner.plan(who, Question(text=SALARY), stream=False)
    world.product.erasure.request(who, document.id)
    with pytest.raises(SourceErasedError):
        list(world.product.answering._events(plan, stream=False))  # noqa: SLF001 - between two steps of one call


def test_nobody_can_erase_a_document_before_its_original_is_kept() -> None:
    """R43: a receipt that had counted nothing would be followed by the original."""
    world = a_world()
    who, _ = world.person("acme")
    seen: list[DocumentId] = []

    def erase(document_id: DocumentId) -> None:
        seen.append(document_id)
        with pytest.raises(NotFoundError):
            world.product.erasure.request(who, document_id)

    vault = InterruptedVault(erase)
    document, _ = replace(world.product.documents, vault=vault).register(who, Upload(content=b"x", file_name="a.txt"))
    assert seen == [document.id]
    assert vault.exists(tenant_id=who.tenant_id, document_id=document.id)
