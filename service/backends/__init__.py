"""Which backend is asked, and when one is left alone: breakers, replicas, pins. Knows ports, no client."""

from service.backends.breaker import Breaker, BreakerRules, State
from service.backends.cloud import GuardedCloudModel
from service.backends.pins import ModelPin, Sample
from service.backends.replicas import ReplicatedLocalModel
from service.backends.watching import Watch

__all__ = [
    "Breaker",
    "BreakerRules",
    "GuardedCloudModel",
    "ModelPin",
    "ReplicatedLocalModel",
    "Sample",
    "State",
    "Watch",
]
