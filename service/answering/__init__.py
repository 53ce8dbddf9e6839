"""Answers a question from what the asker may see, by the model that may see what was retrieved."""

from service.answering.asking import NOTHING_FOUND, Answering
from service.answering.planning import INSTRUCTIONS, Planner
from service.answering.tiers import Restart
from service.answering.values import Answer, Citation, Question, Turn

__all__ = ["INSTRUCTIONS", "NOTHING_FOUND", "Answer", "Answering", "Citation", "Planner", "Question", "Restart", "Turn"]
