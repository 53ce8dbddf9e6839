"""`ringfence erasures`: what it refuses before it asks anybody, and how a request looks in a terminal (R40, R46)."""

from typing import Any

import pytest

from service.cli import main
from service.cli.erasure_tables import print_list, print_next, print_preview, print_request

ID, DOCUMENT = "6a2f1a3e-0000-4000-8000-000000000001", "6a2f1a3e-0000-4000-8000-000000000002"
CHILD, PARENT = "6a2f1a3e-0000-4000-8000-000000000003", "6a2f1a3e-0000-4000-8000-000000000004"


def ended(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


def a_request(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - of a request
    item: dict[str, Any] = {
        "kind": "document",
        "target": DOCUMENT,
        "state": "waiting",
        "action": None,
        "certain": False,
        "added_later": True,
        "chunk_count": 3,
        "left_because": None,
        "held_by": [],
        "replaced_by": None,
    }
    return {
        "id": ID,
        "kind": "subject",
        "reason": "objection",
        "article": "Art. 17(1)(c)",
        "state": "located",
        "due_at": "2026-12-24T09:00:00Z",
        "days_left": 30,
        "extension": None,
        "approvals": [],
        "approvals_needed": 2,
        "cooling_off_hours": 24,
        "refusal": None,
        "exception": None,
        "note": "[bold]Call[/] first",
        "items": [item],
    } | changed


@pytest.mark.parametrize(
    "named",
    [
        (),
        ("--document", DOCUMENT, "--everything"),
        ("--identifier", "e@x.example", "--document", DOCUMENT),
    ],
    ids=["nothing", "two_kinds", "a_person_and_a_document"],
)
def test_a_request_is_about_one_kind_of_thing(capsys: pytest.CaptureFixture[str], named: tuple[str, ...]) -> None:
    assert ended("erasures", "open", "--reason", "objection", *named) == 2
    assert "say what to erase" in " ".join(capsys.readouterr().err.split())


def test_a_person_is_read_from_a_file(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ANN401
    assert ended("erasures", "open", "--reason", "objection", "--person", str(tmp_path / "absent")) == 2
    assert "cannot be read as text" in " ".join(capsys.readouterr().err.split())


def test_a_receipt_of_a_deletion_needs_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("delete", DOCUMENT, "--no-wait", "--receipt", "receipt.json") == 2
    assert "--receipt needs --wait" in capsys.readouterr().err


def test_the_list_says_who_is_late(capsys: pytest.CaptureFixture[str]) -> None:
    """R46."""
    print_list([a_request(days_left=-2), a_request(days_left=3), a_request(state="verified", days_left=-9)])
    told = capsys.readouterr().out
    assert "overdue by 2 days" in told
    assert "3 days left" in told
    assert "ended" in told
    assert "0 of 2" in told
    print_list([])
    assert "no erasure requests" in capsys.readouterr().out


def test_a_request_tells_what_is_undecided_and_what_came_later(capsys: pytest.CaptureFixture[str]) -> None:
    print_request(a_request())
    told = capsys.readouterr().out
    for word in (
        "Art. 17(1)(c)",
        "24 hours of cooling-off",
        "[bold]Call[/] first",
        "undecided",
        "found later",
        DOCUMENT,
    ):
        assert word in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"state": "received", "items": []}, f"next: ringfence erasures preview {ID} --tenant acme\n"),
        ({}, f"next: ringfence erasures choose {ID} --tenant acme --certain redact"),
        ({"items": [{"action": "erase"}]}, f"next: ringfence erasures approve {ID} --tenant acme\n"),
        ({"items": [{"action": "erase"}], "approvals": [{}]}, ""),
        ({"items": []}, ""),
        ({"state": "approved"}, ""),
        ({"state": "verified"}, f"next: ringfence erasures receipt {ID} --tenant acme --out receipt.json\n"),
    ],
    ids=["received", "undecided", "decided", "half_approved", "nothing_found", "approved", "verified"],
)
def test_the_next_command_runs_as_it_is_told(
    capsys: pytest.CaptureFixture[str], changed: dict[str, Any], told: str
) -> None:
    print_next(a_request(**changed), "acme")
    out = capsys.readouterr().out
    assert out.startswith(told)
    assert bool(out) is bool(told)


def test_a_preview_tells_places_holds_and_what_was_not_searched(capsys: pytest.CaptureFixture[str]) -> None:
    request = a_request()
    hit = {"place": "chunk 2", "found_by": ["index"], "certain": False, "snippet": "[M…] rang"}
    document = {"item": request["items"][0], "title": "Boats", "turns": 2, "held_by": [ID], "hits": [hit]}
    document |= {"children": [CHILD], "originals_of": [PARENT]}
    print_preview(
        {"request": request, "documents": [document], "turns": [], "not_searched": {"damaged": 1}, "tenant": None}
    )
    told = capsys.readouterr().out
    for word in (
        "Boats",
        "3 chunks, 2 turns go along",
        f"held by {ID}",
        "possible",
        "[M…] rang",
        "1 (damaged)",
        f"found in it: {CHILD}",
        PARENT,
    ):
        assert word in told
