"""What the demonstration asks, where each answer must be made, and what must never leave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question, the route it must take, and the category that makes it local."""

    tenant: str
    question: str
    route: str
    category: str | None = None
    title: str = ""


QUESTIONS = (
    Asked(tenant="acme", question="How many days of annual leave do full-time employees receive?", route="cloud"),
    Asked(tenant="acme", question="How many hours of visitor parking are free of charge?", route="cloud"),
    Asked(tenant="lakeside", question="When is the reception open on Saturdays?", route="cloud"),
    Asked(tenant="acme", question="What is the home address of Margaret Ellison?", route="local", category="PII"),
    Asked(
        tenant="acme",
        question="Which card was used for the refund of order A-10231?",
        route="local",
        category="PCI",
    ),
    Asked(
        tenant="acme",
        question="What does outside counsel advise about settling the Brenner claim?",
        route="local",
        category="LEGAL_PRIVILEGE",
    ),
    Asked(
        tenant="acme",
        question="What price do we offer for the sensor division of Northgate?",
        route="local",
        category="TRADE_SECRET",
    ),
    Asked(tenant="lakeside", question="Which medication does Rosa Delgado take?", route="local", category="PHI"),
)

ERASED = Asked(
    tenant="acme",
    question="What is the home address of Margaret Ellison?",
    route="local",
    title="employee-record.txt",
)

SECRETS = (
    "Margaret Ellison",
    "536-90-4399",
    "2217 Willow Creek Road",
    "4111 1111 1111 1111",
    "5500 0055 5555 5559",
    "3782 822463 10005",
    "Brenner",
    "indemnity clause",
    "Northgate",
    "412 degrees",
    "Rosa Delgado",
    "metformin",
    "angina",
)
