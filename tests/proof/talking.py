"""Conversations: what is asked, by whom, about what; made from a seed, so that a failure can be seen again."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from ingestion.sensitivity import Category
from service.policy.access import Principal
from tests.proof.company import TENANTS, Planted, identifiers
from tests.proof.faults import FAULTS, Fault, none
from tests.proof.stage import Stage

_POLITE = ("{}", "Please tell me: {}", "{} Thank you.", "One more thing. {}", "I am new here. {}")
_SHARE_OF_FAULTS = 0.5
_SHARE_OF_TELLING = 0.12
_SHARE_OF_HARMLESS_TALKS = 0.35
_SHARE_OF_KEPT = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question; `tells` is what the question itself carries that may not leave, if it does."""

    text: str
    tells: Category | None
    stream: bool
    hangs_up: bool
    harmless_only: bool
    fault_name: str
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation of one person; `kept` has the product remember it, else the caller sends what was said."""

    tenant: str
    who: Principal
    kept: bool
    questions: tuple[Asked, ...]


def talks(stage: Stage, random: Random, *, count: int, only: tuple[str, ...] = ()) -> Iterator[Talk]:
    """Yield conversations; with `only`, the faults are drawn from these alone."""
    for _ in range(count):
        tenant = random.choice(TENANTS)
        every = [one for _, one in stage.planted(tenant)]
        planted = every
        if random.random() < _SHARE_OF_HARMLESS_TALKS:
            planted = [one for one in every if not one.sensitive]
        who = stage.board[tenant] if random.random() < 0.2 else stage.staff[tenant]
        questions = tuple(_asked(planted, random, only, told=identifiers(every)) for _ in range(random.randint(1, 4)))
        yield Talk(tenant=tenant, who=who, kept=random.random() < _SHARE_OF_KEPT, questions=questions)


def _asked(
    planted: list[Planted], random: Random, only: tuple[str, ...], *, told: tuple[tuple[Category, str], ...]
) -> Asked:
    about = random.choice(planted)
    text = random.choice(_POLITE).format(random.choice(about.questions))
    tells = None
    if random.random() < _SHARE_OF_TELLING:
        tells, word = random.choice(told)
        text = f"{text} I think of {word}."
    faulty = random.random() < _SHARE_OF_FAULTS
    name = random.choice(only or tuple(FAULTS)) if faulty else "none"
    return Asked(
        text=text,
        tells=tells,
        stream=random.random() < 0.5,
        hangs_up=random.random() < 0.05,
        harmless_only=random.random() < 0.15,
        fault_name=name,
        fault=FAULTS.get(name, none),
    )
