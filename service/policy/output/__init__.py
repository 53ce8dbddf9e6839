"""What an answer may not say, watched while it is said: nothing of a watched span gets out (R19)."""

from service.policy.output.canaries import STEM, CanaryWatch, Watched, canonical
from service.policy.output.credentials import CredentialWatch
from service.policy.output.filtering import Cause, OutputFilter, Stop, Watch
from service.policy.output.foreign import ForeignWatch, shingles
from service.policy.output.links import LinkGuard

__all__ = [
    "STEM",
    "CanaryWatch",
    "Cause",
    "CredentialWatch",
    "ForeignWatch",
    "LinkGuard",
    "OutputFilter",
    "Stop",
    "Watch",
    "Watched",
    "canonical",
    "shingles",
]
