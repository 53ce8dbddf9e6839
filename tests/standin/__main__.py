"""Run the stand-in: `python -m tests.standin --port 0 --record FILE`; it prints its URL and serves until stopped."""

import argparse
import signal
import sys
from contextlib import suppress
from pathlib import Path

from tests.standin.faults import Fault
from tests.standin.server import StandIn


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.standin")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--record", type=Path, help="file that every received byte is appended to")
    parser.add_argument("--fault", type=Fault, choices=list(Fault), help="misbehave at every request")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    stand_in = StandIn(port=chosen.port, record=chosen.record)
    stand_in.fault = chosen.fault
    sys.stdout.write(stand_in.url + "\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        stand_in.serve_forever()


if __name__ == "__main__":
    main()
