"""Answers a question from what the asker may see, by the model that may see what was retrieved."""

from service.answering.asking import Answering
from service.answering.budget import Budget
from service.answering.planning import INSTRUCTIONS, Planner
from service.answering.tiers import Restart
from service.answering.values import Answer, Citation, Question, Turn
from service.citing import NOTHING_FOUND

__all__ = [
    "INSTRUCTIONS",
    "NOTHING_FOUND",
    "Answer",
    "Answering",
    "Budget",
    "Citation",
    "Planner",
    "Question",
    "Restart",
    "Turn",
]
