"""A loopback stand-in of Anthropic's Messages API: it records every byte it receives and answers by quoting."""

from tests.standin.faults import Fault
from tests.standin.server import Received, StandIn

__all__ = ["Fault", "Received", "StandIn"]
