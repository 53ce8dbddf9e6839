"""What passes the boundary: listed words with values of their shape, and nothing else (R54)."""

import logging
import logging.handlers

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.telemetry import scrubbing
from service.vocabulary import KEYS, learn_paths

JOB = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("job", JOB),
        ("kind", "documents.ingest"),
        ("seconds", 0.25),
        ("error", "ValueError"),
        ("sqlstate", "57P01"),
        ("embedder", "all-MiniLM-L6-v2/float32"),
        ("path", "/v1/documents/{document_id:uuid}"),
        ("where", "service/app.py:12"),
        ("error", None),
        ("error", "key_destroyed"),
    ],
)
def test_what_operators_need_passes(key: str, value: object) -> None:
    learn_paths(["/v1/documents/{document_id:uuid}"])
    assert scrubbing.own({"event": "task_failed", key: value}) == {"event": "task_failed", key: value}


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("job", "Erika Mustermann", "a name where an id belongs"),
        ("job", JOB.upper(), "no id of ours is written like this"),
        ("kind", "Zanzibarquartz", "not one of the kinds"),
        ("seconds", 4111111111111111, "a card's number"),
        ("seconds", "4111 1111", "digits are no number"),
        ("error", "Zanzibarquartz", "a message that looks like a name of a class"),
        ("error", ["ValueError"], "no text"),
        ("path", "/v1/documents/Zanzibarquartz", "the path that was asked for, not its template"),
        ("where", "Zanzibarquartz", "no place"),
        ("at", ["service/app.py:12", "Zanzibarquartz"], "one of them is no place"),
        ("embedder", "what is his name", "words"),
        ("model", "x" * 200, "too long for a name"),
        ("question", "why", "no key of ours"),
        ("level", "Zanzibarquartz", "not a level"),
    ],
)
def test_what_has_another_shape_is_dropped_and_counted(key: str, value: object, why: str) -> None:
    assert scrubbing.own({"event": "task_failed", key: value}) == {"event": "task_failed", "dropped": 1}, why


@given(st.text())
def test_no_text_passes_under_any_key(text: str) -> None:
    """A text may look like a configured name; under every other key nothing of it is left."""
    text = f"Zz {text}"
    said = dict.fromkeys(KEYS, text) | {text: text, "event": text, "exc_info": ValueError(text)}
    assert "Zz" not in str(scrubbing.own(said))


def test_a_library_s_record_keeps_its_place_and_none_of_its_words() -> None:
    record = logging.LogRecord("logging.handlers.secret", 40, logging.__file__, 7, "said %s", ("Zanzibarquartz",), None)
    told = scrubbing.foreign(record)
    assert told == {
        "event": "foreign_message",
        "level": "error",
        "logger": "logging.handlers",
        "where": "logging/__init__.py:7",
    }


def test_a_place_outside_the_installed_code_is_not_told() -> None:
    """A file name can be somebody's."""
    assert scrubbing.place("/home/erika/Zanzibarquartz.py", 3) == "elsewhere"
    assert scrubbing.place("<string>", 3) == "elsewhere"
