"""Erasure requests: received, located, approved, executed, verified; or refused, on hold, cancelled (R40, R46)."""

from service.erasure.requests.assembling import Erasures
from service.erasure.requests.deadlines import Deadlines
from service.erasure.requests.executing import Executing
from service.erasure.requests.values import (
    Asked,
    Choice,
    ErasureView,
    HitView,
    Preview,
    PreviewedDocument,
    PreviewedTurn,
    SubjectData,
)

__all__ = [
    "Asked",
    "Choice",
    "Deadlines",
    "ErasureView",
    "Erasures",
    "Executing",
    "HitView",
    "Preview",
    "PreviewedDocument",
    "PreviewedTurn",
    "SubjectData",
]
