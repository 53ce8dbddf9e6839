"""A person as a request names them, and every form in which a text may name them (R40)."""

from service.subjects.marking import MARKS_VERSION, marks_of_subject, marks_of_text, marks_of_words
from service.subjects.matching import Form, Match, Matcher
from service.subjects.values import Subject

__all__ = [
    "MARKS_VERSION",
    "Form",
    "Match",
    "Matcher",
    "Subject",
    "marks_of_subject",
    "marks_of_text",
    "marks_of_words",
]
