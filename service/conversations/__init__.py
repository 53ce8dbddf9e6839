"""Conversations that are kept: what was said, what it rests on, and what of it may still be in a context."""

from service.conversations.condensing import Condensed, Condensing
from service.conversations.forgetting import Forgetting
from service.conversations.keeping import Keeping
from service.conversations.recalling import Recollection
from service.conversations.showing import Conversations
from service.conversations.values import Context, Remembered, StoredAnswer, TurnView

__all__ = [
    "Condensed",
    "Condensing",
    "Context",
    "Conversations",
    "Forgetting",
    "Keeping",
    "Recollection",
    "Remembered",
    "StoredAnswer",
    "TurnView",
]
