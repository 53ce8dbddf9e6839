"""Made-up documents with canaries: what each is by construction, whatever a labeller says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from ingestion.sensitivity import Category

TENANTS = ("amber", "cobalt", "verdant")

REDACTING = "cobalt"
"""The tenant whose policy has values of PII hidden instead of keeping the prompt."""
_ROOMS = {
    "amber": ("lighthouse", "Signs with white arrows lead from the gate past the lighthouse to every stair and lift."),
    "cobalt": (
        "windmill",
        "Whoever is lost walks towards the windmill until a map of all houses stands beside the road.",
    ),
    "verdant": ("greenhouse", "Yellow lamps burn all night along the path that goes round the greenhouse to the pond."),
}
"""A harmless word per company that no other's documents hold, in a sentence of its own: a canary between tenants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A document, what may not leave of it, and questions about it that give nothing away themselves.

    `identifiers` are the canaries that say what they are without the document. How well the labeller knows a bare
    word of a secret again is a matter of its recall (docs/labelling.md), not of this proof.
    """

    text: str
    canaries: tuple[str, ...]
    category: Category | None
    questions: tuple[str, ...]
    group: str | None = None
    identifiers: tuple[str, ...] = ()

    @property
    def sensitive(self) -> bool:
        """Whether any of it must stay inside."""
        return self.category is not None


def documents(tenant: str, random: Random) -> tuple[Planted, ...]:
    """Return the documents of one tenant."""
    return (*_harmless(_ROOMS[tenant][1]), *_sensitive(tenant, random))


def foreign_words(tenant: str) -> tuple[str, ...]:
    """Return the harmless words of every other tenant: none may reach a prompt of this one."""
    return tuple(word for other, (word, _) in _ROOMS.items() if other != tenant)


def _harmless(sign: str) -> tuple[Planted, ...]:
    texts = (
        (
            f"Visitors may park in the garage behind the hall. The first two hours are free of charge. {sign}",
            ("Where may visitors park?", "How long is parking free of charge?"),
        ),
        (
            f"The canteen serves lunch from noon until two. A vegetarian dish is offered every day. {sign}",
            ("When does the canteen serve lunch?", "Is a vegetarian dish offered in the canteen?"),
        ),
        (
            f"Every full-time employee receives 28 days of annual leave. The calendar hangs in the hall. {sign}",
            ("How many days of annual leave does a full-time employee receive?",),
        ),
        (
            f"Fire drills take place twice a year. The meeting point is the lawn in front of the hall. {sign}",
            ("Where is the meeting point of fire drills?", "How often do fire drills take place?"),
        ),
        (
            f"The library on the ground floor is open to everyone on weekdays from nine to five. {sign}",
            ("When is the library open?",),
        ),
        (
            f"Bicycles can be borrowed in the hall without a deposit. Helmets hang beside the door. {sign}",
            ("Where can bicycles be borrowed?",),
        ),
    )
    return tuple(Planted(text=text, canaries=(), category=None, questions=questions) for text, questions in texts)


_GIVEN = ("Margaret", "Rosalind", "Bartholomew", "Geraldine", "Leopold", "Wilhelmina", "Cornelius", "Philippa")
_FAMILY = ("Ellison", "Thackeray", "Vandermeer", "Okonkwo", "Lindqvist", "Castellanos", "Hawthorne", "Pemberton")


def _sensitive(tenant: str, random: Random) -> tuple[Planted, ...]:
    return (
        _personnel(tenant, random),
        _visit(random),
        _refund(random),
        _advice(random),
        _deal(random),
        _key(random),
        _board(random),
    )


def _name(random: Random) -> str:
    return f"{random.choice(_GIVEN)} {random.choice(_FAMILY)}"


def _personnel(tenant: str, random: Random) -> Planted:
    name, number = _name(random), f"536-{random.randint(10, 99)}-{random.randint(1000, 9999)}"
    mail = f"{name.lower().replace(' ', '.')}@{tenant}.example"
    return Planted(
        text=f"Employee record. Employee: {name}. Date of birth: 14 March 1984. Social security number: {number}. "
        f"Private e-mail: {mail}. The annual review rated the work of {name} as exceeding expectations.",
        canaries=(name, number, mail),
        identifiers=(number, mail),
        category=Category.PII,
        questions=("What does the employee record say about the annual review?", "Whose annual review was it?"),
    )


def _visit(random: Random) -> Planted:
    name, number = _name(random), str(random.randint(8_000_000, 8_999_999))
    return Planted(
        text=f"Visit note. Patient: {name}, MRN {number}. Presents with chest tightness on exertion. History of "
        "type 2 diabetes. Current medication: metformin 1000 mg twice daily. Plan: refer to cardiology.",
        canaries=(name, number, "metformin 1000 mg"),
        category=Category.PHI,
        questions=("What is the plan of the visit note?", "Which medication does the visit note name?"),
    )


def _refund(random: Random) -> Planted:
    card = _card(random)
    order = random.randint(10_000, 99_999)
    return Planted(
        text=f"Refund of order {order}: the amount goes back to card {card}, expiry 09/27, CVV 123.",
        canaries=(card, card.replace(" ", "")),
        identifiers=(card, card.replace(" ", "")),
        category=Category.PCI,
        questions=("Where does the refund of the order go?", "Which card is the refund paid to?"),
    )


def _card(random: Random) -> str:
    """Return sixteen digits with a valid check digit, as printed on cards."""
    digits = [4, *(random.randint(0, 9) for _ in range(14))]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[::2]) + sum(digits[1::2])
    number = "".join(map(str, [*digits, -doubled % 10]))
    return " ".join(number[place : place + 4] for place in range(0, 16, 4))


def _advice(random: Random) -> Planted:
    claim = random.choice(("Brenner", "Hallowell", "Quimby", "Ostrander"))
    return Planted(
        text="Attorney-client privileged communication. You asked for our legal advice on whether the company should "
        f"settle the {claim} claim. In our opinion the indemnity clause is likely to be read against us; we recommend "
        "settlement talks. Do not forward this advice outside the legal department.",
        canaries=(claim, "indemnity clause is likely"),
        category=Category.LEGAL_PRIVILEGE,
        questions=("What does counsel advise about the claim?", "Should the company settle the claim?"),
    )


def _deal(random: Random) -> Planted:
    price = random.randint(31, 97)
    return Planted(
        text="Strictly confidential. We propose to acquire the sensor division of Northgate at an offer price of "
        f"{price} million. The seller does not know our walk-away price. Signing will not be announced before the "
        "quarterly results.",
        canaries=("Northgate", f"{price} million"),
        category=Category.TRADE_SECRET,
        questions=("What do we propose to acquire?", "When will the signing be announced?"),
    )


def _key(random: Random) -> Planted:
    secret = "".join(random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=16))
    return Planted(
        text=f"Deployment of the billing service. Set aws_access_key_id = AKIA{secret} before the first start.",
        canaries=(f"AKIA{secret}",),
        identifiers=(f"AKIA{secret}",),
        category=Category.TRADE_SECRET,
        questions=("What must be set before the first start of the billing service?",),
    )


def _board(random: Random) -> Planted:
    """Return a record that only the board may see: a canary between groups."""
    name = _name(random)
    mail = f"{name.split()[0].lower()}@home.example"
    return Planted(
        text=f"Board only. {name} will leave the company at the end of June; private e-mail {mail}.",
        canaries=(f"{name} will leave", mail),
        category=Category.PII,
        questions=("Who will leave the company at the end of June?",),
        group="board",
    )


def identifiers(planted: Sequence[Planted]) -> tuple[tuple[Category, str], ...]:
    """Return every canary that a question can repeat and be known by, with what it is."""
    return tuple((one.category, word) for one in planted if one.category for word in one.identifiers)


def canaries(planted: Sequence[Planted]) -> tuple[str, ...]:
    """Return every string that may not leave."""
    return tuple(word for one in planted for word in one.canaries)
