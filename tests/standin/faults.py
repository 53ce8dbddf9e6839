"""What can be wrong with a provider, as the stand-in plays it."""

from enum import StrEnum


class Fault(StrEnum):
    """One way to misbehave."""

    OVERLOADED = "overloaded"
    RATE_LIMITED = "rate_limited"
    BROKEN = "broken"
    REDIRECTS = "redirects"
    SLOW = "slow"
    CUT = "cut"
    UNFINISHED = "unfinished"
    MALFORMED = "malformed"
    ERROR_EVENT = "error_event"
    REFUSAL = "refusal"
    TRUNCATED = "truncated"
    WRONG_MODEL = "wrong_model"


STATUSES = {
    Fault.OVERLOADED: (529, "overloaded_error"),
    Fault.RATE_LIMITED: (429, "rate_limit_error"),
    Fault.BROKEN: (500, "api_error"),
}
STOP_REASONS = {Fault.REFUSAL: "refusal", Fault.TRUNCATED: "max_tokens"}
