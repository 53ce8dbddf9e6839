"""Locating a person finds every document, chunk and turn that names them, and says what it could not read (R40)."""

from dataclasses import replace

import pytest

from service.answering import Question
from service.errors import NotPermittedError
from service.locating import FoundBy, Located, Obstacle
from service.policy.access import Principal, Role
from service.ports import DocumentState
from service.subjects import Form, Subject
from tests.assembled import World, a_world
from tests.subjects import NamingLabeller

_JUERGEN = Subject(names=("Jürgen Müller",), identifiers=("j.mueller@firma.de",))


def _world() -> tuple[World, Principal]:
    world = a_world(labeller=NamingLabeller("Jürgen Müllers", "Anna Müller", "J. Müller"))
    return world, world.person("acme")[0]


def _ids(located: Located) -> dict[object, bool]:
    return {one.id: one.certain for one in located.documents}


def test_a_person_is_located_by_name_and_by_identifier() -> None:
    world, who = _world()
    named = world.uploaded(who, "Jürgen Müllers Gehalt steigt.")
    mailed = world.uploaded(who, "Bitte an j.mueller@firma.de senden.")
    possible = world.uploaded(who, "Herr Müller war dabei.")
    world.uploaded(who, "Anna Müller war nicht dabei.")
    located = world.product.locating.locate(who, _JUERGEN)
    assert _ids(located) == {named.id: True, mailed.id: True, possible.id: False}
    (hit,) = next(one.hits for one in located.documents if one.id == named.id)
    assert hit.ordinal == 0
    assert {FoundBy.EXACT, FoundBy.INDEX} <= hit.found_by
    assert hit.forms == {Form.FULL_NAME}


def test_an_initial_is_not_certain_where_a_namesake_has_it_too() -> None:
    """`J. Müller` is Julia's as well, once any document names her."""
    world, who = _world()
    shortened = world.uploaded(who, "Akte J. Müller")
    assert _ids(world.product.locating.locate(who, _JUERGEN)) == {shortened.id: True}
    world.uploaded(who, "Julia Müller ist neu.")
    whole = world.uploaded(who, "Akte Jürgen Müller")
    assert _ids(world.product.locating.locate(who, _JUERGEN)) == {shortened.id: False, whole.id: True}


def test_a_snippet_shows_neither_the_person_nor_anybody_else() -> None:
    world, who = _world()
    world.uploaded(who, "Jürgen Müllers Nachfolgerin ist Anna Müller, j.mueller@firma.de.")
    (document,) = world.product.locating.locate(who, _JUERGEN).documents
    shown = document.hits[0].snippet
    assert "Nachfolgerin ist" in shown
    for secret in ("ürgen", "üller", "nna", "mueller", "firma"):
        assert secret not in shown


def test_the_index_finds_by_itself() -> None:
    """A mark leads to its chunk though no word of the text were read."""
    world, who = _world()
    view = world.uploaded(who, "Jürgen Müllers Gehalt steigt.")
    world.keys.destroy_document_key(tenant_id=who.tenant_id, document_id=view.id)
    located = world.product.locating.locate(who, _JUERGEN)
    (hit,) = located.documents[0].hits
    assert FoundBy.INDEX in hit.found_by
    assert FoundBy.EXACT not in hit.found_by
    assert [(one.document_id, one.reason) for one in located.not_searched] == [(view.id, Obstacle.KEY_DESTROYED)]


def test_titles_file_names_and_external_ids_are_searched_too() -> None:
    world, who = _world()
    world.uploaded(who, "Nichts.", title="Akte Jürgen Müller", file_name="J_Müller.txt", external_id="Müller, Jürgen")
    (document,) = world.product.locating.locate(who, _JUERGEN).documents
    assert [one.name for one in document.fields] == ["title", "file_name", "external_id"]
    assert document.certain
    assert "Müller" not in document.title + "".join(one.snippet for one in document.fields)


def test_turns_of_conversations_are_located_whoever_owns_them() -> None:
    world, owner = _world()
    world.uploaded(owner, "The canteen opens at noon.")
    reader, _ = world.person("acme", Role.READER)
    conversation = world.product.conversations.open(reader)
    question = Question(text="Does the canteen open at noon for Jürgen Müller?", conversation=conversation.id)
    answer = world.product.answering.ask(reader, question)
    (turn,) = world.product.locating.locate(owner, _JUERGEN).turns
    assert (turn.id, turn.conversation, turn.certain) == (answer.id, conversation.id, True)
    assert turn.found_by == {FoundBy.EXACT, FoundBy.INDEX}
    assert "ürgen" not in turn.snippet


def test_a_misspelt_name_is_found_where_the_meaning_is_near() -> None:
    world, who = _world()
    view = world.uploaded(who, "Jürgen Mülelr")
    located = world.product.locating.locate(who, Subject(names=("Jürgen Müller",)))
    assert _ids(located) == {view.id: False}
    assert [hit.found_by for hit in located.documents[0].hits] == [{FoundBy.SEMANTIC}]


def test_what_could_not_be_read_is_said() -> None:
    world, who = _world()
    failed = world.uploaded(who, "\x00\x01", file_name="broken.pdf", media_type="application/pdf")
    assert failed.state is DocumentState.FAILED
    located = world.product.locating.locate(who, _JUERGEN)
    assert [(one.document_id, one.reason) for one in located.not_searched] == [(failed.id, Obstacle.FAILED)]


def test_documents_without_marks_are_read_all_the_same_said_and_marked_in_the_background() -> None:
    """What was ingested before the index existed is not missed."""
    world, who = _world()
    view = world.uploaded(who, "Jürgen Müllers Gehalt steigt.")
    with world.database.transaction(who.tenant_id) as transaction:
        record = transaction.documents.get(view.id)
        assert record is not None
        transaction.documents.update(replace(record, subjects_version=None))
        transaction.subjects.replace(view.id, [])
    located = world.product.locating.locate(who, _JUERGEN)
    assert located.not_indexed == (view.id,)
    assert [hit.found_by for hit in located.documents[0].hits] == [{FoundBy.EXACT, FoundBy.SEMANTIC}]
    world.product.jobs.sweep()
    world.work()
    located = world.product.locating.locate(who, _JUERGEN)
    assert located.not_indexed == ()
    assert FoundBy.INDEX in located.documents[0].hits[0].found_by
    assert world.product.jobs.sweep() == 0


def test_marks_go_with_their_document_and_are_counted() -> None:
    """R41, R42: an erasure leaves no mark, and would not be told done while one is left."""
    world, who = _world()
    view = world.uploaded(who, "Jürgen Müllers Gehalt steigt.")
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.subjects.count(view.id) > 0
    marks = world.product.erasure.remains(who.tenant_id, view.id).found("subject_marks")
    world.product.erasure.request(who, view.id)
    world.work()
    with world.database.transaction(who.tenant_id) as transaction:
        assert transaction.subjects.count(view.id) == 0
    assert marks > 0
    assert world.product.locating.locate(who, _JUERGEN).documents == ()


def test_another_tenant_is_never_searched() -> None:
    """R30."""
    world, who = _world()
    world.uploaded(who, "Jürgen Müllers Gehalt steigt.")
    other, _ = world.person("other")
    assert world.product.locating.locate(other, _JUERGEN).documents == ()


@pytest.mark.parametrize("role", [Role.READER, Role.CONTRIBUTOR, Role.OPERATOR, Role.AUDITOR])
def test_only_who_may_erase_may_locate(role: Role) -> None:
    world, _ = _world()
    somebody, _ = world.person("acme", role)
    with pytest.raises(NotPermittedError):
        world.product.locating.locate(somebody, _JUERGEN)


def test_the_audit_holds_counts_only() -> None:
    world, who = _world()
    world.uploaded(who, "Jürgen Müllers Gehalt steigt.")
    told: list[tuple[int, int]] = []
    world.product.locating.locate(who, _JUERGEN, progress=lambda done, of: told.append((done, of)))
    (facts,) = world.audited(who.tenant_id, "subject_located")
    assert facts["documents"] == facts["chunks"] == facts["certain"] == facts["names"] == 1
    assert all(isinstance(value, int) for value in facts.values())
    assert told == [(1, 1)]
