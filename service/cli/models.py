"""Commands about the local models: pin what they are, and check that they still are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from service import telemetry
from service.cli.options import AsJson, DataDir, loaded, out, print_json
from service.errors import SettingsError
from service.folder import DataFolder
from service.settings import Settings

if TYPE_CHECKING:
    from service.adapters.vllm import VllmLocalModel

_UNAVAILABLE = 3
_models = typer.Typer(help="Pin the local models and check them against their pins.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_models, name="models")


@_models.command("pin")
def pin_models(data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Record what the local models are now: run it once when a model is put into service or changed on purpose.

    Each server is asked a fixed question; its answer, the probabilities of the tokens and the server's own
    fingerprint are kept in the data folder. From then on a server that differs is not asked: sensitive questions
    get 503 until it is mended or pinned anew. Restart the API and the workers afterwards.
    """
    from service.adapters.pin_file import PinFile  # noqa: PLC0415 - only this command needs them
    from service.adapters.vllm.pinning import pinned  # noqa: PLC0415

    settings = loaded(data)
    folder = DataFolder(settings.data_dir)
    if not folder.keys.exists():
        message = f"{folder.path} is not a data folder yet; run `ringfence init` first"
        raise SettingsError(message)
    with telemetry.warnings_only(), _connected(settings) as configured:
        pins = [pinned(servers, quantisation) for servers, quantisation in _declared(settings, configured)]
    if not pins:
        wanted = ", ".join(f"RINGFENCE_LOCAL_MODEL{end}" for end in ("_URL", "", "_QUANTISATION"))
        message = f"nothing to pin: set {wanted} first"
        raise SettingsError(message)
    for pin in pins:
        PinFile(folder.model_pins).write(pin)
    if as_json:
        print_json(pins)
        return
    for pin in pins:
        seen = ", ".join(pin.fingerprints) or "none that the server tells"
        out.print(f"pinned {pin.model}: {pin.quantisation}; fingerprints: {seen}; {len(pin.tokens)} tokens")


@_models.command("check")
def check_models(data: DataDir = None, *, as_json: AsJson = False) -> None:
    """Ask every server of the local models whether it is what was pinned. Exits with 3 where one is not."""
    settings = loaded(data)
    with telemetry.warnings_only(), _connected(settings) as configured:
        found = [_looked_at(number, server) for servers in configured for number, server in enumerate(servers, start=1)]
    if as_json:
        print_json(found)
    else:
        for one in found:
            out.print(f"{one['model']}, replica {one['replica']}: {one['failure'] or 'ready'}")
        if not found:
            out.print("no local model is configured")
    if any(one["failure"] for one in found):
        raise typer.Exit(_UNAVAILABLE)


@contextmanager
def _connected(settings: Settings) -> "Iterator[Sequence[Sequence[VllmLocalModel]]]":
    """Yield the servers of every local model that is configured."""
    from service import bootstrap  # noqa: PLC0415 - seconds of imports that other commands need not wait for

    configured = [servers for servers in (bootstrap.replicas(settings), bootstrap.fast_replicas(settings)) if servers]
    try:
        yield configured
    finally:
        for servers in configured:
            for server in servers:
                server.close()


def _looked_at(number: int, server: "VllmLocalModel") -> dict[str, object]:
    why = server.outage()
    return {"model": server.name, "replica": number, "failure": why.how.value if why else None}


def _declared(
    settings: Settings, configured: "Sequence[Sequence[VllmLocalModel]]"
) -> "Iterator[tuple[Sequence[VllmLocalModel], str]]":
    words = {
        settings.local_model: settings.local_model_quantisation,
        settings.fast_model: settings.fast_model_quantisation,
    }
    for servers in configured:
        quantisation = words[servers[0].name]
        if quantisation is not None:
            yield servers, quantisation
