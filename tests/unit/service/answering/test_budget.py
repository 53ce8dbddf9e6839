"""A prompt fits the model's context: sources go last-first, the question is never cut (R13)."""

import pytest

from service.adapters.memory.embedding import InMemoryTokenizer
from service.answering import Budget
from service.errors import InvalidRequestError
from service.policy.prompt import Origin, Part, Prompt
from tests.prompts import a_part, a_prompt

WORDS = "word " * 40


def a_budget(*, answer_tokens: int = 100) -> Budget:
    return Budget(
        tokenizer=InMemoryTokenizer(), answer_tokens=answer_tokens, local_context=2_048, cloud_context=200_000
    )


def texts(prompt: Prompt, origin: Origin) -> list[str]:
    return [part.text for part in prompt.parts if part.origin is origin]


def with_history(prompt: Prompt, *turns: str) -> Prompt:
    parts: list[Part] = [*prompt.parts[:1]]
    parts += [a_part(Origin.EARLIER_QUESTION, turn) for turn in turns]
    return Prompt(parts=(*parts, *prompt.parts[1:]))


def test_a_prompt_that_fits_stays_as_it_is() -> None:
    prompt = a_prompt(sources=["one", "two"])
    assert a_budget().fitted(prompt, context=1_000) is not None
    assert a_budget().fitted(prompt, context=1_000) == prompt


def test_the_last_sources_go_first_and_the_others_keep_their_numbers() -> None:
    prompt = a_prompt(sources=[f"{number} {WORDS}" for number in range(6)])
    kept = texts(a_budget().fitted(prompt, context=400), Origin.CHUNK)
    assert 1 <= len(kept) < 6
    assert kept == texts(prompt, Origin.CHUNK)[: len(kept)]


def test_after_the_sources_but_for_one_the_oldest_turns_go() -> None:
    prompt = with_history(a_prompt(sources=["first", "second"]), f"oldest {WORDS}", f"newest {WORDS}")
    fitted = a_budget().fitted(prompt, context=100 + 150)
    assert [text.split()[0] for text in texts(fitted, Origin.EARLIER_QUESTION)] == ["newest"]
    assert texts(fitted, Origin.CHUNK) == ["first"]


def test_a_question_that_leaves_no_room_for_a_source_is_refused_and_never_cut() -> None:
    with pytest.raises(InvalidRequestError, match="question is longer"):
        a_budget().fitted(a_prompt(WORDS * 10, sources=["one", "two"]), context=400)


def test_room_is_left_for_the_answer() -> None:
    prompt = a_prompt(sources=[WORDS] * 5)
    counts = [
        len(texts(a_budget(answer_tokens=tokens).fitted(prompt, context=700), Origin.CHUNK)) for tokens in (16, 400)
    ]
    assert counts[0] > counts[1]


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("1234567890", 10),  # digits are tokens of their own
        ("東京都の天気", 18),  # bytes, where a model knows no better
        ("a" * 100, 100),  # one unknown word to the embedder
        ("a\n\n\n\tb", 6),  # white space that the embedder does not count
        (" " * 80, 20),
        ("🎉🎉", 8),
    ],
)
def test_what_the_embedder_counts_as_little_is_counted_on_the_safe_side(text: str, least: int) -> None:
    assert a_budget().count(text) >= least


def test_half_a_character_pair_is_counted_and_no_error() -> None:
    assert a_budget().count("\ud800") >= 1
