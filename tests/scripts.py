"""The verifiers that stand alone, as modules: thousands of checks need not start a process each."""

from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Protocol, cast

_SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


class Script(Protocol):
    """A verifier in `scripts/`."""

    check: Callable[..., list[str]]
    main: Callable[[list[str]], int]


def the_script(name: str) -> Script:
    """Return the script, loaded."""
    loader = SourceFileLoader(name.replace("-", "_"), str(_SCRIPTS / name))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return cast("Script", module)
