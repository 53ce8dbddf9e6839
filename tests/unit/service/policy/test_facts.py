"""What evidence may say (R50, R54): ids, words of our own, numbers, hashes, versions, times; never content."""

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sensitivity import Category
from service.auditing import entry
from service.policy.access import KeyId, TenantId
from service.policy.facts import LONGEST_CODE, checked, is_code

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

CODES = [
    "non_sensitive",
    "PII",
    "TRADE_SECRET",
    "detector_failed:names",
    "2f1c3b6e-90b7-4b6e-9d5a-0a7a5c1f2e3d",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ringfence-1234567890123456",
    "memory-1+++",
    "claude-sonnet-4-5-20250929",
    "SmolLM2-135M-Instruct",
    "meta-llama/Llama-3.3-70B-Instruct",
    "/models/llama-3",
    "eu-central-1",
    "2026-11-23",
    "2026-11-23T12:00:00.123456+00:00",
    "2026-11-23T12:00:00Z",
]
CONTENT = [
    "",
    "Anna Kowalczyk",
    "How many days off do I get?",
    "anna@example.org",
    "naïve",
    "O'Neill",
    "4111111111111111",
    "4111-1111-1111-1111",
    "078-05-1120",
    "+49 30 123456",
    "+493012345678",
    "DE89370400440532013000",
    "192.168.0.1",
    "a\nb",
    "a\tb",
    "non_sensitive\n",
    "\x00",
    "名前",
    "{}",
    '"',
    "x" * (LONGEST_CODE + 1),
]


@pytest.mark.parametrize("text", CODES)
def test_a_code_may_stand_in_evidence(text: str) -> None:
    assert is_code(text)
    assert checked({"fact": text}) == {"fact": text}


@pytest.mark.parametrize("text", CONTENT)
@pytest.mark.parametrize("nest", [lambda text: text, lambda text: [{"why": [text]}], lambda text: {"why": (text,)}])
def test_content_is_refused_at_any_depth_without_being_told(text: str, nest: Any) -> None:  # noqa: ANN401 - a shape
    with pytest.raises(ValueError, match="the audit fact reason is neither") as raised:
        entry(TenantId(uuid4()), "prompt_routed", at=NOON, facts={"reason": nest(text)})
    assert len(text) < 3 or text not in str(raised.value)


@pytest.mark.parametrize("text", CONTENT)
def test_content_is_no_name_of_a_fact_and_no_action_either(text: str) -> None:
    with pytest.raises(ValueError, match="name of an audit fact"):
        entry(TenantId(uuid4()), "prompt_routed", at=NOON, facts={text: 1})
    with pytest.raises(ValueError, match="name of an audit fact"):
        checked({"counts": {text: 1}})
    with pytest.raises(ValueError, match="action"):
        entry(TenantId(uuid4()), text, at=NOON, facts={})


@given(st.text(st.characters(), min_size=1), st.text(st.characters(), min_size=1), st.sampled_from([" ", "\n", ", "]))
def test_no_text_of_several_words_ever_passes(one: str, other: str, between: str) -> None:
    assert not is_code(one + between + other)


@given(st.text(st.characters(min_codepoint=128), min_size=1), st.sampled_from(CODES))
def test_nothing_but_ascii_ever_passes(text: str, code: str) -> None:
    assert not is_code(text)
    assert not is_code(code + text)


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        bytearray(b"b"),
        float("nan"),
        float("inf"),
        2**53 + 1,
        -(2**60),
        1e300,
        object(),
        NOON.replace(tzinfo=None),
    ],
)
def test_what_json_or_sql_would_spell_otherwise_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="audit fact"):
        checked({"fact": value})


class Word(StrEnum):
    """A word of ours."""

    LOCAL = "local"


def test_values_become_plain_json() -> None:
    document = uuid4()
    facts = {
        "document": document,
        "route": Word.LOCAL,
        "at": datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        "key": KeyId(document),
        "categories": frozenset({Category.PII, Category.PHI}),
        "zero": -0.0,
        "nothing": None,
        "yes": True,
    }
    plain = checked(facts)
    assert plain == {
        "document": str(document),
        "route": "local",
        "at": "2026-01-01T00:00:00+00:00",
        "key": str(document),
        "categories": ["PHI", "PII"],
        "zero": 0.0,
        "nothing": None,
        "yes": True,
    }
    assert type(plain["route"]) is str
    assert json.dumps(plain["zero"]) == "0.0"


def test_a_text_taken_apart_or_buried_does_not_pass_either() -> None:
    with pytest.raises(ValueError, match="more than"):
        checked({"letters": ["a"] * 20_001})
    buried: object = "word"
    for _ in range(8):
        buried = [buried]
    with pytest.raises(ValueError, match="nested"):
        checked({"fact": buried})


json_facts = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15) | st.sampled_from(CODES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(CODES), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(CODES), json_facts, max_size=3), st.uuids())
def test_allowed_facts_come_through_as_they_are(facts: dict[str, object], tenant: UUID) -> None:
    made = entry(TenantId(tenant), "prompt_routed", at=NOON, facts=facts)
    assert made.facts == facts
