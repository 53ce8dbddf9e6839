"""The verifier: asks every store what it still holds, and takes nobody's word that something was deleted."""

from service.verifying.verification import REQUIRED, Counted, Seen, Verification
from service.verifying.verifier import Verifier

__all__ = ["REQUIRED", "Counted", "Seen", "Verification", "Verifier"]
