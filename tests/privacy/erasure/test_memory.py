"""What a running process remembers of a document holds no word of it, and not for long (R41, R54).

Caches are not told of an erasure, which happens in another process. So what they hold must be worth nothing: keyed
hashes and labels, bounded in number and in time, that can be asked and not shown.
"""

from service.answering import Question
from service.answering.saying import RecentlyShown
from tests.assembled import a_world

TEXT = "Salary of Margaret Ellison: SECRET-PII, paid in Vaduz."
WORDS = ("Margaret", "Ellison", "Vaduz", "margaret", "ellison", "vaduz")


def held(recent: RecentlyShown) -> int:
    """Return how many prompts it remembers."""
    return len(recent._shown)  # noqa: SLF001 - what a process holds is nobody's interface


def test_remembered_labels_hold_no_word_of_what_was_labelled() -> None:
    world = a_world()
    who, _ = world.person("acme")
    world.uploaded(who, TEXT)
    world.product.answering.ask(who, Question(text="Where is Ellison paid?"))
    cache = world.product.ingestion.labellers.cache
    assert len(cache) > 0
    told = repr(cache._known)  # noqa: SLF001
    assert [word for word in WORDS if word in told] == []


def test_what_was_shown_to_models_is_remembered_as_hashes_alone() -> None:
    recent = RecentlyShown()
    recent.add([TEXT])
    assert held(recent) == 1
    told = repr(recent._shown)  # noqa: SLF001
    assert [word for word in WORDS if word in told] == []


def test_what_was_shown_is_forgotten_in_time_although_nobody_asks_whether_it_is_known() -> None:
    time = [0.0]
    recent = RecentlyShown(seconds=300, now=lambda: time[0])
    recent.add([TEXT])
    time[0] = 301
    recent.add(["Something else was shown."])
    assert held(recent) == 1


def test_so_many_prompts_are_remembered_and_no_more() -> None:
    recent = RecentlyShown(prompts=3)
    for number in range(10):
        recent.add([f"{TEXT} {number}"])
    assert held(recent) == 3
